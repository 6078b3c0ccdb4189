"""Residual convolutions over grids [batch, height, width, channels], and the steps between resolutions.

Pre-activation residual blocks: He et al. 2016, arXiv 1603.05027. Group normalisation: Wu and He 2018, arXiv 1803.08494.
A vector of the condition scales and shifts the second normalisation (AdaGN: arXiv 2105.05233).
"""

from typing import final

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

GROUP = 8
"""Channels of a group."""


@final
class Residual(keras.layers.Layer):
    """norm → SiLU → 3 × 3 → norm → SiLU → 3 × 3, added to the input. It begins as the identity, or a 1 × 1.

    channels  of the output
    inner     of the input, where they are others
    vector    size of the vector that scales and shifts; 0 = there is none
    """

    def __init__(self, channels: int, *, inner: int | None = None, vector: int = 0) -> None:
        super().__init__()
        self.channels, self.inner, self.vector = channels, inner or channels, vector
        self.first_norm, self.second_norm = norm(self.inner), norm(channels)
        self.first = keras.layers.Conv2D(channels, 3, padding="same")
        self.second = keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer="zeros")
        self.modulate = keras.layers.Dense(2 * channels, kernel_initializer="zeros") if vector else None
        self.skip = keras.layers.Conv2D(channels, 1) if self.inner != channels else None

    def build(self, _shape: object = None) -> None:
        grid, out = (None, None, None, self.inner), (None, None, None, self.channels)
        for layer, shape in ((self.first_norm, grid), (self.first, grid), (self.second_norm, out), (self.second, out)):
            layer.build(shape)
        if self.modulate:
            self.modulate.build((None, self.vector))
        if self.skip:
            self.skip.build(grid)
        self.built = True

    def call(self, x: tf.Tensor, vector: tf.Tensor | None = None) -> tf.Tensor:
        """`vector` [batch, size], where the layer was made for one."""
        h = self.second_norm(self.first(tf.nn.silu(self.first_norm(x))))
        if self.modulate:
            scale, shift = tf.split(self.modulate(tf.nn.silu(vector))[:, None, None], 2, -1)
            h = h * (1 + scale) + shift
        return (self.skip(x) if self.skip else x) + self.second(tf.nn.silu(h))


def norm(channels: int) -> keras.layers.Layer:
    """Of groups of 8 channels; where these do not come out even, of the next larger groups that do."""
    groups = next(count for count in range(max(1, channels // GROUP), 0, -1) if channels % count == 0)
    return keras.layers.GroupNormalization(groups, epsilon=1e-5)


def down(channels: int) -> keras.layers.Layer:
    """To half the height and width."""
    return keras.layers.Conv2D(channels, 3, strides=2, padding="same")


@final
class Up(keras.layers.Layer):
    """To twice the height and width: each place is repeated, then a 3 × 3 (no checkerboards: Odena et al. 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = keras.layers.Conv2D(channels, 3, padding="same")

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.conv.build(shape)
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return self.conv(tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2))
