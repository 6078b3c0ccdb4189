"""Vectors from a condition: a Gaussian at every step, independent of the others given the condition.

The density network of Bishop 1994 (Mixture density networks, one component), over the transformer's encoder: the
counterpart of `transformer` where Y′ is continuous, and squared error where the scale is fixed.
"""

from collections.abc import Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.attention import blocks, through
from regenkit.layers.fields import FieldsEmbedding, entry
from regenkit.layers.gaussian import gaussian_nll, mean_and_log_scale
from regenkit.models.alongside import one_clock
from regenkit.models.sampling import seeds_of
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Share
from regenkit.spec import Spec
from regenkit.stage import Batch


@final
class Gaussian(keras.Model):
    """P(target | condition) over continuous fields of one clock, along whose axis all of the condition runs.

    velocity  weight in training of how far the mean's change from a step to the next is from the true one, in standard
              deviations (the velocity term of VOCA, Cudeiro et al. 2019, arXiv 1905.03079); without it means may jump
    """

    def __init__(
        self,
        *,
        condition: Spec,
        target: Spec,
        width: PositiveInt = 128,
        depth: PositiveInt = 3,
        heads: PositiveInt = 4,
        dropout: Share = 0.1,
        velocity: NonNegativeFloat = 0.0,
    ) -> None:
        super().__init__()
        self.velocity = velocity
        if not target:
            raise ValueError("nothing to predict: the target spec has no fields that the condition lacks")
        for name, field in target.items():
            if field.kind != "continuous" or not field.variable:
                other = "transformer" if field.vocabulary else "diffusion, where its shape is fixed"
                raise ValueError(f"gaussian predicts vectors, one a step; {name} is none: use {other}")
        self.condition, self.target, self.clock = condition, target, one_clock(condition, target, "gaussian")
        self.embedding = FieldsEmbedding(condition, width, target)
        self.blocks = blocks(width, heads, depth, dropout=dropout)
        self.norm = keras.layers.LayerNormalization(center=False)
        self.out = {name: keras.layers.Dense(2 * entry(field)) for name, field in target.items()}
        for layer in (*self.blocks, self.norm, *self.out.values()):
            layer.build((None, None, width))
        self.width, self.built = width, True

    def encode(self, condition: Batch, mask: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
        """[batch, steps, width] of what each step of the target is to know; mask bool [batch, steps]."""
        x = self.embedding(condition, tf.shape(mask))
        return self.norm(through(self.blocks, x, mask[:, None, :], noises.fold_in(seeds, "blocks")))

    def predict_steps(
        self, condition: Batch, target: Batch | None = None, *, noise: tf.Tensor | None = None
    ) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
        """Mean and logarithm of the standard deviation by field, each [batch, steps, size]; `target` has no say."""
        x = self.encode(condition, condition[self.clock.mask], noise)
        return {name: mean_and_log_scale(layer(x)) for name, layer in self.out.items()}

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, dict[str, tuple]]:
        """Negative log-density in nats of each field, summed an example; its weight is its number of steps. With
        `velocity` what it adds is `NAME change`."""
        condition = batch["condition"]
        known = tf.cast(condition[self.clock.mask], tf.float32)
        weight = tf.reduce_sum(known, 1)
        found = {}
        for name, (mean, log_scale) in self.predict_steps(condition, noise=noise).items():
            value = tf.reshape(tf.cast(batch["target"][name], tf.float32), tf.shape(mean))
            found[name] = _nll(value, mean, log_scale, known), weight
            if self.velocity:
                found[f"{name} change"] = self.velocity * _change(value - mean, log_scale, known), weight
        return {"main": found}

    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """Log-density in nats by field, each [batch]."""
        known = tf.cast(condition[self.clock.mask], tf.float32)
        return {
            name: -_nll(tf.reshape(tf.cast(target[name], tf.float32), tf.shape(mean)), mean, log_scale, known)
            for name, (mean, log_scale) in self.predict_steps(condition).items()
        }

    def sample(
        self, condition: Batch, *, seed: int, temperature: NonNegativeFloat = 1.0, given: Any = None
    ) -> dict[str, np.ndarray]:
        """Draw float32 fields [batch, steps, …]; temperature scales the standard deviation, 0 takes the mean."""
        mask = tf.constant(condition[self.clock.mask])
        seeds = seeds_of(seed, mask.shape[0])
        found = {}
        for name, (mean, log_scale) in self.predict_steps(condition).items():
            normal = noises.normal(noises.fold_in(seeds, f"field {name}"), tf.reduce_prod(tf.shape(mean)[1:]))
            drawn = mean + temperature * tf.exp(log_scale) * tf.reshape(normal, tf.shape(mean))
            drawn *= tf.cast(mask, tf.float32)[..., None]
            shape = self.target[name].shape[1:]
            found[name] = tf.reshape(drawn, [*mask.shape, *(size or 1 for size in shape)]).numpy()
        return found

    def resample(self, condition: Batch, target: Batch, *, seed: int) -> dict[str, np.ndarray]:
        """As `sample`: no step depends on the true earlier ones."""
        return self.sample(condition, seed=seed)


def _nll(value: tf.Tensor, mean: tf.Tensor, log_scale: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
    """[batch], in nats; known [batch, steps]."""
    return tf.reduce_sum(tf.reduce_sum(gaussian_nll(value, mean, log_scale), -1) * known, 1)


def _change(error: tf.Tensor, log_scale: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
    """[batch]: half the squared change of the error, in predicted variances, which it does not teach."""
    change = (error[:, 1:] - error[:, :-1]) * tf.exp(-tf.stop_gradient(log_scale[:, 1:]))
    return 0.5 * tf.reduce_sum(tf.reduce_sum(change**2, -1) * known[:, 1:] * known[:, :-1], 1)
