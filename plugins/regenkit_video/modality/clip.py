"""What a clip is, and its field.

Frames are *continuous* in Y, float32 (frames, height, width, channels) in [−1, 1], with 256 levels: what a picture's
pixels are, once more a frame. The shape is fixed, so that a clip is a grid of three axes and has no clock.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, final

import numpy as np

from regenkit.errors import UserError
from regenkit.spec import Field, Fields, Spec

Fit = Literal["crop", "pad"]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Sound:
    """samples: float32 (samples, channels) in [−1, 1], of 1 or 2 channels; rate: of them in a second; remarks: what of
    its file is not in it, a sentence each."""

    samples: np.ndarray
    rate: int
    remarks: tuple[str, ...] = ()


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Clip:
    """Some frames at a constant rate.

    frames   uint8 (frames, height, width, channels), of 1 channel (grey) or 3 (red, green, blue)
    rate     frames a second
    sound    what is heard meanwhile; None where the file has none
    remarks  what of its file is not in it, a sentence each
    second   of its file, at which it begins
    """

    frames: np.ndarray
    rate: Fraction
    sound: Sound | None = None
    title: str = ""
    remarks: tuple[str, ...] = ()
    second: float = 0.0

    def __post_init__(self) -> None:
        shape = self.frames.shape
        if self.frames.dtype != np.uint8 or len(shape) != 4 or shape[3] not in (1, 3) or 0 in shape:
            raise ValueError(
                f"a clip is uint8 (frames, height, width, 1 or 3), none of them 0, not {self.frames.dtype} {shape}"
            )


def spec(frames: int, size: int, channels: int) -> Spec:
    """One field, `frames`."""
    return Spec({"frames": Field(kind="continuous", shape=(frames, size, size, channels), levels=256)})


def encode(clip: Clip) -> tuple[Fields, dict[str, Any]]:
    """Fields and meta of a clip that has its size already."""
    frames = clip.frames.astype(np.float32) / np.float32(127.5) - np.float32(1)
    return {"frames": frames}, {"title": clip.title} if clip.title else {}


def levels(frames: np.ndarray) -> np.ndarray:
    """[−1, 1] → uint8 0…255, to the nearest level. Raises UserError where a value is not a number."""
    if not np.isfinite(frames).all():
        raise UserError("frames that are not numbers (NaN or infinite); has their model diverged?")
    return np.rint((np.clip(frames, -1, 1) + 1) * 127.5).astype(np.uint8)
