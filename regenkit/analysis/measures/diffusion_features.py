"""The inner features of a diffusion model: what its blocks compute of a target under noise.

As a classifier would use them (Xiang et al. 2023, arXiv 2303.09769): of each block, at one level of noise, averaged
over positions.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np

from regenkit.data.stack import stack
from regenkit.layers import noise as noises
from regenkit.models.diffusion_schedule import scales
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Fields

STREAM = 9100
SEED = 1
BATCH = 64


@final
class DiffusionFeatures:
    """Of `model`, a `models.diffusion.Diffusion`; traced once."""

    def __init__(self, model: Any) -> None:
        self.model, self.blocks = model, len(model.network.blocks)
        self._traced = tf.function(self._inner, reduce_retracing=True, autograph=False)

    def __call__(self, examples: Sequence[Fields], *, time: float) -> list[np.ndarray]:
        """float32 [examples, numbers] of each block; the condition is hidden, so that it gives nothing away.

        examples  fields of the target; each has noise of its own
        time      from 0, the target itself, to 1, noise alone
        """
        found = []
        for start in range(0, len(examples), BATCH):
            values = stack(examples[start : start + BATCH], self.model.target, None)
            numbers = tf.range(start, start + len(next(iter(values.values()))))
            seeds = tf.stack([tf.fill(tf.shape(numbers), SEED), numbers], 1)
            found.append(self._traced(values, seeds, tf.constant(time, tf.float32)))
        return [np.concatenate(block) for block in zip(*found, strict=True)]

    def _inner(self, target: Mapping[str, tf.Tensor], seeds: tf.Tensor, time: tf.Tensor) -> list[tf.Tensor]:
        model, count = self.model, tf.shape(seeds)[0]
        nothing = {
            name: tf.zeros([count, *(size or 1 for size in field.shape)], tf.int32 if field.vocabulary else tf.float32)
            for name, field in model.condition.items()
        }
        vector, map_ = model.conditioner(nothing, count)
        alpha, sigma = scales(model.objective, time)
        noise = tf.reshape(noises.normal(seeds, STREAM, math.prod(model.shape)), [-1, *model.shape])
        x = alpha * model.moments.standard(model.joined(target)) + sigma * noise
        _, inner = model.predict_noisy(x, tf.fill([count], time), vector, map_)
        return [tf.reduce_mean(tf.cast(each, tf.float32), 1) for each in inner]
