"""A head that speaks, as frames: cut out of a video by the points of its face, at one place for a whole stretch."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from regenkit.errors import BadSource
from regenkit.spec import Field, Spec
from regenkit_video.face.face import RATE
from regenkit_video.face.networks import networks
from regenkit_video.face.reading import stretches
from regenkit_video.face.tracking import filled, track
from regenkit_video.modality.clip import Clip
from regenkit_video.modality.film import film

WIDER = 1.3
"""The square that is cut out, by the box of all points of the stretch."""
LEAST, MOST = 8, 1024
"""Pixels a side of a head."""
SIDE = 192
"""Pixels a side to which a small head is enlarged before its points are looked for."""


def spec(size: int) -> Spec:
    """One field: frames, 25 a second, square, red, green and blue in [−1, 1]. Raises ValueError where `size` is too
    small to show a face, or too large to be held."""
    if not LEAST <= size <= MOST:
        raise ValueError(f"size {size}; right are {LEAST} to {MOST} pixels a side")
    return Spec({"frames": Field(kind="continuous", shape=(None, size, size, 3), hop=Fraction(1))})


def heads(path: str | Path, size: int, start: float = 0.0, frames: int | None = None) -> list[Clip]:
    """The stretches of one face in `frames` frames (None: all) from `start` seconds on, `size` pixels a side.

    The file is read twice, so that no more than the small frames are held. Raises as `stretches` does.
    """
    found = []
    shown, at = film(path).frames(RATE, start), 0  # as the first time, so that each frame is the one of its points
    for stretch in stretches(path, start, frames):
        skipped, count = stretch.first - at, len(stretch.points)
        small = np.stack(list(_cut(islice(shown, skipped, skipped + count), stretch.points, size)))
        at = stretch.first + count
        found.append(Clip(frames=small, rate=Fraction(RATE), sound=stretch.sound, title=stretch.title,
                          remarks=stretch.remarks, second=stretch.second))  # fmt: skip
    return found


def of_picture(pixels: np.ndarray, size: int) -> np.ndarray | None:
    """uint8 [size, size, 3], the head cut out of a picture, uint8 [height, width, 3]; None where no face is seen."""
    points = track([pixels], networks()).points
    return None if np.isnan(points).any() else next(_cut(iter([pixels]), points, size))


def _cut(shown: Iterator[np.ndarray], points: np.ndarray, size: int) -> Iterator[np.ndarray]:
    low, high = points[:, :, :2].min((0, 1)), points[:, :, :2].max((0, 1))
    middle, half = (low + high) / 2, WIDER * float((high - low).max()) / 2
    (left, top), (right, down) = (np.rint(corner).astype(int).tolist() for corner in (middle - half, middle + half))
    for frame in shown:
        cut = Image.fromarray(frame).crop((left, top, right, down))
        yield np.asarray(cut.resize((size, size), Image.Resampling.LANCZOS))


def placed(frames: np.ndarray) -> np.ndarray:
    """float32 [frames, 468, 3] points of small frames, uint8 [frames, size, size, 3], in widths of the frame.

    A face that is lost for some frames stands still there. Raises BadSource where there is none.
    """
    large = (np.asarray(Image.fromarray(frame).resize((SIDE, SIDE), Image.Resampling.BICUBIC)) for frame in frames)
    points = filled(track(large, networks()).points, len(frames))
    there = np.flatnonzero(~np.isnan(points[:, 0, 0]))
    if not len(there):
        raise BadSource("frames", "no face is seen in them")
    nearest = there[np.abs(np.arange(len(points))[:, None] - there).argmin(1)]
    found: np.ndarray = points[nearest] / np.float32(SIDE)
    return found
