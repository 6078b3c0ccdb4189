"""A decoded frame → its pixels as they were seen: square, upright, and on white."""

from fractions import Fraction
from typing import Any

import numpy as np
from av.sidedata.sidedata import Type

NARROWEST, WIDEST = Fraction(1, 4), Fraction(4)
"""A pixel's width by its height: what a header states beyond is wrong."""
WHITE = 255
ROWS = 256
"""Of a transparent frame, that are laid on white at a time: the sums take twice the bytes of the frame."""


def width(frame: Any, aspect: Fraction | None) -> int:
    """In square pixels; `aspect` is the width of one pixel by its height."""
    return round(frame.width * aspect) if aspect and NARROWEST < aspect < WIDEST else int(frame.width)


def upright(frame: Any, aspect: Fraction | None) -> np.ndarray:
    """uint8 (height, width, 3); `aspect` is that of one pixel. In one thread: to start others for each frame takes
    longer than its pixels do, and fails where memory is short."""
    wide = width(frame, aspect)
    if any(component.is_alpha for component in frame.format.components) or frame.format.name == "pal8":
        layers = frame.reformat(format="rgba", width=wide, threads=1).to_ndarray()
        pixels = np.empty((*layers.shape[:2], 3), np.uint8)
        for top in range(0, len(layers), ROWS):
            rows = slice(top, top + ROWS)
            colours, alpha = np.split(layers[rows].astype(np.uint16), [3], axis=2)
            pixels[rows] = (colours * alpha + WHITE * (255 - alpha) + 127) // 255
    else:
        pixels = frame.reformat(format="rgb24", width=wide, threads=1).to_ndarray()
    matrix = frame.side_data.get(Type.DISPLAYMATRIX)
    return pixels if matrix is None else _placed(pixels, np.frombuffer(matrix, np.int32).astype(float))


def _placed(pixels: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Turned by quarters and mirrored as the file's matrix has it: right = a · x + c · y, down = b · x + d · y."""
    a, b, c, d = matrix[[0, 1, 3, 4]]
    if abs(b) + abs(c) > abs(a) + abs(d):
        pixels, a, d = pixels.swapaxes(0, 1), c, b
    if a < 0:
        pixels = pixels[:, ::-1]
    if d < 0:
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
