"""A stage never sees an empty batch: a replica without examples gives it one example of zeros, which does not count.

Where a batch is empty, TensorFlow's convolutions on CPUs (oneDNN) give an output of the *input's* shape, and other
operations have problems too. They are avoided here once, for every stage.
"""

from collections.abc import Mapping
from typing import Any

from regenkit.quiet import tensorflow as tf
from regenkit.stage import CONDITION, PRESENT, STATISTICS, TARGET
from regenkit.training.check_losses import check_built, check_losses


def losses_of(model: Any, batch: Mapping[str, Any], *, noise: tf.Tensor | None) -> tuple[dict[str, Any], dict]:
    """(`model.losses` by group, its statistics), of the real examples."""
    count = tf.shape(tf.nest.flatten(batch[TARGET])[0])[0]
    missing = tf.cast(tf.equal(count, 0), tf.int32)

    def padded(value: tf.Tensor) -> tf.Tensor:
        value = tf.convert_to_tensor(value)
        known = tf.pad(value, [[0, missing], *([[0, 0]] * (value.shape.rank - 1))])
        return tf.ensure_shape(known, [None, *value.shape[1:]])

    sides = {side: tf.nest.map_structure(padded, dict(batch[side])) for side in (CONDITION, TARGET)}
    sides[PRESENT] = tf.concat([tf.ones([count]), tf.zeros([missing])], 0)
    before = len(model.variables)
    found = model.losses({**batch, **sides}, noise=None if noise is None else padded(noise))
    check_built(model, before)
    check_losses(model, found, training=noise is not None)
    found = dict(found)
    statistics = found.pop(STATISTICS, {})
    found = tf.nest.map_structure(lambda value: value[:count], found)
    return found, {name: value * tf.cast(1 - missing, value.dtype) for name, value in statistics.items()}
