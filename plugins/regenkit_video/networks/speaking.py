"""A voice and a portrait → what moves the portrait; the portrait itself is passed on."""

from collections.abc import Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt

from regenkit.models.gaussian import Gaussian
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Share
from regenkit.spec import Spec
from regenkit.stage import Batch, Losses
from regenkit_video.face.face import POSE

PORTRAIT = ("reference", "points")


@final
class Speaking(keras.Model):
    """P(coefficients, pose | voice) by `gaussian`, times 1 where the portrait of Y′ is that of X.

    pose   predict it; else the head is held as in the portrait, since a voice tells little of how a head turns
    width, depth, heads, dropout, velocity   of the gaussian, see `regenkit.models.gaussian`
    """

    def __init__(
        self, *, condition: Spec, target: Spec, width: PositiveInt = 64, depth: PositiveInt = 2,
        heads: PositiveInt = 4, dropout: Share = 0.2, velocity: NonNegativeFloat = 0.0, pose: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        if missing := [name for name in PORTRAIT if name not in condition or name not in target]:
            raise ValueError(f"this generator passes a portrait on from X to Y′, and {missing[0]} is not in both")
        self.condition, self.target, self.pose = condition, target, pose
        passed = PORTRAIT if pose else (*PORTRAIT, "pose")
        self.inner = Gaussian(condition=condition.without(PORTRAIT), target=target.without(passed), width=width,
                              depth=depth, heads=heads, dropout=dropout, velocity=velocity)  # fmt: skip
        self.built = True

    def losses(self, batch: Mapping[str, Any], *, noise: tf.Tensor | None) -> Losses:
        """Those of the gaussian."""
        return self.inner.losses(batch, noise=noise)

    def sample(
        self, condition: Batch, *, seed: int, temperature: NonNegativeFloat = 1.0, given: Any = None
    ) -> dict[str, np.ndarray]:
        """Options as of the gaussian."""
        drawn = self.inner.sample(condition, seed=seed, temperature=temperature)
        if not self.pose:
            drawn["pose"] = np.zeros((*drawn["coefficients"].shape[:2], POSE), np.float32)
        return {**drawn, **{name: np.asarray(condition[name]) for name in PORTRAIT}}
