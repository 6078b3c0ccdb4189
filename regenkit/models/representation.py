"""What a diffusion model says inside of a target under noise: the representation that it has learned.

As a classifier would use it (Xiang et al. 2023, arXiv 2303.09769): of one block, at one level of noise, averaged over
places.
"""

import math
from collections.abc import Mapping
from typing import Any, final

import numpy as np

from regenkit.layers import noise as noises
from regenkit.models.diffusion_schedule import scales
from regenkit.quiet import tensorflow as tf

STREAM = 9100
SEED = 1


@final
class Representation:
    """`model`'s, which is a `models.diffusion.Diffusion`; traced once for each block."""

    def __init__(self, model: Any) -> None:
        self.model, self.blocks = model, len(model.network.blocks)
        self._traced: dict[int, Any] = {}

    def __call__(self, target: Mapping[str, np.ndarray], *, block: int, time: float, first: int = 0) -> np.ndarray:
        """float32 [batch, numbers], of a block counted from 1; the condition is hidden, so that it tells nothing.

        time    from 0, the target itself, to 1, noise alone
        first   number of the first example: each has noise of its own, whatever batch it is in
        """
        values = {name: tf.convert_to_tensor(target[name]) for name in self.model.target}
        count = int(next(iter(values.values())).shape[0])
        seeds = tf.stack([tf.fill([count], SEED), first + tf.range(count)], 1)
        if block not in self._traced:
            self._traced[block] = tf.function(lambda *given: self._inner(block, *given), reduce_retracing=True,
                                              autograph=False)  # fmt: skip
        found: np.ndarray = self._traced[block](values, seeds, tf.constant(time, tf.float32)).numpy()
        return found

    def _inner(self, block: int, target: Mapping[str, tf.Tensor], seeds: tf.Tensor, time: tf.Tensor) -> tf.Tensor:
        model, count = self.model, tf.shape(seeds)[0]
        nothing = {
            name: tf.zeros([count, *(size or 1 for size in field.shape)], tf.int32 if field.vocabulary else tf.float32)
            for name, field in model.condition.items()
        }
        vector, map_ = model.conditioner(nothing, count)
        alpha, sigma = scales(model.objective, time)
        noise = tf.reshape(noises.normal(seeds, STREAM, math.prod(model.shape)), [-1, *model.shape])
        x = alpha * model.moments.standard(model.joined(target)) + sigma * noise
        _, inner = model.predict_noisy(x, tf.fill([count], time), vector, map_, block)
        return tf.reduce_mean(tf.cast(inner, tf.float32), 1)
