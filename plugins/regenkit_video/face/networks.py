"""The two networks that see a face, run by TensorFlow's own TFLite interpreter.

BlazeFace finds faces (Bazarevsky et al. 2019, arXiv 1907.05047); a second network places 468 points in space on one of
them (Kartynnik et al. 2019, arXiv 1907.06724). The network that has the ten points of the irises as well needs
operations that TensorFlow's interpreter does not have.
"""

import math
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, final

import numpy as np

from regenkit.quiet import stderr_aside
from regenkit.quiet import tensorflow as tf
from regenkit.sources.locate import located
from regenkit_video.packages import LANDMARKS

POINTS = 468
SIDE, INPUT = 128, 192
"""Pixels a side that the detector, and the network of points, look at."""
SURE = 0.5
"""Least probability of a face."""
OVERLAP = 0.3
"""Boxes that share so much of their union show one face."""
WIDER = 1.5
"""The crop, by the face's box."""
RIGHT_EYE, LEFT_EYE = 0, 1
"""Of the detector's six points."""
LAYERS = ((16, 2), (8, 6))
"""Of the detector: (places a side, boxes at each)."""


class Region(NamedTuple):
    """A square that is turned: middle, side in pixels, and angle (radians) of its upper edge."""

    x: float
    y: float
    side: float
    angle: float


class Found(NamedTuple):
    """A face that was found: where, how large in pixels, how sure."""

    region: Region
    size: float
    sure: float


@final
class Networks:
    """Both networks, from a folder with the package's files."""

    def __init__(self, root: Path, threads: int = 1) -> None:
        self.detector = _Lite(root / "modules/face_detection/face_detection_short_range.tflite", threads)
        self.landmarks = _Lite(root / "modules/face_landmark/face_landmark.tflite", threads)
        self.anchors = _anchors()

    def find(self, frame: np.ndarray) -> list[Found]:
        """The faces of a frame, uint8 (height, width, 3), the largest first."""
        height, width = frame.shape[:2]
        whole = Region(width / 2, height / 2, max(width, height), 0.0)
        raw, scores = self.detector(crop(frame, whole, SIDE) / np.float32(127.5) - 1)
        sure = 1 / (1 + np.exp(-np.clip(scores[0, :, 0], -80, 80)))
        kept = np.flatnonzero(sure >= SURE)
        points = raw[0, kept].reshape(-1, 8, 2) / SIDE
        points[:, [0, *range(2, 8)]] += self.anchors[kept, None]
        corner = np.array([width, height]) / 2 - whole.side / 2
        found: list[tuple[np.ndarray, Found]] = []
        for place in np.argsort(-sure[kept], kind="stable"):
            middle, size = points[place, 0], points[place, 1]
            box = np.concatenate([middle - size / 2, middle + size / 2])
            if all(_shared(box, other) < OVERLAP for other, _ in found):
                eyes = points[place, 2 + LEFT_EYE] - points[place, 2 + RIGHT_EYE]
                x, y = middle * whole.side + corner
                side = float(size.max()) * whole.side
                region = Region(float(x), float(y), WIDER * side, math.atan2(eyes[1], eyes[0]))
                found.append((box, Found(region, side, float(sure[kept][place]))))
        return sorted((each for _, each in found), key=lambda each: -each.size)

    def place(self, frame: np.ndarray, region: Region) -> tuple[np.ndarray, float]:
        """(float32 [468, 3] pixels of the frame: right, down, away; how sure it is that a face is there)"""
        outputs = self.landmarks(crop(frame, region, INPUT) / np.float32(255))
        raw, logit = sorted(outputs, key=lambda each: -each.size)
        points = (raw.reshape(POINTS, 3) / INPUT).astype(np.float64)
        points[:, :2] -= 0.5
        points *= region.side
        cosine, sine = math.cos(region.angle), math.sin(region.angle)
        turned = points[:, :2] @ np.array([[cosine, sine], [-sine, cosine]]) + (region.x, region.y)
        whole = np.concatenate([turned, points[:, 2:]], 1).astype(np.float32)
        return whole, float(1 / (1 + np.exp(-np.clip(logit.reshape(-1)[0], -80, 80))))


@lru_cache(maxsize=2)
def networks(path: str | None = None) -> Networks:
    """From the fetched package, or a folder of its files. Raises UserError where they are not here."""
    return Networks(located(LANDMARKS, dataset="face/grid", path=path))


@final
class _Lite:
    """One TFLite network: float32 (height, width, 3) → its outputs."""

    def __init__(self, path: Path, threads: int) -> None:
        with warnings.catch_warnings():  # that it moves to a package of its own, which is large and not needed
            warnings.filterwarnings("ignore", message=".*tf.lite.Interpreter is deprecated", category=UserWarning)
            self.interpreter: Any = tf.lite.Interpreter(str(path), num_threads=threads)
        with stderr_aside():
            self.interpreter.allocate_tensors()
        (self.input,) = (each["index"] for each in self.interpreter.get_input_details())
        self.outputs = [each["index"] for each in self.interpreter.get_output_details()]

    def __call__(self, picture: np.ndarray) -> list[np.ndarray]:
        self.interpreter.set_tensor(self.input, np.asarray(picture, np.float32)[None])
        self.interpreter.invoke()
        return [self.interpreter.get_tensor(index) for index in self.outputs]


def crop(frame: np.ndarray, region: Region, side: int) -> np.ndarray:
    """uint8 (side, side, 3): a turned square of a frame, bilinear, black beyond the border."""
    step = region.side / side
    across = (np.arange(side) + 0.5 - side / 2) * step
    cosine, sine = math.cos(region.angle), math.sin(region.angle)
    x = region.x + across[None] * cosine - across[:, None] * sine - 0.5
    y = region.y + across[None] * sine + across[:, None] * cosine - 0.5
    height, width = frame.shape[:2]
    left, top = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    right, down = (x - left).astype(np.float32)[..., None], (y - top).astype(np.float32)[..., None]
    padded = np.pad(frame, [(1, 2), (1, 2), (0, 0)])
    rows, columns = np.clip(top + 1, 0, height + 1), np.clip(left + 1, 0, width + 1)
    upper = padded[rows, columns] * (1 - right) + padded[rows, columns + 1] * right
    lower = padded[rows + 1, columns] * (1 - right) + padded[rows + 1, columns + 1] * right
    return upper * (1 - down) + lower * down


def _anchors() -> np.ndarray:
    """[896, 2] middles of the detector's places, in shares of its input."""
    found = []
    for places, boxes in LAYERS:
        middles = (np.arange(places) + 0.5) / places
        grid = np.stack(np.meshgrid(middles, middles), -1).reshape(-1, 2)
        found.append(np.repeat(grid, boxes, axis=0))
    return np.concatenate(found)


def _shared(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two boxes (left, top, right, bottom)."""
    inner = np.prod(np.maximum(0, np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])))
    return float(inner / (np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]) - inner))
