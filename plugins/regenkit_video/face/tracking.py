"""One face through the frames of a video: found once, then followed by its own points."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import final

import numpy as np
from PIL import Image

from regenkit_video.face.networks import POINTS, SURE, WIDER, Networks, Region

RIGHT_CORNER, LEFT_CORNER = 33, 263
"""The outer corners of the eyes, among the points."""
LONGEST_GAP = 5
"""Frames without a face that are filled in from those around them."""
LOOK = 25
"""Frames, of which one is searched for other faces."""
SMALL, CUT = 16, 12.0
"""Pixels a side of a frame made small and grey, and by how many of 256 levels it differs where the picture is cut: on
real clips 24 to 27, and 6 at most elsewhere."""


@final
@dataclass(frozen=True, kw_only=True)
class Track:
    """points   float32 [frames, 468, 3], pixels: right, down, away from the camera; NaN where there is no face
    size     (height, width) of the frames
    several  in how many of the frames that were searched there was more than one face
    cuts     numbers of the frames with which another shot begins
    """

    points: np.ndarray
    size: tuple[int, int]
    several: int
    cuts: tuple[int, ...]

    @property
    def seen(self) -> np.ndarray:
        """bool [frames]"""
        there: np.ndarray = ~np.isnan(self.points[:, 0, 0])
        return there


def track(frames: Iterable[np.ndarray], networks: Networks) -> Track:
    """The face that is the largest when it is found, frame by frame. One that is lost is searched for again in each
    frame, and so is each shot's."""
    found, region, several, size = [], None, 0, (0, 0)
    cuts, before = [], None
    for number, frame in enumerate(frames):
        size, now = frame.shape[:2], _small(frame)
        if before is not None and np.abs(now - before).mean() > CUT:
            cuts.append(number)
            region = None
        before = now
        points, sure = networks.place(frame, region) if region else (None, 0.0)
        faces = networks.find(frame) if sure < SURE or number % LOOK == 0 else []
        several += len(faces) > 1
        if sure < SURE:
            points, sure = networks.place(frame, faces[0].region) if faces else (None, 0.0)
        if points is None or sure < SURE:
            region = None
            found.append(np.full((POINTS, 3), np.nan, np.float32))
        else:
            region = around(points)
            found.append(points)
    whole = np.stack(found) if found else np.zeros((0, POINTS, 3), np.float32)
    return Track(points=whole, size=(int(size[0]), int(size[1])), several=several, cuts=tuple(cuts))


def _small(frame: np.ndarray) -> np.ndarray:
    grey = Image.fromarray(frame).convert("L").resize((SMALL, SMALL), Image.Resampling.BOX)
    return np.asarray(grey, np.float32)


def around(points: np.ndarray) -> Region:
    """Where the face of one frame is to be looked for in the next."""
    eyes = points[LEFT_CORNER, :2] - points[RIGHT_CORNER, :2]
    angle = math.atan2(eyes[1], eyes[0])
    cosine, sine = math.cos(angle), math.sin(angle)
    upright = points[:, :2] @ np.array([[cosine, -sine], [sine, cosine]])
    low, high = upright.min(0), upright.max(0)
    x, y = np.array([[cosine, -sine], [sine, cosine]]) @ ((low + high) / 2)
    return Region(float(x), float(y), WIDER * float((high - low).max()), angle)


def filled(points: np.ndarray, longest: int = LONGEST_GAP, cuts: Sequence[int] = ()) -> np.ndarray:
    """Gaps of up to `longest` frames between faces filled in, in straight lines; none over a cut."""
    there = np.flatnonzero(~np.isnan(points[:, 0, 0]))
    out = points.copy()
    for before, after in pairwise(there):
        if 1 < after - before <= longest + 1 and not any(before < cut <= after for cut in cuts):
            share = (np.arange(before + 1, after) - before)[:, None, None] / (after - before)
            out[before + 1 : after] = (1 - share) * points[before] + share * points[after]
    return out


def runs(seen: np.ndarray, cuts: Sequence[int] = ()) -> list[slice]:
    """The stretches of frames in which there is a face, each of one shot."""
    change = np.diff(np.concatenate([[0], seen.astype(int), [0]]))
    starts, ends = np.flatnonzero(change > 0).tolist(), np.flatnonzero(change < 0).tolist()
    found = []
    for start, end in zip(starts, ends, strict=True):
        edges = [start, *(cut for cut in cuts if start < cut < end), end]
        found += [slice(*each) for each in pairwise(edges)]
    return found
