"""Footage → what moves in it, frame by frame: as X′, by `source: {use: video/motion}`.

In each of 2 × 2 cells the mean absolute difference to the frame before, and the shift that explains the difference
best, by least squares over the cell (Lucas and Kanade 1981). The first frame has none.
"""

from typing import final

import numpy as np

from regenkit.spec import Field, Fields, Spec
from regenkit_video.modality.footage import SIDE

CELLS = 2
PER_CELL = 3
STEADY = 0.05
"""Added to the squared slopes, so that a cell without structure has no shift."""
LOUD = 4.0
"""By which differences are multiplied, so that they are of order 1."""


@final
class Motion:
    """X′ is `motion`, [frames, 12]: of each cell its difference, and its shift right and down in pixels."""

    version = 1

    def __init__(self, y: Spec) -> None:
        self.spec = Spec({"motion": Field(kind="continuous", shape=(None, CELLS**2 * PER_CELL), axis="frame")})

    def convert(self, y: Fields) -> Fields:
        return {"motion": moving(np.asarray(y["footage"], np.float32)[..., 0])}


def moving(frames: np.ndarray) -> np.ndarray:
    """float32 [frames, 12] of frames [frames, 16, 16] in [−1, 1]."""
    change = np.diff(frames, axis=0, prepend=frames[:1])
    mean = (frames + np.concatenate([frames[:1], frames[:-1]])) / 2
    right, down = np.gradient(mean, axis=2), np.gradient(mean, axis=1)

    def summed(values: np.ndarray) -> np.ndarray:
        """[frames, cells]"""
        side = SIDE // CELLS
        return values.reshape(-1, CELLS, side, CELLS, side).mean((2, 4)).reshape(len(values), -1)

    xx, yy, xy = (summed(each) for each in (right * right, down * down, right * down))
    xt, yt = summed(right * change), summed(down * change)
    xx, yy = xx + STEADY**2, yy + STEADY**2
    area = xx * yy - xy * xy
    shifts = (-(yy * xt - xy * yt) / area, -(xx * yt - xy * xt) / area)
    found = np.stack([LOUD * summed(np.abs(change)), *shifts], -1).reshape(len(frames), -1)
    return found.astype(np.float32)
