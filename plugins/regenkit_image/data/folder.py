"""The user's own pictures: a folder a class."""

from typing import Any, Literal, final

from pydantic import PositiveInt

from regenkit.components import Example
from regenkit.sources.places import stamp
from regenkit_image.data import own
from regenkit_image.modality import Image, Label
from regenkit_image.modality.picture import Fit

NAME = "image/folder"


@final
class Folder:
    """Pictures by the folder they are in; the first folder is the class. Pictures in none are unpaired.

    path      the folder that holds the classes' folders; a relative one starts at the working directory
    size      pixels a side
    channels  1 (grey) or 3 (red, green, blue)
    fit       what is done to a picture that is no square: cut to its middle ("crop"), or padded with white ("pad")
    """

    version = 1

    def __init__(self, path: str, size: PositiveInt = 64, channels: Literal[1, 3] = 3, fit: Fit = "crop") -> None:
        self.root = own.root_of(path, NAME, "a folder with a folder of pictures for each class")
        self.y = Image(size=size, channels=channels, fit=fit)
        self.names = own.pictures(self.root, NAME)
        self.labels = sorted({name.split("/")[0] for name in self.names if "/" in name})

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {
            "x": {"labels": self.labels or ["any"]},
            "y": {"size": self.y.size, "channels": self.y.channels, "fit": self.y.fit},
        }

    def sources(self) -> list[str]:
        """ "cat/1.jpg": files."""
        return self.names

    def fingerprint(self) -> str:
        return stamp(self.root, self.names)

    def read(self, source: str) -> list[Example]:
        """The examples of one file (of a .npy several). Raises BadSource where it can't be read."""
        label = source.split("/")[0] if "/" in source else ""
        x = Label(self.labels).encode(label)[0] if label else None
        return own.examples(self.root, source, self.y, x, label)
