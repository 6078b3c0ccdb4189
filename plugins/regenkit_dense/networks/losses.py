"""Losses of dense maps, an example at a time: (value, weight) as `stage.Losses` has them, float32 [batch] each.

A pixel that is not known (0) counts nowhere. Of losses by the pixel, value and weight are sums over the known pixels,
so that the mean over a batch is one over its pixels; of losses by the picture, the weight is 1 where any is known.
"""

from regenkit.quiet import tensorflow as tf

Term = tuple[tf.Tensor, tf.Tensor]
EPSILON = 1e-6
BALANCE = 0.5
"""λ of the scale-invariant loss: 0 is the plain squared error of logarithms, 1 takes no notice of the scale."""


def cross_entropy(logits: tf.Tensor, classes: tf.Tensor) -> Term:
    """logits float32 [batch, height, width, n]; classes int32 [batch, height, width], 1…n, 0 ignored."""
    known = tf.cast(classes > 0, tf.float32)
    nll = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(classes - 1, 0), logits)
    return tf.reduce_sum(nll * known, [1, 2]), tf.reduce_sum(known, [1, 2])


def dice(logits: tf.Tensor, classes: tf.Tensor) -> Term:
    """1 − the mean over the classes that a picture has of 2 |P ∩ T| / (|P| + |T|), P a probability (after Milletari et
    al. 2016, arXiv 1606.04797, who square P and T in the denominator)."""
    count = logits.shape[-1]
    known = tf.cast(classes > 0, tf.float32)[..., None]
    said = tf.nn.softmax(logits) * known
    true = tf.one_hot(classes - 1, count)
    both, sizes = (tf.reduce_sum(each, [1, 2]) for each in (said * true, said + true))
    there = tf.cast(tf.reduce_sum(true, [1, 2]) > 0, tf.float32)
    some = tf.reduce_max(there, 1)
    mean = tf.reduce_sum(there * 2 * both / (sizes + EPSILON), 1) / tf.maximum(tf.reduce_sum(there, 1), 1.0)
    return some * (1 - mean), some


def scale_invariant(log_values: tf.Tensor, true: tf.Tensor) -> Term:
    """mean(d²) − λ mean(d)², d the difference of logarithms (Eigen et al. 2014, arXiv 1406.2283, equation 4).

    log_values, true   float32 [batch, height, width, 1]; true 0 is not known
    """
    known = tf.cast(true > 0, tf.float32)
    count = tf.reduce_sum(known, [1, 2, 3])
    difference = (log_values - tf.math.log(tf.maximum(true, EPSILON))) * known
    mean = tf.math.divide_no_nan(tf.reduce_sum(difference, [1, 2, 3]), count)
    square = tf.math.divide_no_nan(tf.reduce_sum(difference**2, [1, 2, 3]), count)
    return square - BALANCE * mean**2, tf.cast(count > 0, tf.float32)


def cosine(vectors: tf.Tensor, true: tf.Tensor) -> Term:
    """1 − the cosine of the angle between unit vectors, float32 [batch, height, width, 3]; true 0 is not known."""
    known = tf.cast(tf.reduce_any(true != 0, -1), tf.float32)
    apart = 1 - tf.reduce_sum(vectors * true, -1)
    return tf.reduce_sum(apart * known, [1, 2]), tf.reduce_sum(known, [1, 2])
