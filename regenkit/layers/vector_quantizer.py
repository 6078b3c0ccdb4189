"""A codebook: vectors to the nearest of a few codes.

VQ-VAE: van den Oord et al. 2017, arXiv 1711.00937 (the codebook follows its vectors by a moving average, appendix A.1).
A code that nothing uses is moved onto a vector of the batch (random restarts: Dhariwal et al. 2020, arXiv 2005.00341).
"""

from typing import final

from regenkit.layers import noise
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

ELECTED = 0.125
"""The chance of an example to offer its vector to a dead code."""
DEAD = 0.03
"""A code is dead whose use has fallen below this share of an even use."""


@final
class VectorQuantizer(keras.layers.Layer):
    """`codes` vectors of `width`; vectors have any leading axes. What it learns, it learns from `statistics`."""

    def __init__(self, codes: int, width: int, *, decay: float = 0.99) -> None:
        super().__init__(dtype="float32")  # near codes are told apart by less than half precision holds
        self.codes, self.width, self.decay = codes, width, decay

    def build(self, _shape: object = None) -> None:
        normal = keras.initializers.RandomNormal(stddev=1.0)
        self.book = self.add_weight(name="book", shape=(self.codes, self.width), initializer=normal, trainable=False)
        self.total = self.add_weight(name="total", shape=(self.codes, self.width), initializer="zeros", trainable=False)
        self.count = self.add_weight(name="count", shape=(self.codes,), initializer="zeros", trainable=False)
        self.built = True

    def distances(self, z: tf.Tensor) -> tf.Tensor:
        """Squared distances to each code, float32 [..., codes], of z [..., width]."""
        z, book = tf.cast(z, tf.float32), tf.convert_to_tensor(self.book)
        cross = tf.einsum("...d,kd->...k", z, book)
        return tf.reduce_sum(z**2, -1, keepdims=True) - 2 * cross + tf.reduce_sum(book**2, -1)

    def call(self, z: tf.Tensor) -> tf.Tensor:
        """The number of the nearest code, int32 [...], from 0."""
        return tf.argmin(self.distances(z), -1, output_type=tf.int32)

    def vectors(self, chosen: tf.Tensor) -> tf.Tensor:
        """The codes of these numbers, float32 [..., width]."""
        return tf.gather(tf.convert_to_tensor(self.book), chosen)

    def through(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """(numbers as of `call`, their codes with the gradient straight through to z, squared distances to them).

        z float32 [..., width] → int32 [...], float32 [..., width], float32 [...]; the distances move z, not the codes.
        """
        chosen = self(z)
        code = self.vectors(chosen)
        off = tf.reduce_sum(tf.math.squared_difference(z, tf.stop_gradient(code)), -1)
        return chosen, z + tf.stop_gradient(code - z), off

    def statistics(
        self, z: tf.Tensor, chosen: tf.Tensor, known: tf.Tensor | None, seeds: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """What `absorb` wants, sums over this batch.

        z [batch, ..., width], chosen int32 [batch, ...], seeds int32 [batch, 2]; known float32 [batch, ...], 1 where a
        vector counts, which the first ones of an example do; None: all
        """
        batch, steps = tf.shape(z)[0], tf.reduce_prod(tf.shape(z)[1:-1])
        z = tf.reshape(tf.stop_gradient(tf.cast(z, tf.float32)), [batch, steps, self.width])
        known = tf.ones([batch, steps]) if known is None else tf.reshape(known, [batch, steps])
        used = tf.one_hot(tf.reshape(chosen, [batch, steps]), self.codes) * known[..., None]
        # each example stands for a code by lot, whichever replica it is on, with the vector of a step drawn as well
        counted = tf.reduce_sum(known, 1)
        elected = noise.uniform(noise.fold_in(seeds, "elected"), self.codes) < ELECTED
        elected = tf.cast(elected & (counted[:, None] > 0), tf.float32)
        step = noise.uniform(noise.fold_in(seeds, "offered step"), 1)[:, 0] * counted
        offered = tf.gather(z, tf.cast(step, tf.int32), batch_dims=1)
        return {
            "count": tf.reduce_sum(used, [0, 1]),
            "total": tf.einsum("bsk,bsd->kd", used, z),
            "elected": tf.reduce_sum(elected, 0),
            "offered": tf.einsum("bk,bd->kd", elected, offered),
        }

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """One step of the moving average, and of reviving, from sums over the whole batch."""
        count = self.decay * self.count + (1 - self.decay) * statistics["count"]
        total = self.decay * self.total + (1 - self.decay) * statistics["total"]
        dead = (count < DEAD * tf.reduce_sum(count) / self.codes) & (statistics["elected"] > 0)
        offered = tf.math.divide_no_nan(statistics["offered"], statistics["elected"][:, None])
        even = tf.reduce_sum(count) / self.codes
        count = tf.where(dead, even, count)
        total = tf.where(dead[:, None], offered * even, total)
        known = count[:, None] > 1e-6  # an early average of nothing leaves a code where it began
        self.book.assign(tf.where(known, total / tf.maximum(count[:, None], 1e-6), tf.convert_to_tensor(self.book)))
        self.count.assign(count)
        self.total.assign(total)
