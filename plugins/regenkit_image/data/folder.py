"""The user's own pictures: a folder a class."""

from typing import Any, Literal, final

from pydantic import PositiveInt

from regenkit.components import Example
from regenkit.data.split import official
from regenkit.errors import BadSource, UserError
from regenkit.sources.locate import own_folder, stamp
from regenkit.tree import tree
from regenkit_image.data import own
from regenkit_image.formats import READS
from regenkit_image.modality import Image, Label
from regenkit_image.modality.picture import Fit
from regenkit_image.modality.words import plain

NAME = "image/folder"


@final
class Folder:
    """Pictures by the folder they are in; the first folder is the class. Pictures in none are unpaired.

    Where the first folders are train, val (or valid, validation) and test, they are the split, and the second is the
    class. Linked folders are followed.

    path      the folder that holds the classes' folders; a relative one starts at the working directory
    size      pixels a side
    channels  1 (grey) or 3 (red, green, blue)
    fit       what is done to a picture that is no square: cut to its middle ("crop"), or padded with white ("pad")
    """

    version = 5

    def __init__(self, path: str, size: PositiveInt = 64, channels: Literal[1, 3] = 3, fit: Fit = "crop") -> None:
        self.root = own_folder(path, NAME, "a folder with a folder of pictures for each class")
        self.y = Image(size=size, channels=channels, fit=fit)
        found = tree(self.root, READS)
        self.names = own.pictures(found, self.root, NAME)
        self.splits = official(self.names)
        self.depth = 1 if self.splits else 0  # folders above those of the classes
        others = {name.split("/")[0] for name in self.names if "/" in name} - set(self.splits)
        if self.splits and others:
            raise UserError(
                f"{NAME}: {path} has the folders {' and '.join(sorted(self.splits))}, which name a split, and beside "
                f"them {', '.join(sorted(others))}; right are folders of classes, or folders of a split that hold them"
            )
        self.labels = sorted({label for name in self.names if (label := self._label(name))})
        self.left_out = {**own.unread(found), **self._empty(found.folders)}
        self._ignored = found.ignored

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {
            "x": {"labels": self.labels or ["any"]},
            "y": {"size": self.y.size, "channels": self.y.channels, "fit": self.y.fit},
        }

    def sources(self) -> list[str]:
        """ "cat/1.jpg": files, ranges of arrays, and what is left out of the folder."""
        return [*own.sources(self.root, self.names), *self.left_out]

    def ignored(self) -> dict[str, str]:
        return self._ignored

    def fingerprint(self) -> str:
        return stamp(self.root, self.names) + repr(self.left_out)

    def read(self, source: str) -> list[Example]:
        """The examples of one file, or of a range of a .npy. Raises BadSource where it can't be read."""
        if source in self.left_out:
            raise BadSource(source, self.left_out[source])
        label = self._label(own.file_of(source)[0])
        conditions = [own.Condition(x=Label(self.labels).encode(label)[0], title=label)] if label else []
        return own.examples(self.root, source, self.y, conditions, self.splits.get(source.split("/")[0]))

    def _label(self, name: str) -> str:
        """The class that a file, or a folder of files, is of; "" where it is of none."""
        folders = name.split("/")[self.depth : -1]
        return plain(folders[0]) if folders else ""

    def _empty(self, folders: tuple[str, ...]) -> dict[str, str]:
        """The folders of classes in which there is no picture."""
        within = [f"{name}/" for name in folders if name.count("/") == self.depth]
        used = {"/".join(name.split("/")[: self.depth + 1]) + "/" for name in self.names}
        return {name: "is a folder without a picture that is read" for name in within if name not in used}
