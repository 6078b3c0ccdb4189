"""Short-time Fourier transforms, and back.

As librosa's (center, zeros beyond both ends, a periodic Hann window), but of ceil(samples / hop) entries: librosa has
one more where the length divides by the hop. Zeros beyond the end are what batches are padded with, so an example has
the same entries alone and in a batch.
"""

from collections.abc import Callable

import numpy as np

from regenkit.quiet import tensorflow as tf
from regenkit_speech.signal import tfio


def stft(wave: tf.Tensor, n_fft: int, hop_length: int) -> tf.Tensor:
    """float32 [batch, samples] → complex64 [batch, ceil(samples / hop), n_fft / 2 + 1]; float64 → complex128."""
    check(n_fft, hop_length)
    samples = tf.shape(wave)[1]
    entries = -(-samples // hop_length)
    after = (entries - 1) * hop_length - samples + n_fft // 2
    padded = tf.pad(wave, [[0, 0], [n_fft // 2, tf.maximum(after, 0)]])
    frames = tf.signal.frame(padded, n_fft, hop_length)
    return tf.signal.rfft(frames * tf.constant(hann(n_fft), wave.dtype))


def magnitude(wave: tf.Tensor, n_fft: int, hop_length: int) -> tf.Tensor:
    """float32 [batch, ceil(samples / hop), n_fft / 2 + 1]; its slope at 0 is 0."""
    return _root(power(wave, n_fft, hop_length))


def power(wave: tf.Tensor, n_fft: int, hop_length: int) -> tf.Tensor:
    """The square of `magnitude`."""
    spectrum = stft(wave, n_fft, hop_length)
    return tf.square(tf.math.real(spectrum)) + tf.square(tf.math.imag(spectrum))


def spectrogram(wave: tf.Tensor, n_fft: int, hop_length: int) -> tf.Tensor:
    """`magnitude`, by tensorflow-io's operation where it loads."""
    package = tfio.loaded()
    if package is None:
        return magnitude(wave, n_fft, hop_length)
    check(n_fft, hop_length)
    entries = -(-tf.shape(wave)[1] // hop_length)
    padded = tf.pad(wave, [[0, 0], [n_fft // 2, 0]])
    return package.audio.spectrogram(padded, nfft=n_fft, window=n_fft, stride=hop_length)[:, :entries]


@tf.custom_gradient
def _root(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    root = tf.sqrt(x)
    return root, lambda slope: tf.math.divide_no_nan(0.5 * slope, root)


def inverse_stft(
    spectrum: tf.Tensor, n_fft: int, hop_length: int, known: tf.Tensor | None = None
) -> tf.Tensor:  # fmt: skip
    """complex64 [batch, entries, n_fft / 2 + 1] → float32 [batch, entries × hop]: the least-squares inverse (Griffin
    and Lim 1984): overlap and add, over the sum of squared windows. Where windows hardly reach, which are the last
    n_fft / 32 samples if the hop is half a window, it is softer.

    known  float32 [batch, entries], 1 for the entries that exist, which are the first ones; the others must be 0
    """
    check(n_fft, hop_length)
    shape = tf.shape(spectrum)
    frames = tf.signal.irfft(spectrum, [n_fft]) * tf.constant(hann(n_fft), tf.float32)
    there = tf.ones([1, shape[1], 1]) if known is None else known[..., None]
    squares = tf.constant(hann(n_fft) ** 2, tf.float32) * there
    total, weight = (_added(each, hop_length)[:, n_fft // 2 :] for each in (frames, squares))
    return (total / tf.maximum(weight, 1e-4))[:, : shape[1] * hop_length]


def _added(frames: tf.Tensor, hop_length: int) -> tf.Tensor:
    return tf.signal.overlap_and_add(frames, hop_length)


def hann(size: int) -> np.ndarray:
    """Periodic, float64 [size]."""
    found: np.ndarray = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    return found


def check(n_fft: int, hop_length: int) -> None:
    """Raises ValueError where windows do not overlap by half."""
    if n_fft % 2 or not 1 <= hop_length <= n_fft // 2:
        raise ValueError(f"n_fft {n_fft}, hop_length {hop_length}; right is an even n_fft, and a hop of at most half")
