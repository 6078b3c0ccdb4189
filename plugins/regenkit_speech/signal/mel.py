"""Mel spectra and cepstra: Slaney's mel scale and norm, as librosa has them by default.

Slaney 1998, Auditory Toolbox 2. MFCC: Davis and Mermelstein 1980.
"""

from functools import lru_cache

import numpy as np

from regenkit.quiet import tensorflow as tf
from regenkit_speech.signal.stft import magnitude, power

FLOOR = 1e-5
"""Magnitudes below it count as this, −100 dB."""
TOP_DB = 80.0


def log_mel(wave: tf.Tensor, *, rate: int, n_fft: int, hop_length: int, n_mels: int) -> tf.Tensor:
    """Natural logarithm of mel bands of the magnitude, float32 [batch, ceil(samples / hop), n_mels]."""
    return log_bands(magnitude(wave, n_fft, hop_length), rate, n_mels)


def log_bands(magnitude: tf.Tensor, rate: int, n_mels: int) -> tf.Tensor:
    """The same of magnitudes float32 [batch, entries, n_fft / 2 + 1]."""
    n_fft = 2 * (int(magnitude.shape[-1]) - 1)
    return tf.math.log(tf.maximum(_bands(magnitude, filters(rate, n_fft, n_mels)), FLOOR))


def mfcc(wave: tf.Tensor, *, rate: int, n_fft: int, hop_length: int, n_mels: int, n_mfcc: int) -> tf.Tensor:
    """Mel-frequency cepstral coefficients of the power in decibels, [batch, ceil(samples / hop), n_mfcc].

    What is 80 dB below an example's loudest counts as that. It is computed in double precision: the coefficients are of
    order 500, so that in single precision they are off by more than 1e-4.
    """
    double = tf.cast(wave, tf.float64)
    bands = power(double, n_fft, hop_length) @ tf.constant(filters(rate, n_fft, n_mels), tf.float64)
    decibels = 10.0 / np.log(10.0) * tf.math.log(tf.maximum(bands, 1e-10))
    decibels = tf.maximum(decibels, tf.reduce_max(decibels, [1, 2], keepdims=True) - TOP_DB)
    return tf.cast(decibels @ tf.constant(cosines(n_mels, n_mfcc), tf.float64), tf.float32)


GROUPS = 5


def _bands(magnitude: tf.Tensor, filters: np.ndarray) -> tf.Tensor:
    """magnitude @ filters, a group of neighbouring bands after the other, each of the bins that it hears."""
    groups = []
    for columns in np.array_split(np.arange(filters.shape[1]), min(GROUPS, filters.shape[1])):
        bins = np.flatnonzero(filters[:, columns].any(1))
        first, last = (bins[0], bins[-1] + 1) if len(bins) else (0, 1)
        groups.append(magnitude[..., first:last] @ tf.constant(filters[first:last, columns]))
    return tf.concat(groups, -1)


@lru_cache(maxsize=16)
def filters(rate: int, n_fft: int, n_mels: int) -> np.ndarray:
    """Triangles of equal area, float32 [n_fft / 2 + 1, n_mels], from 0 to half the rate."""
    bins = np.linspace(0, rate / 2, n_fft // 2 + 1)
    corners = _hertz(np.linspace(0.0, _mels(rate / 2), n_mels + 2))
    widths = np.diff(corners)
    slopes = corners[:, None] - bins[None]
    rising, falling = -slopes[:-2] / widths[:-1, None], slopes[2:] / widths[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return np.ascontiguousarray((triangles * (2.0 / (corners[2:] - corners[:-2]))[:, None]).T, np.float32)


@lru_cache(maxsize=16)
def cosines(n_mels: int, n_mfcc: int) -> np.ndarray:
    """The orthonormal DCT-II, [n_mels, n_mfcc]."""
    angles = np.pi / n_mels * (np.arange(n_mels) + 0.5)[:, None] * np.arange(n_mfcc)[None]
    scale = np.where(np.arange(n_mfcc) == 0, np.sqrt(1 / n_mels), np.sqrt(2 / n_mels))
    found: np.ndarray = np.cos(angles) * scale
    return found


BREAK, LINEAR, LOG_STEP = 1000.0, 200.0 / 3, np.log(6.4) / 27.0
"""Below 1 kHz mels are linear; above it 27 of them are a factor of 6.4."""


def _mels(hertz: float) -> float:
    if hertz < BREAK:
        return hertz / LINEAR
    return float(BREAK / LINEAR + np.log(hertz / BREAK) / LOG_STEP)


def _hertz(mels: np.ndarray) -> np.ndarray:
    linear = LINEAR * mels
    return np.where(linear < BREAK, linear, BREAK * np.exp(LOG_STEP * (mels - BREAK / LINEAR)))
