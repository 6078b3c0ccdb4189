"""What frames are compared by in training, beside their absolute error: bands of detail, and a judge of patches.

Bands: the Laplacian pyramid (Burt and Adelson 1983) under the absolute error (arXiv 1707.05776). The judge is that of
Isola et al. 2017 (arXiv 1611.07004), which sees the condition beside the frame, with the hinge loss (arXiv 1705.02894).
"""

from typing import final

from regenkit.layers.convolution import norm
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

LEAST = 4
"""Pixels a side of the pyramid's last level, at least."""


def pyramid_distance(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """[pictures] sum over the bands of two, [pictures, size, size, colours], of their mean absolute difference."""
    rest, bands = one - other, []  # a pyramid is linear: that of a difference is the difference of two
    while rest.shape[1] >= 2 * LEAST and rest.shape[1] % 2 == 0:
        low = tf.nn.avg_pool2d(rest, 2, 2, "VALID")
        bands.append(rest - tf.repeat(tf.repeat(low, 2, axis=1), 2, axis=2))
        rest = low
    return tf.add_n([tf.reduce_mean(tf.abs(band), [1, 2, 3]) for band in (*bands, rest)])


@final
class Critic(keras.layers.Layer):
    """Pictures [pictures, size, size, channels] → how real each patch is, float32 [pictures, size / 4, size / 4]."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        widths = (channels, width, 2 * width, 2 * width)
        self.steps = [keras.layers.Conv2D(after, 4 if stride == 2 else 3, strides=stride, padding="same")
                      for after, stride in zip(widths[1:], (2, 2, 1), strict=True)]  # fmt: skip
        self.norms = [norm(2 * width), norm(2 * width)]
        self.last = keras.layers.Conv2D(1, 3, padding="same")
        for layer, before in zip((*self.steps, *self.norms, self.last), (*widths[:3], *[2 * width] * 3), strict=True):
            layer.build((None, None, None, before))
        self.built = True

    def call(self, pictures: tf.Tensor) -> tf.Tensor:
        x = leaky(self.steps[0](tf.cast(pictures, self.compute_dtype)))
        for step, normalise in zip(self.steps[1:], self.norms, strict=True):
            x = leaky(normalise(step(x)))
        return tf.cast(self.last(x)[..., 0], tf.float32)


def leaky(x: tf.Tensor) -> tf.Tensor:
    """The leaky rectifier. TensorFlow's own, after a bias, makes its optimiser of graphs complain."""
    return tf.maximum(x, 0.2 * x)
