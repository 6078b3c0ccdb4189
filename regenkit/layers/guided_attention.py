"""Attention that goes forward: a penalty on looking far from where the diagonal is, in training alone.

Guided attention: Tachibana et al. 2017, arXiv 1710.08969, section 4.1, with their width. It is asked of one head of
each block; the others look where they like.
"""

from regenkit.quiet import tensorflow as tf

WIDTH = 0.2
"""How far from the diagonal costs most of the penalty, as a share of the sequence."""


def off_diagonal(weights: tf.Tensor, known: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
    """Summed over the steps of each example, float32 [batch].

    weights  float32 [batch, steps, 1 + entries], of sum 1; the first is the entry that stands for nothing: to look at
             it costs as much as the farthest
    known    bool [batch, 1 + entries]
    steps    int32 [batch]
    """
    entries = tf.maximum(tf.reduce_sum(tf.cast(known, tf.float32), 1) - 1, 1.0)
    there = tf.range(tf.shape(weights)[2] - 1, dtype=tf.int32)
    at = tf.cast(there, tf.float32)[None, None] / entries[:, None, None]
    now = tf.range(tf.shape(weights)[1])[None]
    time = tf.cast(now, tf.float32) / tf.maximum(tf.cast(steps, tf.float32), 1.0)[:, None]
    cost = 1.0 - tf.exp(-((at - time[..., None]) ** 2) / (2 * WIDTH**2))
    each = tf.reduce_sum(weights[..., 1:] * cost, -1) + weights[..., 0]
    return tf.reduce_sum(tf.where(now < steps[:, None], each, 0.0), 1)
