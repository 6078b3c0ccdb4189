"""The factor on a float16 loss: the largest at which gradients do not overflow, so that few of them vanish.

Micikevicius et al. 2018, arXiv 1710.03740, section 3.2. An update whose gradients overflow is skipped and halves the
factor; a long sequence of good updates doubles it.
"""

from typing import final

from regenkit.quiet import tensorflow as tf

FIRST = 2.0**15
LEAST = 2.0**-10
"""Gradients that overflow at a smaller factor than this will overflow at any."""
GROWS_AFTER = 2000
"""Good updates one after the other, after which the factor doubles."""


@final
class LossScale:
    """Made inside the strategy's scope; its two variables belong to the state of a training. `value` is the factor."""

    def __init__(self) -> None:
        self.value = tf.Variable(FIRST, trainable=False)
        self.good_steps = tf.Variable(0, trainable=False)

    def unscaled(self, gradients: dict[str, list[tf.Tensor]]) -> tuple[dict[str, list[tf.Tensor]], tf.Tensor]:
        """(gradients of the loss itself, whether all of them are finite).

        They have been reduced over the replicas before, so that every replica skips the same updates.
        """
        found = tf.nest.map_structure(lambda gradient: gradient / self.value, gradients)
        return found, tf.reduce_all([tf.reduce_all(tf.math.is_finite(each)) for each in tf.nest.flatten(found)])

    def update(self, good: tf.Tensor) -> None:
        """Adapt the factor after an update that was `good` (bool), or was skipped."""
        in_a_row = tf.where(good, self.good_steps + 1, 0)
        grows = in_a_row >= GROWS_AFTER
        self.value.assign(self.value * tf.where(good, tf.where(grows, 2.0, 1.0), 0.5))
        self.good_steps.assign(tf.where(grows, 0, in_a_row))

    def exhausted(self) -> bool:
        """Whether gradients overflow at every factor."""
        return bool(self.value.numpy() < LEAST)
