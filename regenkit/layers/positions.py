"""Where in a sequence an entry stands, as a vector of sines and cosines: Vaswani et al. 2017, arXiv 1706.03762.

Rotary positions tell two entries of one sequence apart. These also let a sequence be compared with another one.
"""

from regenkit.quiet import tensorflow as tf


def sinusoids(steps: tf.Tensor, width: int) -> tf.Tensor:
    """float32 [steps, width] for the positions 0 … steps − 1; width is even."""
    rate = 10000.0 ** (-tf.range(0, width, 2, dtype=tf.float32) / width)
    angle = tf.cast(tf.range(steps), tf.float32)[:, None] * rate[None, :]
    return tf.concat([tf.sin(angle), tf.cos(angle)], axis=-1)
