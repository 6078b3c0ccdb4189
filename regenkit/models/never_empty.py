"""`losses` of models with convolutions, for a replica that has no example: they are given one that does not count.

TensorFlow's convolutions on CPUs (oneDNN) give an output of the *input's* shape where a batch is empty.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from regenkit.quiet import tensorflow as tf


def never_empty(losses: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The same method; an empty batch becomes one of zeros, whose values, weights and statistics are left out."""

    @wraps(losses)
    def of_one_at_least(self: Any, batch: Mapping[str, Any], *, noise: tf.Tensor | None) -> dict[str, Any]:
        count = tf.shape(tf.nest.flatten(batch["target"])[0])[0]
        missing = tf.cast(tf.equal(count, 0), tf.int32)

        def padded(value: tf.Tensor) -> tf.Tensor:
            known = tf.pad(value, [[0, missing], *([[0, 0]] * (value.shape.rank - 1))])
            return tf.ensure_shape(known, [None, *value.shape[1:]])

        sides = {side: tf.nest.map_structure(padded, dict(batch[side])) for side in ("condition", "target")}
        found = losses(self, {**batch, **sides}, noise=None if noise is None else padded(noise))
        statistics = found.pop("statistics", {})
        found = tf.nest.map_structure(lambda value: value[:count], found)
        if statistics:
            found["statistics"] = {
                name: value * tf.cast(1 - missing, value.dtype) for name, value in statistics.items()
            }
        return found

    return of_one_at_least
