"""How far pixels are from a decoder's mean, in nats: a Gaussian of one scale for all pixels.

The scale is the one under which the pixels are likeliest, the root of the mean squared error (the "optimal σ-VAE" of
Rybkin et al. 2021, arXiv 2006.13202), so that no weight between errors and a bottleneck's terms must be tuned. A batch
must not decide on its own density, so it is a running mean of the errors of the batches before.
"""

import math
from typing import final

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

DECAY = 0.95
LEAST = (1 / 255) ** 2
"""Of the variance: half the distance of two levels, squared, or what is rebuilt perfectly had an infinite density."""


@final
class Likelihood(keras.layers.Layer):
    """Its two variables learn from `statistics`, not by gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.squares = self.add_weight(name="squares", shape=(), initializer="zeros", trainable=False)
        self.count = self.add_weight(name="count", shape=(), initializer="zeros", trainable=False)
        self.built = True

    @property
    def variance(self) -> tf.Tensor:
        """Of a value; 1 before the first batch."""
        squares, count = tf.convert_to_tensor(self.squares), tf.convert_to_tensor(self.count)
        return tf.where(count > 0, tf.maximum(squares / tf.maximum(count, 1e-6), LEAST), 1.0)

    def nll(self, pixels: tf.Tensor, mean: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """−log density in nats of float32 [batch, height, width, channels], and of how many values: each [batch]."""
        errors = tf.reduce_sum(tf.math.squared_difference(tf.cast(pixels, tf.float32), mean), [1, 2, 3])
        values = tf.fill(tf.shape(errors), float(math.prod(mean.shape[1:])))
        variance = self.variance
        return 0.5 * (errors / variance + values * tf.math.log(2 * math.pi * variance)), values

    def statistics(self, pixels: tf.Tensor, mean: tf.Tensor) -> dict[str, tf.Tensor]:
        """What `absorb` wants: sums over this batch."""
        errors = tf.math.squared_difference(tf.cast(pixels, tf.float32), tf.stop_gradient(mean))
        pictures = tf.cast(tf.shape(pixels)[0], tf.float32)
        return {"squares": tf.reduce_sum(tf.reduce_mean(errors, [1, 2, 3])), "pictures": pictures}

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        self.squares.assign(DECAY * self.squares + (1 - DECAY) * statistics["squares"])
        self.count.assign(DECAY * self.count + (1 - DECAY) * statistics["pictures"])
