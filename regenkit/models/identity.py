"""The renderer for a Y′ that is Y itself: there is nothing left to draw, and nothing to learn."""

from collections.abc import Mapping
from typing import Any, final

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Fields, Spec
from regenkit.stage import Batch, Losses


@final
class IdentityRenderer(keras.Model):
    """P(target | condition) of a target without fields. Raises ValueError where it has some."""

    def __init__(self, *, condition: Spec, target: Spec) -> None:
        super().__init__()
        if target:
            raise ValueError(f"Y′ lacks {', '.join(target)} of Y, which this renderer cannot draw: write converter: "
                             "{use: identity}, or choose another renderer")  # fmt: skip
        self.condition, self.target = condition, target
        self.built = True

    def losses(self, batch: Mapping[str, Any], *, noise: tf.Tensor | None) -> Losses:
        """0 for each example."""
        value = next(iter(batch["condition"].values()))
        nothing = tf.zeros([tf.shape(value)[0]])
        return {"main": {"nothing": (nothing, tf.ones_like(nothing))}}

    def sample(self, condition: Batch, *, seed: int, given: Any = None) -> Fields:
        """No field: Y has those of Y′."""
        return {}
