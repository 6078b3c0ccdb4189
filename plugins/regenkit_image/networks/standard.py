"""Latents of mean 0 and variance 1 in each channel, by running moments.

Latent diffusion (arXiv 2112.10752, section G) divides its latents by their standard deviation in the first batch;
whatever learns X → Y′ wants that, and a decoder does not notice. Here it is a running mean over the last hundred or so
batches, since latents move while they are learned; data do not, and `layers.moments` remembers them longer.
"""

from collections.abc import Mapping
from typing import final

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

DECAY = 0.99


@final
class Standard(keras.layers.Layer):
    """Vectors [batch, height, width, size] ↔ standardised ones. It learns from `statistics`, not by gradients."""

    def __init__(self, size: int) -> None:
        super().__init__(dtype="float32")  # Y′ is, under half precision too
        self.count = self.add_weight(name="count", shape=(), initializer="zeros", trainable=False)
        self.first = self.add_weight(name="first", shape=(size,), initializer="zeros", trainable=False)
        self.second = self.add_weight(name="second", shape=(size,), initializer="zeros", trainable=False)
        self.built = True

    def moments(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and standard deviation of each channel; 0 and 1 before the first batch."""
        first, second, count = (tf.convert_to_tensor(each) for each in (self.first, self.second, self.count))
        mean = tf.math.divide_no_nan(first, count)
        variance = tf.maximum(tf.math.divide_no_nan(second, count) - mean**2, 1e-6)
        return mean, tf.where(count > 0, tf.sqrt(variance), 1.0)

    def call(self, z: tf.Tensor) -> tf.Tensor:
        mean, scale = self.moments()
        return (z - mean) / scale

    def unnormalize(self, z: tf.Tensor) -> tf.Tensor:
        mean, scale = self.moments()
        return z * scale + mean

    def statistics(self, mean: tf.Tensor, variance: tf.Tensor | float = 0.0) -> dict[str, tf.Tensor]:
        """What `absorb` wants: sums over this batch of latents of these means and variances."""
        mean, variance = tf.stop_gradient(mean), tf.stop_gradient(variance)
        return {
            "latents": tf.cast(tf.shape(mean)[0], tf.float32),
            "first": tf.reduce_sum(tf.reduce_mean(mean, [1, 2]), 0),
            "second": tf.reduce_sum(tf.reduce_mean(mean**2 + variance, [1, 2]), 0),
        }

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        for kept, name in ((self.count, "latents"), (self.first, "first"), (self.second, "second")):
            kept.assign(DECAY * kept + (1 - DECAY) * statistics[name])
