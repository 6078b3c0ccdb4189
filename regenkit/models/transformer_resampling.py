"""Every token of a known target drawn anew, given the true earlier ones: teacher forcing."""

from typing import Any

import numpy as np

from regenkit.models.sampling import guided, seeds_of, step_noise
from regenkit.quiet import tensorflow as tf
from regenkit.stage import Batch


def redrawn(model: Any, condition: Batch, target: Batch, *, seed: int, guidance: float) -> dict[str, np.ndarray]:
    """See `Transformer.resample`."""
    condition, target = ({name: tf.convert_to_tensor(value) for name, value in side.items()}
                         for side in (condition, target))  # fmt: skip
    sides = [model.logits_of(side, target, None) for side in model.sides(condition, guidance)]
    predicted = {name: guided(tf.concat([side[name] for side in sides], 0), guidance) for name in model.target}
    batch, length = tf.unstack(tf.shape(predicted[next(iter(model.target))])[:2])
    seeds = seeds_of(seed, batch)
    drawn = {}
    for name, field in model.target.items():
        logits = predicted[name] + tf.transpose(step_noise(seeds, name, tf.range(length), field), [1, 0, 2])
        token = (1 + tf.argmax(logits, axis=-1, output_type=tf.int32)).numpy()
        token = token[:, slice(*model.span(name, int(length)))]
        known = target[name].numpy()
        drawn[name] = np.where(known > 0, token.reshape(known.shape), 0)
    return drawn
