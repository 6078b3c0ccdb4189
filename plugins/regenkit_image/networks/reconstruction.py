"""How far pixels are from what a decoder shows, and the likelihood that says it in nats: a Gaussian of one scale.

The scale is the one under which the pixels are likeliest, the root of the mean squared error (the "optimal σ-VAE" of
Rybkin et al. 2021, arXiv 2006.13202), so that no weight between errors and a bottleneck's terms must be tuned. A batch
must not decide on its own density, so it is a running mean of the errors of the batches before.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import final

from regenkit.layers.gaussian import nll_of_squares
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

Term = tuple[tf.Tensor, tf.Tensor]
"""(value, weight), each float32 [batch]."""
DECAY = 0.95
LEAST = (1 / 255) ** 2
"""Of the variance: half the distance of two levels, squared, or what is rebuilt perfectly had an infinite density."""


class Reconstruction(keras.layers.Layer, ABC):
    """Compares pixels with what is shown in their place, both float32 [batch, height, width, channels]."""

    @abstractmethod
    def terms(self, pixels: tf.Tensor, shown: tf.Tensor) -> dict[str, Term]:
        """Its errors by name."""

    def statistics(self, pixels: tf.Tensor, shown: tf.Tensor) -> dict[str, tf.Tensor]:
        """What `absorb` wants: sums over this batch."""
        return {}

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        """Learn from sums over the whole batch."""


@final
class Likelihood(Reconstruction):
    """−log density of the pixels. Its two variables learn from statistics, not by gradients."""

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

    def nll(self, pixels: tf.Tensor, shown: tf.Tensor) -> Term:
        """Nats, and of how many values."""
        errors = tf.reduce_sum(tf.math.squared_difference(tf.cast(pixels, tf.float32), shown), [1, 2, 3])
        values = tf.fill(tf.shape(errors), float(math.prod(shown.shape[1:])))
        return nll_of_squares(errors, values, self.variance), values

    def terms(self, pixels: tf.Tensor, shown: tf.Tensor) -> dict[str, Term]:
        return {"pixels": self.nll(pixels, shown)}

    def statistics(self, pixels: tf.Tensor, shown: tf.Tensor) -> dict[str, tf.Tensor]:
        errors = tf.math.squared_difference(tf.cast(pixels, tf.float32), tf.stop_gradient(shown))
        pictures = tf.cast(tf.shape(pixels)[0], tf.float32)
        return {"squares": tf.reduce_sum(tf.reduce_mean(errors, [1, 2, 3])), "pictures": pictures}

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        self.squares.assign(DECAY * self.squares + (1 - DECAY) * statistics["squares"])
        self.count.assign(DECAY * self.count + (1 - DECAY) * statistics["pictures"])
