"""Every few steps as one, and back: between a clock and one `hop` times slower."""

from regenkit.quiet import tensorflow as tf


def group(x: tf.Tensor, hop: int) -> tf.Tensor:
    """[batch, steps, size] → [batch, ceil(steps / hop), hop · size]; what lies beyond the last step is 0."""
    batch, steps, size = tf.unstack(tf.shape(x))
    x = tf.pad(x, [[0, 0], [0, -steps % hop], [0, 0]])
    return tf.reshape(x, [batch, -1, hop * size])


def ungroup(x: tf.Tensor, hop: int) -> tf.Tensor:
    """[batch, entries, hop · size] → [batch, entries · hop, size]"""
    batch, entries, size = tf.unstack(tf.shape(x))
    return tf.reshape(x, [batch, entries * hop, size // hop])


def fitted(x: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
    """[batch, any, …] cut, or padded with 0, to so many steps."""
    x = tf.convert_to_tensor(x)[:, :steps]
    return tf.pad(x, [[0, 0], [0, steps - tf.shape(x)[1]], *([[0, 0]] * (x.shape.rank - 2))])
