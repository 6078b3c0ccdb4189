"""What a picture is, and its field.

Pixels are *continuous* in Y, float32 (height, width, channels) in [−1, 1]: level k of 0…255 is k / 127.5 − 1, and the
nearest level is what is written. Diffusion, flows, auto-encoders and adversarial models want numbers, and Fourier and
wavelet converters are linear maps of them; tokens 1…256 would give each level an embedding of its own and take from
every model what it knows for nothing, that 100 is next to 101. What that costs: a density is no probability, so bits a
dimension need dequantisation (Theis et al. 2016, arXiv 1511.01844). The levels are 2 / 255 apart: with noise uniform in
±1 / 255 added to the pixels, a density p of d dimensions has −(log₂ p + d log₂(2 / 255)) / d bits a dimension, an upper
bound of those of the levels themselves. A family that wants the levels gets them exactly: `levels`.
"""

from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
from PIL import Image, ImageOps

from regenkit.spec import Field, Fields, Spec

Fit = Literal["crop", "pad"]
WHITE = 255


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """A picture.

    pixels   uint8 (height, width, channels), of 1 channel (grey) or 3 (red, green, blue)
    remarks  what of its file is not in it, a sentence each
    turned   whether a camera's rotation was undone, or its mirroring
    """

    pixels: np.ndarray
    title: str = ""
    remarks: tuple[str, ...] = ()
    turned: bool = False

    def __post_init__(self) -> None:
        if self.pixels.dtype != np.uint8 or self.pixels.ndim != 3 or self.pixels.shape[2] not in (1, 3):
            raise ValueError(f"a picture is uint8 (height, width, 1 or 3), not {self.pixels.dtype} {self.pixels.shape}")


def spec(size: int, channels: int) -> Spec:
    """One field, `pixels`."""
    return Spec({"pixels": Field(kind="continuous", shape=(size, size, channels), levels=256)})


def encode(picture: Picture) -> tuple[Fields, dict[str, Any]]:
    """Fields and meta of a picture that has its size already (`fitted`)."""
    pixels = picture.pixels.astype(np.float32) / np.float32(127.5) - np.float32(1)
    return {"pixels": pixels}, {"title": picture.title} if picture.title else {}


def decode(fields: Fields, meta: dict[str, Any] | None = None) -> Picture:
    """The picture of `fields`; values beyond ±1 are cut. Raises ValueError where one is not a number."""
    return Picture(pixels=levels(fields["pixels"]), title=str((meta or {}).get("title", "")))


def levels(pixels: np.ndarray) -> np.ndarray:
    """[−1, 1] → uint8 0…255, to the nearest level. Raises ValueError where a value is not a number."""
    if not np.isfinite(pixels).all():
        raise ValueError("pixels that are not numbers (NaN or infinite)")
    return np.rint((np.clip(pixels, -1, 1) + 1) * 127.5).astype(np.uint8)


def fitted(picture: Picture, size: int, channels: int, fit: Fit) -> Picture:
    """The picture as `size` × `size` of `channels`: its middle square, or all of it padded with white to one."""
    image = Image.fromarray(picture.pixels[:, :, 0] if picture.pixels.shape[2] == 1 else picture.pixels)
    if picture.pixels.shape[2] != channels:
        image = image.convert("RGB" if channels == 3 else "L")
    if image.size != (size, size):
        lanczos = Image.Resampling.LANCZOS
        if fit == "crop":
            image = ImageOps.fit(image, (size, size), lanczos)
        else:
            if min(image.size) / max(image.size) * size <= 0.5:  # Pillow rounds so thin a side to nothing
                image = image.resize((size, 1) if image.width > image.height else (1, size), lanczos)
            image = ImageOps.pad(image, (size, size), lanczos, color="white")
    return Picture(pixels=np.asarray(image).reshape(size, size, channels), title=picture.title)
