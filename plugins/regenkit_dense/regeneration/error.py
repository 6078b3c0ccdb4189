"""How far a regenerated picture is from the true one, [batch]."""

from collections.abc import Callable
from typing import Literal

from regenkit.quiet import tensorflow as tf
from regenkit_dense.networks.efficientnet import Features

Kind = Literal["l1", "mse"]
STAGES = (2, 3)
"""Of EfficientNet-lite0, whose features a perceptual error compares: a quarter and an eighth of the picture."""
Error = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def by_pixel(kind: Kind, one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """The mean absolute or squared difference of levels from −1 to 1."""
    apart = one - other
    return tf.reduce_mean(tf.abs(apart) if kind == "l1" else apart**2, [1, 2, 3])


def perceptual(shape: tuple[int, int, int]) -> Error:
    """1 − the cosine of EfficientNet-lite0's features, a mean over places and two stages. It stands where the paper has
    LPIPS, whose weights are in no package here."""
    features = Features(shape, STAGES)

    def apart(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
        ones, others = features(one), features(other)
        found = []
        for stage in STAGES:
            a, b = tf.nn.l2_normalize(ones[stage], -1), tf.nn.l2_normalize(others[stage], -1)
            found.append(tf.reduce_mean(1 - tf.reduce_sum(a * b, -1), [1, 2]))
        return tf.add_n(found) / len(STAGES)

    return apart
