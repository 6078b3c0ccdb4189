"""Axial slices of a brain and the regions of an atlas: the T1 picture "ch2" and the labels "aal" that MRIcron ships.

ch2 is the mean of 27 scans of one person (Holmes et al. 1998), aal the atlas that was drawn on it (Tzourio-Mazoyer et
al. 2002), both of 1 mm. Slices are split by blocks of the height, with a few between two blocks left out, because a
slice is nearly the same as the next. It is one person's brain: what is measured is not how a network does on another's.
"""

from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, final

import numpy as np
from PIL import Image
from pydantic import Field

from regenkit.components import Example
from regenkit.errors import BadSource, UserError
from regenkit.sources.locate import fingerprint, located
from regenkit_dense.data import labels
from regenkit_dense.data.pixels import fields
from regenkit_dense.packages import BRAIN

NAME = "dense/brain"
SHAPE = (181, 217, 181)
SQUARE = 217
"""Pixels a side of a slice once it is padded."""
BLOCK, GUARD = 9, 2
"""Slices of a block, and how many at its end belong to no split."""
SPLITS: tuple[Literal["train", "validation", "test"], ...] = ("train", "train", "validation", "train", "train", "test")
"""Of the blocks, again and again."""
LEAST = 0.01
"""The share of a slice that the atlas knows; a slice with less is not used."""
PARTS = {
    2: "frontal lobe", 3: "insula", 4: "limbic regions", 5: "occipital lobe", 6: "parietal lobe", 7: "basal ganglia",
    8: "temporal lobe", 9: "cerebellum",
}  # fmt: skip
"""By the first digit of a region's code in the atlas."""
OUTSIDE = "no region"
Fraction = Annotated[float, Field(gt=0, le=1)]


@final
class Brain:
    """Grey slices of the brain, each pixel of a region or of none.

    path               a folder of your own with ch2.nii.gz, aal.nii.gz and aal.nii.txt
    size               pixels a side; a slice of 217 × 217 mm is brought to it
    regions            the atlas's 116 regions ("all"), or the eight parts that they make up ("parts")
    labelled_fraction  the share of training slices that keep their labels
    """

    version = 1

    def __init__(self, path: str | None = None, size: Annotated[int, Field(ge=32, le=217)] = 96,
                 regions: Literal["parts", "all"] = "parts", labelled_fraction: Fraction = 1.0) -> None:  # fmt: skip
        self.path, self.size, self.regions, self.labelled_fraction = path, size, regions, labelled_fraction
        if path is not None:
            _ = self.root  # refused at once where it is not right

    @cached_property
    def root(self) -> Path:
        """Where the files are. Raises UserError, with the command that fetches them, where they are not here."""
        return located(BRAIN, dataset=NAME, path=self.path)

    @cached_property
    def classes(self) -> tuple[tuple[str, ...], np.ndarray]:
        """(names, the class of each number of the atlas, uint8 [256])."""
        return _classes(self.root / "aal.nii.txt", self.regions)

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {"x": {"size": self.size, "channels": 1}, "y": {"size": self.size, "labels": self.classes[0]}}

    def sources(self) -> list[str]:
        """Blocks of slices, from below."""
        return [f"slices {first:03d}-{min(first + BLOCK, SHAPE[2]) - 1:03d}" for first in range(0, SHAPE[2], BLOCK)]

    def fingerprint(self) -> str:
        return fingerprint(BRAIN, self.path)

    def read(self, source: str) -> list[Example]:
        """The slices of a block that the atlas says something of. Raises BadSource where a file is damaged."""
        first, last = map(int, source.removeprefix("slices ").split("-"))
        split = SPLITS[first // BLOCK % len(SPLITS)]
        picture, atlas = (_volume(self.root / name) for name in ("ch2.nii.gz", "aal.nii.gz"))
        table = self.classes[1]
        found = []
        for height in range(first, last + 1 - GUARD):
            numbers = atlas[:, :, height]
            if (numbers > 0).mean() >= LEAST:
                pixels = _squared(picture[:, :, height], self.size, Image.Resampling.BOX)
                classes = table[_squared(numbers, self.size, Image.Resampling.NEAREST)]
                found.append(labels.hide(Example(
                    id=f"{height:03d}", x=fields(pixels[:, :, None]), y={"classes": classes.astype(np.int32) + 1},
                    split=split, meta={"title": f"slice {height}"},
                ), self.labelled_fraction))  # fmt: skip
        return found


def _squared(plane: np.ndarray, size: int, how: Image.Resampling) -> np.ndarray:
    """A slice [left to right, back to front] as a picture whose top is the front, padded to a square of `size`."""
    upright = np.flipud(plane.T)
    margin = SQUARE - upright.shape[1]
    square = np.pad(upright, ((0, 0), (margin // 2, margin - margin // 2)))
    return np.asarray(Image.fromarray(square).resize((size, size), how))


@lru_cache(maxsize=2)
def _volume(path: Path) -> np.ndarray:
    """uint8 (181, 217, 181)."""
    import nibabel  # as it is read: records are listed without it

    try:
        found = np.asanyarray(nibabel.load(path).dataobj)
        if found.shape != SHAPE or found.dtype != np.uint8:
            raise ValueError(f"{found.dtype} of shape {found.shape}; right is uint8 {SHAPE}")
        return found
    except Exception as error:  # whatever a damaged byte leads the reader to
        raise BadSource(path, f"can't be read as the brain's NIfTI file ({error})") from error


def _classes(path: Path, regions: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Lines are "1 Precentral_L 2001": number, name, code. Raises UserError where they are not."""
    try:
        rows = [line.split() for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
        known = {int(number): (name, int(code)) for number, name, code in rows}
        table = np.zeros(256, np.uint8)
        if regions == "all":
            for place, number in enumerate(known, 1):
                table[number] = place
            return (OUTSIDE, *(name for name, _ in known.values())), table
        for number, (_, code) in known.items():
            table[number] = list(PARTS).index(code // 1000) + 1
        return (OUTSIDE, *PARTS.values()), table
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: is not the list of the atlas's regions ({error}); right are lines: number, name, code"
                        ) from error  # fmt: skip
