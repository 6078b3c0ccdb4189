"""Diffusion of clips whose frames are the channels of one picture: the direct route X → Y, as a baseline.

The core's diffusion draws grids of two axes. A clip is laid out as one, (height, width, frames × channels), so that
each place holds its whole past and future. A network over space and time (Ho et al. 2022, arXiv 2204.03458) would cost
several times as much.
"""

from collections.abc import Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.models.diffusion import Diffusion
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Share
from regenkit.spec import Field, Spec
from regenkit.stage import Batch
from regenkit_video.networks.convolutional import clip


@final
class FramesAsChannels(keras.Model):
    """P(clip | condition).

    width, depth, condition_dropout   of the U-Net, see `regenkit.models.diffusion`
    """

    def __init__(
        self, *, condition: Spec, target: Spec, width: PositiveInt = 64, depth: NonNegativeInt = 0,
        condition_dropout: Share = 0.1,
    ) -> None:  # fmt: skip
        super().__init__()
        self.field, self.shape = clip(target)
        frames, height, breadth, channels = self.shape
        self.condition, self.target = condition, target
        flat = Spec({self.field: Field(kind="continuous", shape=(height, breadth, frames * channels))})
        self.inner = Diffusion(
            condition=condition, target=flat, width=width, depth=depth, condition_dropout=condition_dropout,
            network="unet",
        )  # fmt: skip
        self.built = True

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> Any:
        """Those of the diffusion."""
        flat = {self.field: self._flat(batch["target"][self.field])}
        return self.inner.losses({**batch, "target": flat}, noise=noise)

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        self.inner.absorb(statistics)

    def sample(
        self, condition: Batch, *, seed: int, temperature: NonNegativeFloat = 1.0, guidance: NonNegativeFloat = 1.0,
        steps: PositiveInt = 30, given: Any = None,
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """float32 clips; the options are those of the diffusion's `sample`."""
        drawn = self.inner.sample(condition, seed=seed, temperature=temperature, guidance=guidance, steps=steps)
        frames, height, breadth, channels = self.shape
        whole = drawn[self.field].reshape(-1, height, breadth, frames, channels)
        return {self.field: np.ascontiguousarray(np.moveaxis(whole, 3, 1))}

    def check_sampling(self, **options: Any) -> None:
        self.inner.check_sampling(**options)

    def _flat(self, frames: tf.Tensor) -> tf.Tensor:
        count, height, breadth, channels = self.shape
        moved = tf.transpose(tf.cast(frames, tf.float32), [0, 2, 3, 1, 4])
        return tf.reshape(moved, [-1, height, breadth, count * channels])
