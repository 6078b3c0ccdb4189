"""A picture and its disparity: the left view of the motorcycle of the Middlebury 2014 benchmark (Scharstein et al.
2014), a quarter of its size, as scikit-image ships it. Depth and normals follow from the disparity.

There is one scene. Its crops are split by region: training from the left, validation from the middle, test from the
right, none across a border. So a network is measured on other parts of a room that it has seen a part of.
"""

from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, final

import numpy as np
from PIL import Image
from pydantic import Field, PositiveInt

from regenkit.components import Example, LeftOut
from regenkit.errors import BadSource, UserError
from regenkit.sources.locate import fingerprint, located
from regenkit_dense.data import labels
from regenkit_dense.data.geometry import depth_of, normals_of
from regenkit_dense.data.pixels import fields
from regenkit_dense.modality import maps
from regenkit_dense.packages import STEREO

NAME = "dense/stereo"
SHAPE = (500, 741)
Split = Literal["train", "validation", "test"]
REGIONS: dict[Split, tuple[int, int]] = {"train": (0, 445), "validation": (445, 575), "test": (575, 741)}
"""Columns."""
LEAST = 0.5
"""The share of a crop that was measured; one with less is not used."""
Numbers = Literal["depth", "disparity", "normals"]
Fraction = Annotated[float, Field(gt=0, le=1)]


@final
class Stereo:
    """Crops of the picture, and for each pixel its depth, disparity or normal, or several of these.

    tasks              which
    size               pixels a side of a crop
    stride             pixels from one crop to the next
    path               a folder of your own with motorcycle_left.png and motorcycle_disp.npz
    labelled_fraction  the share of training crops that keep their maps
    """

    version = 1

    def __init__(self, tasks: Annotated[tuple[Numbers, ...], Field(min_length=1)] = ("depth",),
                 size: Annotated[int, Field(ge=32, le=128)] = 64, stride: PositiveInt = 16, path: str | None = None,
                 labelled_fraction: Fraction = 1.0) -> None:  # fmt: skip
        if len(set(tasks)) != len(tasks):
            raise UserError(f"{NAME}: tasks {list(tasks)}; right is each once")
        self.tasks, self.size, self.stride, self.path = tuple(tasks), size, stride, path
        self.labelled_fraction = labelled_fraction
        if path is not None:
            _ = self.root  # refused at once where it is not right

    @cached_property
    def root(self) -> Path:
        """Where the files are. Raises UserError, with the command that fetches them, where they are not here."""
        return located(STEREO, dataset=NAME, path=self.path)

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {"x": {"size": self.size, "channels": 3}, "y": {"size": self.size, "tasks": self.tasks}}

    def sources(self) -> list[str]:
        return list(REGIONS)

    def fingerprint(self) -> str:
        return fingerprint(STEREO, self.path)

    def read(self, source: str) -> list[Example | LeftOut]:
        """The crops of a region. Raises BadSource where a file is damaged."""
        pixels, everything = _scene(self.root)
        split = next(each for each in REGIONS if each == source)
        first, last = REGIONS[split]
        found: list[Example | LeftOut] = []
        for top in range(0, SHAPE[0] - self.size + 1, self.stride):
            for left in range(first, last - self.size + 1, self.stride):
                name, where = f"{top:03d}-{left:03d}", (slice(top, top + self.size), slice(left, left + self.size))
                y = maps.as_fields({task: everything[task][where] for task in self.tasks})
                if _measured(y) < LEAST:
                    found.append(LeftOut(id=name, reason="less than half of the crop was measured"))
                    continue
                found.append(labels.hide(Example(
                    id=name, x=fields(pixels[where]), y=y, split=split,
                    meta={"title": f"{source}, {top} down, {left} right"},
                ), self.labelled_fraction))  # fmt: skip
        return found


def _measured(y: Any) -> float:
    return min(float(maps.known(task, values).mean()) for task, values in y.items())


@lru_cache(maxsize=1)
def _scene(root: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(uint8 picture, its maps)."""
    try:
        with Image.open(root / "motorcycle_left.png", formats=("PNG",)) as image:
            pixels = np.asarray(image.convert("RGB"))
        with np.load(root / "motorcycle_disp.npz", allow_pickle=False) as found:
            disparity = found["arr_0"]
        if pixels.shape[:2] != SHAPE or disparity.shape != SHAPE:
            raise ValueError(f"sizes {pixels.shape[:2]} and {disparity.shape}; right are {SHAPE}")
    except Exception as error:  # whatever a damaged byte leads a decoder to
        raise BadSource(root, f"can't be read as the stereo scene ({error})") from error
    disparity = np.where(np.isfinite(disparity), disparity, 0).astype(np.float64)
    depth = depth_of(disparity)
    return pixels, {"disparity": disparity[:, :, None], "depth": depth[:, :, None], "normals": normals_of(depth)}
