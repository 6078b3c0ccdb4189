"""A network of dense maps as a generator: a trunk makes features of a picture, and a head for each map reads them.

The trunk may be any Keras layer or model: [batch, height, width, channels] → [batch, h, w, features]. So a network of
one's own becomes a generator by one line, see docs/dense.md.
"""

from collections.abc import Mapping
from typing import Any, final

import numpy as np

from regenkit.models.traced import call_traced
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit.stage import Batch, Losses
from regenkit_dense.networks import losses

HEADS = {"depth": 1, "disparity": 1, "normals": 3}
"""Maps of numbers, and numbers a pixel that the head says."""
LARGEST = 20.0
"""Of a logarithm, so that its exponential is finite."""


@final
class DensePrediction(keras.Model):
    """P(maps | picture): of classes a distribution a pixel, of numbers one answer.

    trunk     the network of features
    features  that it gives at each place
    dice      weight of the Dice loss beside the cross-entropy

    Raises ValueError where the condition is no picture, a target is no map that it knows, or `dice` has no classes.
    """

    def __init__(self, *, condition: Spec, target: Spec, trunk: Any, features: int, dice: float = 0.0) -> None:
        super().__init__()
        if dice and not any(field.vocabulary for field in target.values()):
            raise ValueError(f"dice {dice:g}: it weighs a loss of classes, and Y has {', '.join(target)}; leave it out")
        self.picture, self.shape = picture_of(condition)
        self.condition, self.target, self.trunk, self.dice = condition, target, trunk, dice
        self.heads = {
            name: keras.layers.Conv2D(
                _numbers(name, field, self.shape), 1, dtype="float32",
                bias_initializer=_facing if name == "normals" else "zeros",
            )
            for name, field in target.items()
        }  # fmt: skip
        for head in self.heads.values():
            head.build((None, None, None, features))
        if not trunk.built:
            trunk.build((None, *self.shape))
        self.built = True
        if all(field.vocabulary for field in target.values()):
            self.field_log_prob = self._field_log_prob

    def call(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """What each head says, float32 [batch, height, width, …]: of classes logits, of depths the logarithm, of
        normals a vector of any length."""
        features = self.trunk(pixels)
        found = {}
        for name, head in self.heads.items():
            said = tf.cast(head(features), tf.float32)
            found[name] = said if said.shape[1:3] == self.shape[:2] else tf.image.resize(said, self.shape[:2])
        return found

    # --- the protocol ------------------------------------------------------------------------------------------------

    def losses(self, batch: Mapping[str, Any], *, noise: tf.Tensor | None) -> Losses:
        """Cross-entropy a pixel, and Dice a picture; the scale-invariant loss; 1 − cosine (see `losses`)."""
        said, target, found = self(batch["condition"][self.picture]), batch["target"], {}
        for name, value in said.items():
            if self.target[name].vocabulary:
                found[name] = losses.cross_entropy(value, target[name])
                if self.dice:
                    lost, weight = losses.dice(value, target[name])
                    found[f"{name}_dice"] = (self.dice * lost, weight)
            elif name == "normals":
                found[name] = losses.cosine(unit(value), target[name])
            else:
                found[name] = losses.scale_invariant(value, target[name])
        return {"main": found}

    def sample(self, condition: Batch, *, seed: int, given: Any = None) -> dict[str, np.ndarray]:
        """The likeliest class of each pixel, its depth, its normal. Nothing is drawn by lot: the seed has no effect."""
        inputs = {name: tf.convert_to_tensor(condition[name]) for name in self.condition}
        found = call_traced(self, self._answers, inputs)
        return {name: value.numpy() for name, value in found.items()}

    def predict_steps(
        self, condition: Batch, target: Batch, *, noise: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor | tuple[tf.Tensor, tf.Tensor]]:
        """With a gradient: of classes the logits, of numbers (the answer, zeros)."""
        found: dict[str, Any] = {}
        for name, value in self(condition[self.picture]).items():
            if not self.target[name].vocabulary:
                value = answer(name, value)
                value = (value, tf.zeros_like(value))
            found[name] = value
        return found

    def _field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """log P of the known pixels, in nats, [batch]."""
        said = self(tf.convert_to_tensor(condition[self.picture]))
        return {
            name: -losses.cross_entropy(value, tf.convert_to_tensor(target[name]))[0] for name, value in said.items()
        }

    def _answers(self, condition: Batch) -> dict[str, tf.Tensor]:
        return {name: tf.argmax(value, -1, tf.int32) + 1 if self.target[name].vocabulary else answer(name, value)
                for name, value in self(condition[self.picture]).items()}  # fmt: skip


def answer(name: str, said: tf.Tensor) -> tf.Tensor:
    """Of what a head says, the map."""
    return unit(said) if name == "normals" else tf.exp(tf.clip_by_value(said, -LARGEST, LARGEST))


def unit(vectors: tf.Tensor) -> tf.Tensor:
    """At length 1."""
    return vectors * tf.math.rsqrt(tf.reduce_sum(vectors**2, -1, keepdims=True) + 1e-6)


def picture_of(condition: Spec) -> tuple[str, tuple[int, int, int]]:
    """(the name of the field that is a picture, its shape). Raises ValueError where there is not one."""
    found = {name: field.shape for name, field in condition.items()
             if not field.vocabulary and len(field.shape) == 3 and not field.variable}  # fmt: skip
    if len(found) != 1 or len(condition) != 1:
        raise ValueError(f"X has {', '.join(condition) or 'no fields'}; right is one picture (height, width, channels)")
    ((name, shape),) = found.items()
    height, width, channels = (int(size or 0) for size in shape)
    return name, (height, width, channels)


def _facing(shape: tuple[int, ...], dtype: Any = None) -> tf.Tensor:
    """Normals begin towards the camera: of a vector of length 0 the direction has a slope without bounds."""
    return tf.one_hot(shape[0] - 1, shape[0], dtype=dtype)


def _numbers(name: str, field: Field, shape: tuple[int, int, int]) -> int:
    """That a head says at each place."""
    right = "right are classes, depth, disparity or normals of the picture's size"
    if field.shape[:2] != shape[:2] or (field.vocabulary and len(field.shape) != 2):
        raise ValueError(f"{name} has the shape {field.shape}, the picture {shape}; {right}")
    if not field.vocabulary and field.shape[2:] != (HEADS.get(name),):
        raise ValueError(f"{name} {field.shape} is no map that this network knows; {right}")
    return field.vocabulary or HEADS[name]
