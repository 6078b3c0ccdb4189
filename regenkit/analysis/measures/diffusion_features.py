"""The inner features of a diffusion model: what its blocks compute of a target under noise.

As a classifier would use them (Xiang et al. 2023, arXiv 2303.09769): of each block, at one level of noise, averaged
over positions.
"""

from collections.abc import Sequence
from typing import final

import numpy as np

from regenkit.data.stack import stack
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Fields
from regenkit.stage import ShowsFeatures

SEED = 1
BATCH = 64


@final
class DiffusionFeatures:
    """Of a model that is a `stage.ShowsFeatures`; traced once."""

    def __init__(self, model: ShowsFeatures) -> None:
        self.model = model
        self._traced = tf.function(model.features, reduce_retracing=True, autograph=False)

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
