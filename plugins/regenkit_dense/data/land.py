"""Satellite tiles and what of them is land: NASA's Blue Marble, and the mask of a global elevation model.

Both are maps of the world in degrees: the picture has 15 pixels a degree, the mask 120, so a pixel is land where most
of its 64 places are. Tiles do not overlap. They are split by longitude, in bands of six tiles (25.6 degrees), so that
the coast of a held-out tile is in no training tile.
"""

import zipfile
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, final

import numpy as np
from PIL import Image
from pydantic import Field, PositiveInt

from regenkit.components import Example
from regenkit.errors import BadSource
from regenkit.sources.locate import fingerprint, located
from regenkit_dense.data import labels
from regenkit_dense.data.pixels import fields
from regenkit_dense.packages import BLUE_MARBLE, LAND_MASK

NAME = "dense/land"
WIDTH, HEIGHT, FINER = 5400, 2700, 8
TILE = 64
BAND = 6
"""Tiles of a band of longitude."""
HELD: dict[int, Literal["validation", "test"]] = {3: "test", 5: "validation", 8: "validation", 11: "test"}
"""Of the 14 bands those that are held out: band 0 begins at 180 degrees west."""
NORTH, SOUTH = 72, -60
"""Degrees, beyond which there is ice for most of the year."""
MIXED = 0.05
"""The least share of a tile that is land, and that is sea."""
LABELS = ("sea", "land")
Fraction = Annotated[float, Field(gt=0, le=1)]


@final
class Land:
    """Pictures of 64 × 64 pixels (270 km a side at the equator), each pixel sea or land; only tiles that have both.

    path               a folder of your own with bmng.jpg and globe_combined_mask_compressed.npz
    labelled_fraction  the share of training tiles that keep their labels
    limit              tiles of each band at most, for a trial run
    """

    version = 1
    modalities: ClassVar[dict[str, dict[str, Any]]] = {
        "x": {"size": TILE, "channels": 3}, "y": {"size": TILE, "labels": LABELS},
    }  # fmt: skip

    def __init__(
        self, path: str | None = None, labelled_fraction: Fraction = 1.0, limit: PositiveInt | None = None
    ) -> None:
        self.path, self.labelled_fraction, self.limit = path, labelled_fraction, limit
        if path is not None:
            _ = self.roots  # refused at once where it is not right

    @cached_property
    def roots(self) -> tuple[Path, Path]:
        """Where picture and mask are. Raises UserError, with the command that fetches them, where they are not here."""
        picture, mask = (located(each, dataset=NAME, path=self.path) for each in (BLUE_MARBLE, LAND_MASK))
        return picture, mask

    def sources(self) -> list[str]:
        """Bands of longitude."""
        return [f"band {number:02d}" for number in range(WIDTH // (TILE * BAND))]

    def fingerprint(self) -> str:
        return fingerprint(BLUE_MARBLE, self.path) + fingerprint(LAND_MASK, self.path)

    def read(self, source: str) -> list[Example]:
        """The mixed tiles of a band. Raises BadSource where a file is damaged."""
        band = int(source.removeprefix("band "))
        picture, land = _picture(self.roots[0] / BLUE_MARBLE.members[0]), _land(self.roots[1] / LAND_MASK.members[0])
        first, last = ((90 - degree) * HEIGHT // 180 for degree in (NORTH, SOUTH))
        found = []
        for top in range(first, last - TILE + 1, TILE):
            for column in range(band * BAND, (band + 1) * BAND):
                where = (slice(top, top + TILE), slice(column * TILE, (column + 1) * TILE))
                if MIXED <= land[where].mean() <= 1 - MIXED:
                    found.append(labels.hide(_example(band, top, column, picture[where], land[where]),
                                             self.labelled_fraction))  # fmt: skip
        return found[: self.limit]


def _example(band: int, top: int, column: int, pixels: np.ndarray, land: np.ndarray) -> Example:
    north = 90 - (top + TILE / 2) * 180 / HEIGHT
    east = (column + 0.5) * TILE * 360 / WIDTH - 180
    name = f"{abs(north):.1f}{'N' if north >= 0 else 'S'} {abs(east):.1f}{'E' if east >= 0 else 'W'}"
    return Example(
        id=f"{top:04d}-{column:02d}", x=fields(pixels), y={"classes": land.astype(np.int32) + 1},
        split=HELD.get(band, "train"), meta={"title": name},
    )  # fmt: skip


@lru_cache(maxsize=1)
def _picture(path: Path) -> np.ndarray:
    """uint8 (height, width, 3)."""
    try:
        with Image.open(path, formats=("JPEG",)) as image:
            if image.size != (WIDTH, HEIGHT):
                raise ValueError(f"{image.width} × {image.height} pixels; right are {WIDTH} × {HEIGHT}")
            return np.asarray(image.convert("RGB"))
    except Exception as error:  # whatever a damaged byte leads a decoder to
        raise BadSource(path, f"can't be read as the picture of the world ({error})") from error


@lru_cache(maxsize=1)
def _land(path: Path) -> np.ndarray:
    """bool (height, width). The mask would take 933 MB, so it is read a few rows at a time."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("mask.npy") as file:
            version = np.lib.format.read_magic(file)
            shape, _, dtype = np.lib.format.read_array_header_1_0(file) if version == (1, 0) else ((), False, None)
            if shape != (HEIGHT * FINER, WIDTH * FINER) or dtype != np.dtype(bool):
                raise ValueError(f"{dtype} of shape {shape}; right is bool ({HEIGHT * FINER}, {WIDTH * FINER})")
            sea = np.empty((HEIGHT, WIDTH), bool)
            size = FINER * FINER * WIDTH
            for row in range(HEIGHT):
                eights = np.frombuffer(file.read(size), np.uint64).reshape(FINER, WIDTH)  # eight places, a byte each
                sea[row] = eights.sum(0).view(np.uint8).reshape(WIDTH, FINER).sum(1) > FINER * FINER / 2
            return ~sea
    except Exception as error:  # whatever a damaged byte leads NumPy to
        raise BadSource(path, f"can't be read as the mask of land ({error})") from error
