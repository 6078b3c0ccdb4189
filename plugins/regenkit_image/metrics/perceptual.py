"""Distance of two pictures in the features of a classifier, place by place.

In the way of LPIPS (Zhang et al. 2018, arXiv 1801.03924) and uncalibrated: LPIPS weighs channels by what people judged
alike, and uses other networks; here all channels weigh the same, so figures are not LPIPS's.
"""

from functools import lru_cache

import numpy as np

from regenkit.components import Evaluation
from regenkit.quiet import tensorflow as tf
from regenkit_image.metrics.pictures import stacked
from regenkit_image.networks.efficientnet import network, prepared

LAYERS = ("stage1", "stage2", "stage3", "stage4", "stage5")
BATCH = 64


def perceptual_distance(of: Evaluation) -> np.ndarray:
    """(samples,) of each sample and its own reference: `apart`, 0 where they are the same.

    Raises UserError where the network's weights are not here.
    """
    samples, references = stacked(of.samples), stacked(of.references)
    spans = [slice(start, start + BATCH) for start in range(0, len(samples), BATCH)]
    measure = _measure(samples.shape[1:])
    found = [measure(tf.constant(samples[span]), tf.constant(references[span])).numpy() for span in spans]
    return np.concatenate(found).astype(np.float64)


def apart(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """[batch] mean over five layers of EfficientNet-lite0 and over places of 1 − the cosine of the features.

    one, other   [batch, size, size, 1 or 3] in [−1, 1], brought to 96 × 96; it can be differentiated
    """
    model = network()
    ones, others = model(prepared(one)), model(prepared(other))
    total = 0.0
    for layer in LAYERS:
        a, b = tf.nn.l2_normalize(ones[layer], -1), tf.nn.l2_normalize(others[layer], -1)
        total += tf.reduce_mean(tf.reduce_sum(tf.square(a - b), -1), (1, 2)) / 2  # exactly 0 where they are the same
    return total / len(LAYERS)


@lru_cache(maxsize=2)
def _measure(shape: tuple[int, ...]) -> tf.types.experimental.PolymorphicFunction:
    """For pictures of one shape."""
    network()  # outside of any graph

    @tf.function(input_signature=[tf.TensorSpec((None, *shape), tf.uint8)] * 2)
    def measure(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
        """[batch]"""
        return apart(*(tf.cast(levels, tf.float32) / 127.5 - 1.0 for levels in (one, other)))

    return measure
