"""Convolutions over [batch, time, height, width, channels], each one in space and then one along time.

A 3 × 3 × 3 kernel as 3 × 3 and 3 (Tran et al. 2018, arXiv 1711.11248): 12 weights a pair of channels and not 27, and
the two are plain convolutions of two axes, which CPUs are fast at.
"""

import math
from typing import final

from regenkit.layers.convolution import norm
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf


@final
class Convolution(keras.layers.Layer):
    """3 × 3 in space and 3 along time, `stride` (time, space); zeros beyond the border.

    inner, channels  of input and output
    begin            initializer of the kernel along time: "zeros" makes a branch that begins as nothing
    """

    def __init__(
        self, inner: int, channels: int, *, stride: tuple[int, int] = (1, 1), begin: str = "glorot_uniform"
    ) -> None:  # fmt: skip
        super().__init__()
        self.inner, self.channels, self.stride = inner, channels, stride
        self.space = keras.layers.Conv2D(channels, 3, strides=stride[1], padding="same", use_bias=False)
        self.time = keras.layers.Conv2D(
            channels, (3, 1), strides=(stride[0], 1), padding="same", kernel_initializer=begin
        )
        self.space.build((None, None, None, inner))
        self.time.build((None, None, None, channels))
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        batch, (frames, height, width) = tf.shape(x)[0], x.shape[1:4]
        x = self.space(tf.reshape(x, [batch * frames, height, width, self.inner]))
        height, width = x.shape[1:3]
        x = self.time(tf.reshape(x, [batch, frames, height * width, self.channels]))
        return tf.reshape(x, [batch, x.shape[1], height, width, self.channels])


@final
class Residual(keras.layers.Layer):
    """norm → SiLU → convolution → norm → SiLU → convolution, added to the input (arXiv 1603.05027)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norms = [norm(channels), norm(channels)]
        for layer in self.norms:
            layer.build((None, None, None, None, channels))
        self.first = Convolution(channels, channels)
        self.second = Convolution(channels, channels, begin="zeros")
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        h = self.first(tf.nn.silu(self.norms[0](x)))
        return x + self.second(tf.nn.silu(self.norms[1](h)))


def folded(x: tf.Tensor, block: tuple[int, int]) -> tf.Tensor:
    """Blocks (time, space, space) of places as channels of one place."""
    (time, space), (frames, height, width, channels) = block, x.shape[1:]
    x = tf.reshape(x, [-1, frames // time, time, height // space, space, width // space, space, channels])
    x = tf.transpose(x, [0, 1, 3, 5, 2, 4, 6, 7])
    return tf.reshape(x, [-1, *x.shape[1:4], channels * math.prod((time, space, space))])


def unfolded(x: tf.Tensor, block: tuple[int, int]) -> tf.Tensor:
    """The inverse of `folded`."""
    (time, space), (frames, height, width, channels) = block, x.shape[1:]
    x = tf.reshape(x, [-1, frames, height, width, time, space, space, channels // math.prod((time, space, space))])
    x = tf.transpose(x, [0, 1, 4, 2, 5, 3, 6, 7])
    return tf.reshape(x, [-1, frames * time, height * space, width * space, x.shape[-1]])


def repeated(x: tf.Tensor, times: tuple[int, int]) -> tf.Tensor:
    """Each place repeated along time and in space."""
    for axis, count in ((1, times[0]), (2, times[1]), (3, times[1])):
        x = tf.repeat(x, count, axis=axis) if count > 1 else x
    return x
