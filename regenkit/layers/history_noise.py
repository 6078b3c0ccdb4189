"""Noise on the past that a decoder sees in training, so that it asks the condition where the past alone would tell.

Xie et al. 2017, arXiv 1703.02573, there with words of the unigram distribution.
"""

from regenkit.layers import noise
from regenkit.quiet import tensorflow as tf


def with_others(x: tf.Tensor, known: tf.Tensor, share: float, seeds: tf.Tensor | None) -> tf.Tensor:
    """Steps [batch, steps, width], a `share` of which are replaced by others of the same example.

    known  bool [batch, steps]: which steps the example has; they are its first
    seeds  int32 [batch, 2]; None = evaluation, without noise
    """
    if seeds is None or not share:
        return x
    size = tf.shape(x)[1]
    count = tf.reduce_sum(tf.cast(known, tf.float32), 1, keepdims=True)
    place = tf.cast(noise.uniform(noise.fold_in(seeds, "other step"), size) * count, tf.int32)
    replaced = noise.uniform(noise.fold_in(seeds, "history"), size) < share
    return tf.where(replaced[..., None], tf.gather(x, place, batch_dims=1), x)
