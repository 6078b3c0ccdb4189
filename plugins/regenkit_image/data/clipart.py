"""Open Clip Art Library 0.18: drawings with titles, of every size, as PNG."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Literal, final

import numpy as np
from PIL import Image as Pillow
from pydantic import PositiveInt

from regenkit.components import Example
from regenkit.errors import BadSource, UserError
from regenkit.sources.locate import fingerprint, located
from regenkit.tree import tree
from regenkit_image.modality import Caption, Image, Picture
from regenkit_image.modality.caption import cut
from regenkit_image.modality.files import read_image
from regenkit_image.modality.looks import alike
from regenkit_image.modality.picture import fitted
from regenkit_image.modality.words import plain
from regenkit_image.packages import OPENCLIPART

Category = Literal[
    "animals", "buildings", "buttons", "computer", "containers", "decorations", "education", "electronics", "food",
    "geography", "logos", "office", "people", "plants", "recreation", "science", "shapes", "signs_and_symbols",
    "special", "tools", "transportation", "unsorted",
]  # fmt: skip


NEARLY_WHITE = 250
BROKEN = "Stylized Yoga Person"
"""Six drawings that were broken when they were made into PNGs."""


@final
class Openclipart:
    """Drawings; the caption is the title, and the folders the drawing is filed in. One without a title is unpaired.

    path        a folder of your own with the categories' folders of *.png
    size        pixels a side; what is drawn is padded with white to a square
    categories  folders to use; the others are flags, logos, symbols and series of hundreds alike
    limit       drawings of each category to use at most, for a trial run
    """

    version = 2

    def __init__(
        self, path: str | None = None, size: PositiveInt = 64,
        categories: Sequence[Category] = ("animals", "food", "transportation", "people", "plants", "buildings"),
        limit: PositiveInt | None = None,
    ) -> None:  # fmt: skip
        self.path = path
        self.size, self.categories, self.limit = size, tuple(categories), limit
        if path is not None:
            _ = self.root  # refused at once where it is not right

    @cached_property
    def root(self) -> Path:
        """Where the files are. Raises UserError where they are not here, with the command that fetches them, or where a
        category is not among them."""
        root = located(OPENCLIPART, dataset="image/openclipart", path=self.path)
        for name in self.categories:
            if not (root / name).is_dir():
                there = ", ".join(sorted(each.name for each in root.iterdir() if each.is_dir()))
                raise UserError(f"image/openclipart: there is no folder {name} in {root}; there are: {there}")
        return root

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {"y": {"size": self.size, "channels": 3, "fit": "pad"}}

    def sources(self) -> list[str]:
        """ "animals/fish/dolphin.png": files; links to drawings that are filed twice are left out."""
        return [source for name in self.categories for source in self._drawings(name)[: self.limit]]

    def _drawings(self, category: str) -> list[str]:
        files = (f"{category}/{name}" for name in tree(self.root / category).files if name.endswith(".png"))
        return sorted((name for name in files if not (self.root / name).is_symlink()), key=PurePosixPath)

    def fingerprint(self) -> str:
        return fingerprint(OPENCLIPART, self.path)

    def read(self, source: str) -> list[Example]:
        """The example of one file. Raises BadSource where it can't be read, is broken, or of one colour alone."""
        path = self.root / source
        pixels, (title, author) = read_image(path), _said(path)
        if title == BROKEN:
            raise BadSource(source, "shows 'Linked Image Not Found'")
        drawn = np.any(pixels < NEARLY_WHITE, axis=2)
        if not np.any(drawn) or pixels.min() == pixels.max():
            raise BadSource(source, "nothing is drawn on it")
        rows, columns = np.flatnonzero(np.any(drawn, axis=1)), np.flatnonzero(np.any(drawn, axis=0))
        trimmed = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        picture = fitted(Picture(pixels=trimmed), self.size, 3, "pad")
        folders = [part.replace("_", " ") for part in Path(source).parts[:-1]]
        caption, remarks = cut(", ".join(dict.fromkeys([title, *reversed(folders)]))) if title else ("", ())
        series = (f"series:{author}:{title.rstrip('0123456789 ')}",) if title else ()
        return [Example(
            id=source.removesuffix(".png"),
            y=Image(size=self.size, channels=3, fit="pad").encode(picture)[0],
            x=Caption().encode(caption)[0] if caption else None,
            groups=(*series, *alike(picture.pixels)), meta={"title": caption or Path(source).stem}, remarks=remarks,
        )]  # fmt: skip


def _said(path: Path) -> tuple[str, str]:
    """(title, author) that a PNG names itself; "" where it does not."""
    with Pillow.open(path) as image:
        said = {key: plain(_as_written(value)) for key, value in image.info.items() if isinstance(value, str)}
    return said.get("Title", ""), said.get("Author", "")


def _as_written(text: str) -> str:
    """A PNG's tEXt is Latin-1 by the standard, and read so by Pillow; the programs that made these wrote UTF-8."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
