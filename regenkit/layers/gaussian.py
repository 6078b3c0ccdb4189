"""Gaussians of independent numbers: how a network predicts one, and what it costs in nats.

A network predicts a mean and the logarithm of a standard deviation, which is clipped so that no density is infinite.
"""

import math

from regenkit.layers import noise
from regenkit.quiet import tensorflow as tf

LOG_2PI = math.log(2 * math.pi)
LEAST_LOG_SCALE, GREATEST_LOG_SCALE = -7.0, 3.0


def mean_and_log_scale(prediction: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Two halves of the last axis, float32 [..., size]: the mean and the clipped log standard deviation."""
    mean, log_scale = tf.split(tf.cast(prediction, tf.float32), 2, -1)
    return mean, clipped_log_scale(log_scale)


def clipped_log_scale(log_scale: tf.Tensor) -> tf.Tensor:
    return tf.clip_by_value(log_scale, LEAST_LOG_SCALE, GREATEST_LOG_SCALE)


def sampled(mean: tf.Tensor, log_scale: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
    """A draw of each number, float32 [batch, ...], with a gradient to both parameters; without seeds the mean."""
    if seeds is None:
        return mean
    normal = noise.normal(seeds, tf.reduce_prod(tf.shape(mean)[1:]))
    return mean + tf.exp(log_scale) * tf.reshape(normal, tf.shape(mean))


def gaussian_nll(value: tf.Tensor, mean: tf.Tensor, log_scale: tf.Tensor) -> tf.Tensor:
    """−log density of each number."""
    return 0.5 * (((value - mean) * tf.exp(-log_scale)) ** 2 + LOG_2PI) + log_scale


def nll_of_squares(squares: tf.Tensor, count: tf.Tensor | float, variance: tf.Tensor) -> tf.Tensor:
    """−log density of `count` numbers of one variance, from the sum of their squared distances to the mean."""
    return 0.5 * (squares / variance + count * tf.math.log(2 * math.pi * variance))


def standard_log_prob(z: tf.Tensor) -> tf.Tensor:
    """log density by the standard normal distribution: [batch] of [batch, ...]."""
    return -0.5 * tf.reduce_sum(z**2 + LOG_2PI, list(range(1, z.shape.rank)))


def kl_to_standard(mean: tf.Tensor, log_scale: tf.Tensor) -> tf.Tensor:
    """KL divergence from the standard normal distribution, of each number (arXiv 1312.6114, appendix B)."""
    return 0.5 * (mean**2 + tf.exp(2 * log_scale) - 1) - log_scale


def kl_divergence(
    mean: tf.Tensor, log_scale: tf.Tensor, prior_mean: tf.Tensor, prior_log_scale: tf.Tensor
) -> tf.Tensor:
    """KL(q ‖ prior) of each number."""
    wide = tf.exp(2 * (log_scale - prior_log_scale)) + ((mean - prior_mean) * tf.exp(-prior_log_scale)) ** 2
    return prior_log_scale - log_scale + 0.5 * (wide - 1)
