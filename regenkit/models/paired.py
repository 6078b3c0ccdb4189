"""Which examples of a batch are paired."""

from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit.stage import Batch


def has_x(condition: Batch, x: Spec) -> tf.Tensor:
    """float32 [batch], 1 where there is an X."""
    seen = [tf.reduce_any(tf.reshape(condition[name], [tf.shape(condition[name])[0], -1]) != 0, 1) for name in x]
    return tf.cast(tf.reduce_any(tf.stack(seen), 0), tf.float32)
