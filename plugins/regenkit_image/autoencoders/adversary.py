"""What a picture's error is to the eye: a judge of patches, and errors band by band.

Judge: the patch discriminator of Isola et al. 2017 (arXiv 1611.07004), a third as deep and with group normalisation,
since batch normalisation would let the pictures of a batch judge each other. Bands: the Laplacian pyramid of Burt and
Adelson 1983, compared as in Bojanowski et al. 2018 (arXiv 1707.05776, "Lap1").
"""

from typing import final

from regenkit.layers.convolution import norm
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit_image.autoencoders.network import built

LEAST = 4
"""Pixels a side of a pyramid's last level, at least."""


@final
class Discriminator(keras.layers.Layer):
    """Pixels [batch, height, width, colours] → how real each patch is, float32 [batch, height / 4, width / 4].

    A patch is 24 pixels a side.
    """

    def __init__(self, colours: int, channels: int) -> None:
        super().__init__()
        convolution = keras.layers.Conv2D
        self.layers = [
            built(convolution(channels, 4, strides=2, padding="same"), colours),
            built(convolution(2 * channels, 4, strides=2, padding="same"), channels),
            built(convolution(2 * channels, 3, padding="same"), 2 * channels),
        ]
        self.norms = [built(norm(2 * channels), 2 * channels) for _ in self.layers[1:]]
        self.last = built(convolution(1, 3, padding="same"), 2 * channels)
        self.built = True

    def call(self, pixels: tf.Tensor) -> tf.Tensor:
        x = tf.nn.leaky_relu(self.layers[0](tf.cast(pixels, self.compute_dtype)))
        for layer, normalise in zip(self.layers[1:], self.norms, strict=True):
            x = tf.nn.leaky_relu(normalise(layer(x)))
        return tf.cast(self.last(x)[..., 0], tf.float32)


def pyramid(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """[batch] mean over the bands of two pictures [batch, height, width, colours] of their mean absolute difference."""
    rest, bands = one - other, []  # a pyramid is linear: that of a difference is the difference of two
    while min(rest.shape[1:3]) >= 2 * LEAST and not (rest.shape[1] % 2 or rest.shape[2] % 2):
        low = tf.nn.avg_pool2d(rest, 2, 2, "VALID")
        high = rest - tf.repeat(tf.repeat(low, 2, axis=1), 2, axis=2)
        bands.append(tf.reduce_mean(tf.abs(high), [1, 2, 3]))
        rest = low
    bands.append(tf.reduce_mean(tf.abs(rest), [1, 2, 3]))
    return tf.add_n(bands)
