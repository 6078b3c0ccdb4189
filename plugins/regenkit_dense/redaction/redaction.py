"""What is taken from a picture before it is to be regenerated (arXiv 2303.01573, "redaction").

The paper names the kinds; how much each takes, and in which order several are done, are this project's own choices.
"""

from collections.abc import Sequence
from typing import Literal, get_args

from regenkit.layers import noise as noises
from regenkit.quiet import tensorflow as tf
from regenkit_dense.redaction.masks import MASKS
from regenkit_dense.redaction.spectra import cosine, fourier

Kind = Literal[
    "none", "total", "pixels", "checkerboard", "blocks", "grid", "low_pass", "high_pass", "band_stop", "dct_low_pass",
    "dct_high_pass", "dct_band_stop", "grey",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)


def redact(
    pixels: tf.Tensor, kind: str, strength: tf.Tensor, seeds: tf.Tensor, *, inverse: bool = False
) -> tuple[tf.Tensor, tf.Tensor]:
    """(what is kept of the pictures, float32 [batch, height, width, channels]; which pixels it knows, [batch, height,
    width, 1]). With `inverse`, what is taken: both together are the pictures.

    Level 0, in the middle between black and white, is where nothing is kept. A redaction by frequencies or colours
    knows every pixel in part, and its mask is 1.
    """
    shape, everything = pixels.shape[1:3], tf.ones_like(pixels[..., :1])
    if kind in MASKS or kind in ("none", "total"):
        kept = MASKS[kind](shape, strength, seeds) if kind in MASKS else everything * float(kind == "none")
        kept = 1.0 - kept if inverse else kept
        return pixels * kept, kept * everything
    if kind == "grey":
        grey = tf.repeat(tf.reduce_mean(pixels, -1, keepdims=True), pixels.shape[-1], -1)
        grey = strength * grey + (1.0 - strength) * pixels
        return (pixels - grey if inverse else grey), everything
    transform = cosine if kind.startswith("dct_") else fourier
    return transform(pixels, kind.removeprefix("dct_"), strength, inverse=inverse), everything


def redact_all(
    pixels: tf.Tensor, kinds: Sequence[str], strength: tf.Tensor, seeds: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """One redaction after the other, as `redact`; a pixel is known where every one of them knows it."""
    known = tf.ones_like(pixels[..., :1])
    for number, kind in enumerate(kinds):
        pixels, kept = redact(pixels, kind, strength, noises.fold_in(seeds, "redaction", number))
        known *= kept
    return pixels, known
