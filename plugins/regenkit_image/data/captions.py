"""The user's own pictures with captions: a .txt beside each, or a table for all."""

from functools import cached_property
from typing import Any, Literal, final

from pydantic import PositiveInt

from regenkit.components import Example
from regenkit.data.text_encoding import known
from regenkit.errors import BadSource
from regenkit.sources.locate import own_folder, stamp
from regenkit_image.data import own
from regenkit_image.data.captioned import Captioned, captioned
from regenkit_image.modality import Caption, Image
from regenkit_image.modality.caption import LONGEST, cut
from regenkit_image.modality.picture import Fit

NAME = "image/captions"


@final
class Captions:
    """Pictures with the words of NAME.txt beside NAME.png, a caption a line, or of a table with the columns file and
    caption: .csv, .tsv or .jsonl, one a folder.

    A picture of several captions is as many examples, all in one split. Pictures without a caption are unpaired;
    captions without a picture are left out, and named. Where the first folders are train, val (or valid, validation)
    and test, or a column `split` of the table says so, they are the split. Linked folders are followed.

    path        the folder; a relative one starts at the working directory
    size        pixels a side
    channels    1 (grey) or 3 (red, green, blue)
    fit         what is done to a picture that is no square: cut to its middle ("crop"), or padded with white ("pad")
    max_length  bytes of a caption; a longer one is cut, and named
    encoding    of the texts, as cp1252; None: UTF-8 or, where they are none, what their letters tell
    """

    version = 5

    def __init__(
        self, path: str, size: PositiveInt = 64, channels: Literal[1, 3] = 3, fit: Fit = "crop",
        max_length: PositiveInt = LONGEST, encoding: str | None = None,
    ) -> None:  # fmt: skip
        self.root = own_folder(path, NAME, "a folder of pictures with a .txt beside each, or a table of captions")
        self.y = Image(size=size, channels=channels, fit=fit)
        self.x = Caption(max_length)
        self.encoding = None if encoding is None else known(encoding)

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {
            "x": {"max_length": self.x.max_length},
            "y": {"size": self.y.size, "channels": self.y.channels, "fit": self.y.fit},
        }

    @cached_property
    def found(self) -> Captioned:
        """What is in the folder: looked at once, when it is first asked for."""
        return captioned(self.root, NAME, self.encoding)

    def sources(self) -> list[str]:
        """ "garden/tree.jpg": pictures, ranges of arrays, and what is left out: "captions.csv:7", "lonely.txt"."""
        return [*own.sources(self.root, self.found.pictures), *self.found.left_out]

    def ignored(self) -> dict[str, str]:
        return self.found.ignored

    def fingerprint(self) -> str:
        names = [*self.found.pictures, *self.found.texts]
        return (
            stamp(self.root, names)
            + repr([self.found.captions, self.found.left_out])
            + (repr(self.found.splits) if self.found.splits else "")
        )

    def read(self, source: str) -> list[Example]:
        """The examples of one file, or of a range of a .npy. Raises BadSource where it can't be read or is left out."""
        if source in self.found.left_out:
            raise BadSource(source, self.found.left_out[source])
        conditions = []
        for text, said in self.found.captions.get(own.file_of(source)[0], {}).items():
            caption, remarks = cut(text, self.x.max_length)
            conditions.append(own.Condition(x=self.x.encode(caption)[0], title=caption, remarks=(*said, *remarks)))
        return own.examples(self.root, source, self.y, conditions, self.found.splits.get(own.file_of(source)[0]))
