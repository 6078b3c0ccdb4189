"""One picture or vector an example, drawn in one graph call that is traced once for batches of any size."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from regenkit.layers.conditioner import fields_and_masks
from regenkit.models.sampling import seeds_of
from regenkit.models.traced import call_traced
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec


def draw(model: Any, condition: Mapping[str, Any], *, seed: int, temperature: float) -> dict[str, np.ndarray]:
    """float32 [batch, *shape] of the model's one field by `model.drawn(condition, seeds, temperature)`; where the field
    has levels, from −1 to 1. One seed, one output, whatever stands beside an example.
    """
    ((name, field),) = model.target.items()
    fields = {key: tf.convert_to_tensor(value) for key, value in condition.items()}
    batch = int(next(iter(fields.values())).shape[0])
    if not batch:
        return nothing(model.target)
    known = fields_and_masks(fields, model.condition)
    found = call_traced(
        model, model.drawn, known, seeds_of(seed, batch), tf.constant(temperature, tf.float32), key=tuple(known)
    )
    return {name: (tf.clip_by_value(found, -1.0, 1.0) if field.levels else found).numpy()}


def nothing(target: Spec) -> dict[str, np.ndarray]:
    """What is drawn of no example, float32 [0, *shape] of each field: convolutions of none have a wrong shape (see
    `training.losses`)."""
    return {name: np.zeros([0, *(size or 1 for size in field.shape)], np.float32) for name, field in target.items()}


def own_seeds(values: tf.Tensor) -> tf.Tensor:
    """A seed an example from its own numbers, int32 [batch, 2] of float32 [batch, …]: noise for evaluation, the same
    wherever an example stands. Sums of integers, which no order of summing changes."""
    bits = tf.bitcast(tf.reshape(values, [tf.shape(values)[0], math.prod(values.shape[1:])]), tf.int32)
    place = tf.range(tf.shape(bits)[1])
    return tf.stack([tf.reduce_sum(bits * (2 * place + 1), 1), tf.reduce_sum(bits * (2 * place * place + 5), 1)], 1)
