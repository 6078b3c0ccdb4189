"""One step of a normalising flow on [batch, height, breadth, channels] or [batch, channels], and back.

    scale     every channel by itself (Glow's actnorm, arXiv 1807.03039, without its initialisation from a batch)
    mix       channels reversed, then a lower and an upper triangular matrix with ones on their diagonals (Glow's
              invertible 1 × 1 convolution in its LU form; the scales are those above)
    couple    half of the channels is scaled and shifted as the other half and the condition say (affine coupling,
              RealNVP: Dinh et al. 2017, arXiv 1605.08803)

Everything but the network within the coupling is computed in float32, so that half precision is inverted as exactly.
"""

from typing import final

from regenkit.layers.convolution import Residual, norm
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

STEEPEST = 2.0
"""A coupling scales by exp(±2) at most, so that its inverse is well conditioned."""


@final
class Step(keras.layers.Layer):
    """`forward` and `inverse` are each other's inverses; a new step is a reversal of the channels.

    places   of the grid; 1 of a vector
    channels of the data
    width    channels of the network
    vector   size of the condition's vector; the map, if there is one, has `width` channels
    """

    def __init__(self, places: int, channels: int, width: int, *, vector: int, flat: bool) -> None:
        super().__init__()
        self.places, self.channels, self.kept = places, channels, channels // 2
        self.moved = channels - self.kept
        self.network: Convolutions | Dense
        self.network = Dense(self.kept, width, 2 * self.moved, vector) if flat else \
            Convolutions(self.kept, width, 2 * self.moved, vector)  # fmt: skip

    def build(self, _shape: object = None) -> None:
        zeros = {"initializer": "zeros", "dtype": "float32", "autocast": False}
        self.log_scale = self.add_weight(name="log_scale", shape=(self.channels,), **zeros)
        self.shift = self.add_weight(name="shift", shape=(self.channels,), **zeros)
        self.triangles = self.add_weight(name="triangles", shape=(self.channels, self.channels), **zeros)
        self.network.build()
        self.built = True

    def forward(self, x: tf.Tensor, vector: tf.Tensor, map: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
        """(data, logarithm of the determinant [batch])"""
        log_scale = tf.convert_to_tensor(self.log_scale)
        x = (x + self.shift) * tf.exp(log_scale)
        x = tf.tensordot(x, self._matrix(), 1)
        kept, moved = x[..., : self.kept], x[..., self.kept :]
        slope, shift = self._affine(kept, vector, map)
        x = tf.concat([kept, (moved + shift) * tf.exp(slope)], -1)
        return x, self.places * tf.reduce_sum(log_scale) + tf.reduce_sum(slope, list(range(1, slope.shape.rank)))

    def inverse(self, x: tf.Tensor, vector: tf.Tensor, map: tf.Tensor | None) -> tf.Tensor:
        kept, moved = x[..., : self.kept], x[..., self.kept :]
        slope, shift = self._affine(kept, vector, map)
        x = tf.concat([kept, moved * tf.exp(-slope) - shift], -1)
        x = tf.tensordot(x, tf.linalg.inv(self._matrix()), 1)
        return x * tf.exp(-tf.convert_to_tensor(self.log_scale)) - self.shift

    def _matrix(self) -> tf.Tensor:
        both, one = tf.convert_to_tensor(self.triangles), tf.eye(self.channels)
        lower, upper = tf.linalg.band_part(both, -1, 0), tf.linalg.band_part(both, 0, -1)
        diagonal = tf.linalg.band_part(both, 0, 0)
        return tf.reverse((lower - diagonal + one) @ (upper - diagonal + one), [0])

    def _affine(self, kept: tf.Tensor, vector: tf.Tensor, map: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
        slope, shift = tf.split(tf.cast(self.network(kept, vector, map), tf.float32), 2, -1)
        return STEEPEST * tf.tanh(slope / STEEPEST), shift


@final
class Convolutions(keras.layers.Layer):
    """A grid, the condition's vector and map → a grid; 0 at first."""

    def __init__(self, inner: int, width: int, out: int, vector: int) -> None:
        super().__init__()
        self.inner, self.width, self.vector = inner, width, vector
        self.first = keras.layers.Conv2D(width, 3, padding="same")
        self.block = Residual(width, vector=vector)
        self.norm = norm(width)
        self.last = keras.layers.Conv2D(out, 3, padding="same", kernel_initializer="zeros")

    def build(self, _shape: object = None) -> None:
        self.first.build((None, None, None, self.inner))
        self.block.build()
        for layer in (self.norm, self.last):
            layer.build((None, None, None, self.width))
        self.built = True

    def call(self, x: tf.Tensor, vector: tf.Tensor, map: tf.Tensor | None) -> tf.Tensor:
        x = self.first(x)
        x = self.block(x if map is None else x + map, vector)
        return self.last(tf.nn.silu(self.norm(x)))


@final
class Dense(keras.layers.Layer):
    """The same for vectors: no grid, no map."""

    def __init__(self, inner: int, width: int, out: int, vector: int) -> None:
        super().__init__()
        self.inner, self.width, self.vector = inner, width, vector
        self.first, self.known, self.second = (keras.layers.Dense(width) for _ in range(3))
        self.last = keras.layers.Dense(out, kernel_initializer="zeros")

    def build(self, _shape: object = None) -> None:
        for layer, size in ((self.first, self.inner), (self.known, self.vector), (self.second, self.width),
                            (self.last, self.width)):  # fmt: skip
            layer.build((None, size))
        self.built = True

    def call(self, x: tf.Tensor, vector: tf.Tensor, map: tf.Tensor | None) -> tf.Tensor:
        x = tf.nn.silu(self.first(x) + self.known(vector))
        return self.last(tf.nn.silu(self.second(x)))
