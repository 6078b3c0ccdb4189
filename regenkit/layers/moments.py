"""Values brought to mean 0 and variance 1 by the mean and the variance of the data, as they are seen in training."""

from typing import final

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

WINDOW = 1e5
"""Examples after which the oldest are forgotten."""


@final
class Moments(keras.layers.Layer):
    """Running moments of the last axis, `size` wide. What it learns, it learns from `statistics` (see VectorQuantizer).

    Sums are about the mean so far, so that nothing is lost where the mean is large (Chan et al. 1983).
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def build(self, _shape: object = None) -> None:
        def weight(name: str, shape: tuple[int, ...], initial: str) -> keras.Variable:
            return self.add_weight(name=name, shape=shape, initializer=initial, trainable=False, autocast=False)

        self.count, self.mean = weight("count", (), "zeros"), weight("mean", (self.size,), "zeros")
        self.variance = weight("variance", (self.size,), "ones")
        self.built = True

    def standard(self, x: tf.Tensor) -> tf.Tensor:
        """Standardised, float32."""
        return (x - tf.convert_to_tensor(self.mean)) / self._deviation()

    def unnormalize(self, x: tf.Tensor) -> tf.Tensor:
        """The inverse."""
        return x * self._deviation() + tf.convert_to_tensor(self.mean)

    def _deviation(self) -> tf.Tensor:
        variance = tf.convert_to_tensor(self.variance)
        return tf.where(variance > 1e-12, tf.sqrt(variance), 1.0)  # what never varies comes out as its mean

    def statistics(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        """What `absorb` wants, sums over this batch: x [batch, …, size] as it is."""
        away = x - tf.convert_to_tensor(self.mean)
        axes = list(range(len(x.shape) - 1))
        places = tf.cast(tf.size(x[..., 0]), tf.float32)
        return {"examples": tf.cast(tf.shape(x)[0], tf.float32), "places": places,
                "away": tf.reduce_sum(away, axes), "squares": tf.reduce_sum(away**2, axes)}  # fmt: skip

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """From sums over the whole batch; the first one replaces what was there."""
        count = tf.minimum(self.count + statistics["examples"], WINDOW)
        share = tf.math.divide_no_nan(statistics["examples"], count)
        shift = tf.math.divide_no_nan(statistics["away"], statistics["places"])
        squares = tf.math.divide_no_nan(statistics["squares"], statistics["places"])
        about = squares - (share * shift) * (2.0 * shift - share * shift)  # of the batch, about the new mean
        variance = (1 - share) * (self.variance + (share * shift) ** 2) + share * about
        self.mean.assign_add(share * shift)
        self.variance.assign(tf.maximum(variance, 0.0))
        self.count.assign(count)
