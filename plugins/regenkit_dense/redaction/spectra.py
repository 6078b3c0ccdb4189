"""Which frequencies of a picture are kept, of all of it (FFT) or of each block of 8 × 8 pixels (DCT).

A mask is 1 or 0 for each frequency, so to redact is a projection: twice is once, and what is kept and what is taken add
up to the picture. Frequencies are told apart by their distance from the mean, from 0 to 1 at the highest.
"""

import numpy as np

from regenkit.quiet import tensorflow as tf

BLOCK = 8
CENTRE = 0.3
"""Of the band that `band_stop` takes: it is as wide as the strength, around this."""


def low_pass(radius: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    """The `strength` of the range that is highest is taken; the mean is always kept."""
    return tf.cast(radius <= 1.0 - strength, tf.float32)


def high_pass(radius: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    """The `strength` of the range that is lowest is taken."""
    return tf.cast(radius >= strength, tf.float32)


def band_stop(radius: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    """A band of the width `strength` around CENTRE is taken; the mean is always kept."""
    inside = (tf.abs(radius - CENTRE) < strength / 2) & (radius > 0)
    return tf.cast(~inside, tf.float32)


BANDS = {"low_pass": low_pass, "high_pass": high_pass, "band_stop": band_stop}


def fourier(pixels: tf.Tensor, band: str, strength: tf.Tensor, *, inverse: bool = False) -> tf.Tensor:
    """float32 [batch, height, width, channels] with some of its frequencies; with `inverse` the others."""
    height, width = pixels.shape[1:3]
    rows, columns = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    radius = tf.constant(np.hypot(rows, columns) / np.hypot(0.5, 0.5), tf.float32)
    kept = _chosen(BANDS[band](radius, strength), inverse)
    spectrum = tf.signal.rfft2d(tf.transpose(pixels, [0, 3, 1, 2]))
    back = tf.signal.irfft2d(spectrum * tf.cast(kept, spectrum.dtype), [height, width])
    return tf.transpose(back, [0, 2, 3, 1])


def cosine(pixels: tf.Tensor, band: str, strength: tf.Tensor, *, inverse: bool = False) -> tf.Tensor:
    """The same of the cosine transform of each block of 8 × 8. Raises ValueError where the sides do not divide."""
    height, width, channels = pixels.shape[1:]
    if height % BLOCK or width % BLOCK:
        raise ValueError(
            f"pictures of {height} × {width}; blocks of the cosine transform want sides that divide by {BLOCK}"
        )
    place = np.arange(BLOCK)
    radius = tf.constant((place[:, None] + place[None, :]) / (2 * (BLOCK - 1)), tf.float32)
    kept = _chosen(BANDS[band](radius, strength), inverse)
    basis = tf.constant(_basis(), tf.float32)
    blocks = tf.reshape(pixels, [-1, height // BLOCK, BLOCK, width // BLOCK, BLOCK, channels])
    spectrum = tf.einsum("ua,bhawec,ve->bhuwvc", basis, blocks, basis) * kept[None, None, :, None, :, None]
    back = tf.einsum("ua,bhuwvc,ve->bhawec", basis, spectrum, basis)
    return tf.reshape(back, [-1, height, width, channels])


def _basis() -> np.ndarray:
    """The orthonormal cosine transform (Ahmed et al. 1974, type II), [frequency, place]."""
    place = np.arange(BLOCK)
    waves = np.cos(np.pi * (place[None, :] + 0.5) * place[:, None] / BLOCK) * np.sqrt(2 / BLOCK)
    waves[0] /= np.sqrt(2)
    return waves


def _chosen(kept: tf.Tensor, inverse: bool) -> tf.Tensor:
    return 1.0 - kept if inverse else kept
