"""Each number of a vector to mean 0 and deviation 1 over an example's own entries, as recordings differ in loudness and
in their channel."""

from regenkit.quiet import tensorflow as tf


def normalized(x: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """x [batch, entries, size], 0 where mask (bool [batch, entries]) is false."""
    known = tf.cast(mask, x.dtype)[..., None]
    count = tf.maximum(tf.reduce_sum(known, 1, keepdims=True), 1.0)
    centred = (x - tf.reduce_sum(x * known, 1, keepdims=True) / count) * known
    return centred * tf.math.rsqrt(tf.reduce_sum(centred**2, 1, keepdims=True) / count + 1e-3)
