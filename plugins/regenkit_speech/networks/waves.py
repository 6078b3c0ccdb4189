"""A waveform read by strided convolutions, at coarser and coarser times (SoundStream's encoder: arXiv 2107.03312)."""

from typing import final

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

NARROW = 16
"""Channels at the rate of the samples."""


@final
class WaveEncoder(keras.layers.Layer):
    """Waves float32 [batch, samples] → [batch, samples / product of the factors, size].

    factors  of the strides, one a convolution
    width    channels at the end, at most; they double on the way
    """

    def __init__(self, factors: list[int], width: int, size: int) -> None:
        super().__init__()
        self.factors = factors
        channels = [min(width, NARROW * 2**number) for number in range(len(factors) + 1)]
        self.first = keras.layers.Conv1D(channels[0], 7, padding="same")
        self.first.build((None, None, 1))
        self.residuals, self.downs = [], []
        for inner, outer, factor in zip(channels, channels[1:], factors, strict=False):
            residual = keras.layers.Conv1D(inner, 3, padding="same")
            residual.build((None, None, inner))
            down = keras.layers.Conv1D(outer, 2 * factor, strides=factor, padding="same")
            down.build((None, None, inner))
            self.residuals.append(residual)
            self.downs.append(down)
        self.last = keras.layers.Conv1D(size, 3, padding="same", dtype="float32")
        self.last.build((None, None, channels[-1]))
        self.built = True

    def call(self, wave: tf.Tensor, there: tf.Tensor) -> tf.Tensor:
        """there: float32 [batch, samples], 1 where a sample exists; the length divides by all factors."""
        known = there[..., None]
        x = self.first(wave[..., None])
        for factor, residual, down in zip(self.factors, self.residuals, self.downs, strict=True):
            x = x + residual(tf.nn.elu(x) * known)
            x = down(tf.nn.elu(x) * known)
            known = known[:, ::factor]
        return self.last(tf.nn.elu(x) * known) * tf.cast(known, tf.float32)


def factors(ratio: int) -> list[int]:
    """Of a product, the small ones first, each at most 8. Raises ValueError where it has a larger prime factor."""
    found, rest = [], ratio
    while rest > 1:
        factor = next((each for each in (8, 7, 6, 5, 4, 3, 2) if rest % each == 0), None)
        if factor is None:
            raise ValueError(f"hop_length {ratio}: is no product of factors up to 8")
        found.append(factor)
        rest //= factor
    return sorted(found)
