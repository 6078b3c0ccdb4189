"""Images that move: the protocol of moving MNIST (Srivastava et al. 2015, arXiv 1502.04681), with one image a clip.

An image starts anywhere, goes straight on at a constant speed, and bounces off the border. All is a function of the
number of the image and of the clip, so a set is the same on every machine.
"""

import math
from typing import NamedTuple

import numpy as np
from PIL import Image

COMPASS = ("right", "down and right", "down", "down and left", "left", "up and left", "up", "up and right")
"""By eighths of a turn, clockwise on the screen, from the right on."""


class Path(NamedTuple):
    """Places of the top left corner, float [frames, 2] (down, right), and whither it went at first, of COMPASS."""

    places: np.ndarray
    direction: str


def path(number: int, frames: int, room: int, speed: tuple[float, float]) -> Path:
    """The path of one clip within `room` pixels; `speed` in pixels a frame, the least and the most."""
    random = np.random.default_rng([number, frames, room])
    eighth = int(random.integers(len(COMPASS)))
    angle = (eighth + random.uniform(-0.3, 0.3)) * math.tau / len(COMPASS)
    velocity = random.uniform(*speed) * np.array([math.sin(angle), math.cos(angle)])
    # a start from which the first direction is seen: not at the border that it is headed for
    start = room * (random.uniform(0.1, 0.9, 2) * 0.6 + 0.2 * (1 - np.sign(np.round(velocity, 1))))
    return Path(_folded(start + np.arange(frames)[:, None] * velocity, room), COMPASS[eighth])


def _folded(places: np.ndarray, room: int) -> np.ndarray:
    """As bouncing has it: a way of twice the room there and back."""
    within = np.mod(places, 2 * room)
    folded: np.ndarray = np.minimum(within, 2 * room - within)
    return folded


def moved(image: np.ndarray, places: np.ndarray, size: int) -> np.ndarray:
    """uint8 [frames, size, size, 1] of a square image, uint8, at fractional places (bilinear), on black."""
    side = image.shape[0]
    whole = np.floor(places).astype(int)
    parts = places - whole
    padded = np.pad(image.astype(np.float32), 1)
    frames = np.zeros((len(places), size + 1, size + 1), np.float32)
    for frame, (top, left), (down, right) in zip(frames, whole, parts, strict=True):
        rows = padded[:-1] * down + padded[1:] * (1 - down)  # shifted by a part of a pixel
        shifted = rows[:, :-1] * right + rows[:, 1:] * (1 - right)
        frame[top : top + side + 1, left : left + side + 1] = shifted
    return np.rint(frames[:, :size, :size, None]).astype(np.uint8)


def shrunk(image: np.ndarray, side: int) -> np.ndarray:
    """A square image, uint8, at `side` pixels a side."""
    if side == len(image):
        return image
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BOX))
