"""A codebook: vectors to the nearest of a few codes.

VQ-VAE: van den Oord et al. 2017, arXiv 1711.00937 (the codebook follows its vectors by a moving average, appendix A.1).
A code that nothing uses is moved onto a vector of the batch (random restarts: Dhariwal et al. 2020, arXiv 2005.00341).
"""

from collections.abc import Mapping
from typing import final

from regenkit.layers import noise
from regenkit.layers.quantizer import Quantized, Quantizer
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

LOTS = (1.0, 1 / 8, 1 / 64)
"""An example offers one of its vectors to a code by lot. Its chance is the number of its vectors over the average
number in a batch, so that about one example of a batch offers. When training has just begun that average is too small,
and the chance too large. So there are three lots, each with a part of the chance: the first that one example alone has
won counts."""
DEAD = 0.03
"""A code is dead whose use has fallen below this share of an even use."""


@final
class VectorQuantizer(Quantizer):
    """`codebook_size` codes of `dim` numbers. It learns from statistics alone; an absent code is as the first."""

    def __init__(self, codebook_size: int, dim: int, *, decay: float = 0.99) -> None:
        super().__init__(dtype="float32")  # near codes are told apart by less than half precision holds
        self.codebook_size, self.dim, self.decay = codebook_size, dim, decay

    def build(self, _shape: object = None) -> None:
        normal, shape = keras.initializers.RandomNormal(stddev=1.0), (self.codebook_size, self.dim)
        self.codebook = self.add_weight(name="codebook", shape=shape, initializer=normal, trainable=False)
        self.total = self.add_weight(name="total", shape=shape, initializer="zeros", trainable=False)
        self.count = self.add_weight(name="count", shape=shape[:1], initializer="zeros", trainable=False)
        self.built = True

    def distances(self, z: tf.Tensor) -> tf.Tensor:
        """Squared distances to each code, float32 [..., codebook_size], of z [..., dim]."""
        z, codebook = tf.cast(z, tf.float32), tf.convert_to_tensor(self.codebook)
        cross = tf.einsum("...d,kd->...k", z, codebook)
        return tf.reduce_sum(z**2, -1, keepdims=True) - 2 * cross + tf.reduce_sum(codebook**2, -1)

    def codes_to_indices(self, codes: tf.Tensor) -> tf.Tensor:
        """The index of the nearest code, of any vectors."""
        return tf.argmin(self.distances(codes), -1, output_type=tf.int32)

    def indices_to_codes(self, indices: tf.Tensor) -> tf.Tensor:
        return tf.gather(tf.convert_to_tensor(self.codebook), tf.maximum(indices, 0))

    def call(self, z: tf.Tensor, known: tf.Tensor | None = None, seeds: tf.Tensor | None = None) -> Quantized:
        indices = self.codes_to_indices(z)
        code = self.indices_to_codes(indices)
        distance = tf.reduce_sum(tf.math.squared_difference(z, tf.stop_gradient(code)), -1)
        statistics = {} if seeds is None else self.statistics(z, indices, known, seeds)
        return Quantized(z + tf.stop_gradient(code - z), indices, distance, statistics)

    def statistics(
        self, z: tf.Tensor, indices: tf.Tensor, known: tf.Tensor | None, seeds: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """What `absorb` wants, sums over this batch; `known` and `seeds` as of `call`."""
        batch, steps = tf.shape(z)[0], tf.reduce_prod(tf.shape(z)[1:-1])
        z = tf.reshape(tf.stop_gradient(tf.cast(z, tf.float32)), [batch, steps, self.dim])
        known = tf.ones([batch, steps]) if known is None else tf.reshape(known, [batch, steps])
        used = tf.one_hot(tf.reshape(indices, [batch, steps]), self.codebook_size) * known[..., None]
        # each example stands for a code by lot, whichever replica it is on, with the vector of a step drawn as well
        counted = tf.reduce_sum(known, 1)
        chance = tf.math.divide_no_nan(counted, tf.maximum(tf.reduce_sum(self.count), counted))
        lot = noise.uniform(noise.fold_in(seeds, "elected"), self.codebook_size)
        elected = tf.cast(tf.stack([lot < part * chance[:, None] for part in LOTS]), tf.float32)
        step = noise.uniform(noise.fold_in(seeds, "offered step"), 1)[:, 0] * counted
        one = tf.pad(z, [[0, 0], [0, tf.cast(tf.equal(steps, 0), tf.int32)], [0, 0]])  # where no example has a step
        offered = tf.gather(one, tf.cast(step, tf.int32), batch_dims=1)
        return {
            "count": tf.reduce_sum(used, [0, 1]),
            "total": tf.einsum("bsk,bsd->kd", used, z),
            "elected": tf.reduce_sum(elected, 1),
            "offered": tf.einsum("lbk,bd->lkd", elected, offered),
        }

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        """One step of the moving average, and of reviving, from sums over the whole batch."""
        count = self.decay * self.count + (1 - self.decay) * statistics["count"]
        total = self.decay * self.total + (1 - self.decay) * statistics["total"]
        alone = statistics["elected"] == 1  # of several there is but the sum, which is near to none of them
        dead = (count < DEAD * tf.reduce_sum(count) / self.codebook_size) & tf.reduce_any(alone, 0)
        offered = tf.gather(tf.transpose(statistics["offered"], [1, 0, 2]), tf.argmax(alone, 0), batch_dims=1)
        even = tf.reduce_sum(count) / self.codebook_size
        count = tf.where(dead, even, count)
        total = tf.where(dead[:, None], offered * even, total)
        known = count[:, None] > 1e-6  # an early average of nothing leaves a code where it began
        mean = total / tf.maximum(count[:, None], 1e-6)
        self.codebook.assign(tf.where(known, mean, tf.convert_to_tensor(self.codebook)))
        self.count.assign(count)
        self.total.assign(total)
