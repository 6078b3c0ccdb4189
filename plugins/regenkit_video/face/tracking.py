"""One face through the frames of a video: found once, then followed by its own points."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import final

import numpy as np

from regenkit_video.face.networks import POINTS, SURE, WIDER, Networks, Region

RIGHT_CORNER, LEFT_CORNER = 33, 263
"""The outer corners of the eyes, among the points."""
LONGEST_GAP = 5
"""Frames without a face that are filled in from those around them."""


@final
@dataclass(frozen=True, kw_only=True)
class Track:
    """points   float32 [frames, 468, 3], pixels: right, down, away from the camera; NaN where there is no face
    size     (height, width) of the frames
    several  in how many of the frames that were searched there was more than one face
    """

    points: np.ndarray
    size: tuple[int, int]
    several: int

    @property
    def seen(self) -> np.ndarray:
        """bool [frames]"""
        there: np.ndarray = ~np.isnan(self.points[:, 0, 0])
        return there


def track(frames: Iterable[np.ndarray], networks: Networks) -> Track:
    """The largest face, frame by frame. A face that is lost is searched for again in each frame."""
    found, region, several, size = [], None, 0, (0, 0)
    for frame in frames:
        size = frame.shape[:2]
        points, sure = networks.place(frame, region) if region else (None, 0.0)
        if sure < SURE:
            faces = networks.find(frame)
            several += len(faces) > 1
            points, sure = networks.place(frame, faces[0].region) if faces else (None, 0.0)
        if points is None or sure < SURE:
            region = None
            found.append(np.full((POINTS, 3), np.nan, np.float32))
        else:
            region = around(points)
            found.append(points)
    whole = np.stack(found) if found else np.zeros((0, POINTS, 3), np.float32)
    return Track(points=whole, size=(int(size[0]), int(size[1])), several=several)


def around(points: np.ndarray) -> Region:
    """Where the face of one frame is to be looked for in the next."""
    eyes = points[LEFT_CORNER, :2] - points[RIGHT_CORNER, :2]
    angle = math.atan2(eyes[1], eyes[0])
    cosine, sine = math.cos(angle), math.sin(angle)
    upright = points[:, :2] @ np.array([[cosine, -sine], [sine, cosine]])
    low, high = upright.min(0), upright.max(0)
    x, y = np.array([[cosine, -sine], [sine, cosine]]) @ ((low + high) / 2)
    return Region(float(x), float(y), WIDER * float((high - low).max()), angle)


def filled(points: np.ndarray, longest: int = LONGEST_GAP) -> np.ndarray:
    """Gaps of up to `longest` frames between faces filled in, in straight lines."""
    there = np.flatnonzero(~np.isnan(points[:, 0, 0]))
    out = points.copy()
    for before, after in pairwise(there):
        if 1 < after - before <= longest + 1:
            share = (np.arange(before + 1, after) - before)[:, None, None] / (after - before)
            out[before + 1 : after] = (1 - share) * points[before] + share * points[after]
    return out


def runs(seen: np.ndarray) -> list[slice]:
    """The stretches of frames in which there is a face."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], seen.astype(int), [0]])))
    return [slice(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
