"""Coefficients → the mesh of a face, by the linear model alone: nothing is drawn, and nothing is learned."""

from collections.abc import Mapping
from typing import Any, final

import numpy as np

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Fields, Spec
from regenkit.stage import MASK, Batch, Losses
from regenkit_video.face.linear import on_mean_person

STILL = np.array([0, 0, 0, 0.5, -0.5, np.log(0.5)], np.float32)
"""The pose of a head that looks at the camera, in the middle of the picture."""


@final
class LinearMesh(keras.Model):
    """P(mesh | coefficients), all of it at one place.

    model  as of the converter `face/coefficients`
    """

    def __init__(self, *, condition: Spec, target: Spec, model: str | None = None) -> None:
        super().__init__()
        self.face = on_mean_person(model)
        found = condition["coefficients"].shape if "coefficients" in condition else None
        if "mesh" not in target or set(target) - {"mesh", "pose"} or found != (None, len(self.face.names)):
            raise ValueError(
                f"this renderer draws a mesh of {len(self.face.names)} coefficients; Y′ has {', '.join(condition)} and "
                f"lacks {', '.join(target)} of Y: use the converter face/coefficients with the same model"
            )
        self.condition, self.target = condition, target
        self.built = True

    def losses(self, batch: Mapping[str, Any], *, noise: tf.Tensor | None) -> Losses:
        """0 for each example."""
        nothing = tf.zeros([tf.shape(batch["condition"]["coefficients"])[0]])
        return {"main": {"nothing": (nothing, tf.ones_like(nothing))}}

    def sample(self, condition: Batch, *, seed: int, given: Any = None) -> Fields:
        """float32 [batch, frames, 468, 3], 0 after an example's end; without a pose in Y′, of a still head."""
        coefficients = np.asarray(condition["coefficients"], np.float64)
        mask = np.asarray(condition[MASK], np.float32)
        drawn = {"mesh": self.face.vertices(coefficients) * mask[..., None, None]}
        if "pose" in self.target:
            drawn["pose"] = mask[..., None] * STILL
        return drawn
