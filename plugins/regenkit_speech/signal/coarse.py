"""A waveform at a coarser time: low-passed and thinned out, or the approximation of a wavelet transform."""

from functools import lru_cache

import numpy as np

from regenkit.quiet import tensorflow as tf

TAPS_A_STEP = 24
"""Taps of the low-pass for each sample that is left out: the more, the steeper."""
DAUBECHIES_4 = np.array([
    0.230377813308855, 0.714846570552542, 0.630880767929590, -0.027983769416984,
    -0.187034811718881, 0.030841381835987, 0.032883011666983, -0.010597401784997,
])  # fmt: skip
"""The low-pass of Daubechies' wavelet of four vanishing moments (Daubechies 1988, Table 1), of sum √2."""


def downsampled(wave: tf.Tensor, factor: int) -> tf.Tensor:
    """float32 [batch, samples] → [batch, ceil(samples / factor)], without what is above half the new rate.

    The low-pass is a sinc under a Kaiser window (β = 8, 80 dB), centred on the samples that are kept.
    """
    taps = low_pass(factor)
    return _filtered(wave, taps, factor, before=len(taps) // 2)


def approximation(wave: tf.Tensor, levels: int) -> tf.Tensor:
    """float32 [batch, samples] → [batch, ceil(samples / 2^levels)]: what Daubechies' wavelet db4 leaves after so many
    levels, over 2^(levels / 2), so that a constant stays as it is. Zeros lie beyond both ends.

    The phase is that of PyWavelets; of the entries that it allows, each shows what is nearest to its first sample, as
    windows of a spectrum do.
    """
    whole = 1 if levels > 3 else 2
    return _filtered(wave, cascade(levels), 1 << levels, before=max(2, (whole << levels) - 6))


def _filtered(wave: tf.Tensor, taps: np.ndarray, factor: int, before: int) -> tf.Tensor:
    """Correlated with taps at every `factor`th sample, from `before` samples before it on."""
    entries = -(-tf.shape(wave)[1] // factor)
    needed = (entries - 1) * factor + len(taps)
    after = tf.maximum(needed - before - tf.shape(wave)[1], 0)
    padded = tf.pad(wave, [[0, 0], [before, after]])[:, :needed]
    return tf.nn.conv1d(padded[..., None], tf.constant(taps[:, None, None]), factor, "VALID")[..., 0]


@lru_cache(maxsize=8)
def cascade(levels: int) -> np.ndarray:
    """The low-pass of so many levels as one filter, float32 [taps], of sum 1."""
    taps = np.ones(1)
    for level in range(levels):
        spread = np.zeros((len(DAUBECHIES_4) - 1) * (1 << level) + 1)
        spread[:: 1 << level] = DAUBECHIES_4 / np.sqrt(2)
        taps = np.convolve(taps, spread)
    return taps.astype(np.float32)


@lru_cache(maxsize=8)
def low_pass(factor: int) -> np.ndarray:
    """float32 [taps], of sum 1."""
    half = TAPS_A_STEP * factor // 2
    places = np.arange(-half, half + 1)
    taps = np.sinc(places / factor) * np.kaiser(len(places), 8.0)
    return (taps / taps.sum()).astype(np.float32)
