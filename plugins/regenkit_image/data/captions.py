"""The user's own pictures with captions: a .txt beside each, or one .csv for all."""

import csv
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, final

from pydantic import PositiveInt

from regenkit.components import Example
from regenkit.errors import BadSource, UserError
from regenkit.files import read_text
from regenkit.sources.places import stamp
from regenkit_image.data import own
from regenkit_image.modality import Caption, Image
from regenkit_image.modality.caption import plain, shortened
from regenkit_image.modality.picture import Fit

NAME = "image/captions"
FILE, TEXT = ("file", "file_name", "filename", "image", "path"), ("caption", "text", "title", "label", "description")


@final
class Captions:
    """Pictures with the words of NAME.txt beside NAME.png, or of one .csv with the columns file and caption.

    Pictures without a caption are unpaired; captions without a picture are set aside, and named.

    path      the folder; a relative one starts at the working directory
    size      pixels a side
    channels  1 (grey) or 3 (red, green, blue)
    fit       what is done to a picture that is no square: cut to its middle ("crop"), or padded with white ("pad")
    """

    version = 1

    def __init__(self, path: str, size: PositiveInt = 64, channels: Literal[1, 3] = 3, fit: Fit = "crop") -> None:
        self.root = own.root_of(path, NAME, "a folder of pictures with a .txt beside each, or a .csv")
        self.y = Image(size=size, channels=channels, fit=fit)

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {"y": {"size": self.y.size, "channels": self.y.channels, "fit": self.y.fit}}

    def sources(self) -> list[str]:
        """ "garden/tree.jpg": pictures, and what has a caption and is none."""
        return sorted({*own.pictures(self.root, NAME), *self.captions})

    def fingerprint(self) -> str:
        return stamp(self.root, [*self.sources(), *(path.name for path in self._tables())]) + repr(self.captions)

    def read(self, source: str) -> list[Example]:
        """The examples of one file (of a .npy several). Raises BadSource where it can't be read or is missing."""
        if source.endswith(".txt"):
            raise BadSource(source, "a caption without a picture")
        caption = self.captions.get(source, "")
        x = Caption().encode(caption)[0] if caption else None
        return own.examples(self.root, source, self.y, x, caption)

    @cached_property
    def captions(self) -> dict[str, str]:
        """By picture, from the folder on; by the .txt's own name where there is no picture."""
        tables = self._tables()
        if len(tables) > 1:
            raise UserError(f"{NAME}: {self.root} has {len(tables)} tables, {tables[0].name} and {tables[1].name}; "
                            "right is one")  # fmt: skip
        return _table(tables[0]) if tables else self._beside()

    def _tables(self) -> list[Path]:
        return sorted(self.root.glob("*.csv"))

    def _beside(self) -> dict[str, str]:
        pictures = {name.rpartition(".")[0]: name for name in own.pictures(self.root, NAME)}
        found = {}
        for path in sorted(self.root.rglob("*.txt")):
            name = path.relative_to(self.root).as_posix()
            found[pictures.get(name.removesuffix(".txt"), name)] = shortened(read_text(path))
        return found


def _table(path: Path) -> dict[str, str]:
    """Raises UserError, with the line, where the table has no such columns, or names a picture twice or none."""
    rows = csv.reader(read_text(path).splitlines())
    head = [plain(name).casefold() for name in next(rows, [])]
    file, text = (next((head.index(name) for name in names if name in head), None) for names in (FILE, TEXT))
    if file is None or text is None:
        raise UserError(f"{path}:1: its columns are {', '.join(head) or 'none'}; right are file and caption")
    found: dict[str, str] = {}
    for row in rows:
        if not row:
            continue
        if len(row) <= max(file, text) or not row[file].strip():
            raise UserError(f"{path}:{rows.line_num}: has no {head[file]} or no {head[text]}")
        name = Path(row[file].strip()).as_posix()
        if name in found:
            raise UserError(f"{path}:{rows.line_num}: {name} has a caption already")
        found[name] = shortened(row[text])
    return found
