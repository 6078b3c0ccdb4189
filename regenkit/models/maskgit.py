"""MaskGIT: the tokens of a grid in a few passes, those it is surest of first (Chang et al. 2022, arXiv 2202.04200).

    in training   a share of the tokens is masked, cos(π r / 2) of them with r even in (0, 1); the masked are predicted
    in drawing    all are masked at first; each pass draws every masked token and keeps the likeliest, so many that the
                  share still masked follows the same cosine

A masked token is 0, which is "absent" everywhere. Several fields of a grid (the levels of a residual quantiser) are
tokens beside one another: each is masked, and drawn, for itself.
"""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.attention import blocks, through
from regenkit.layers.conditioner import absent, fields_and_masks, hide
from regenkit.layers.places import Places, own_embeddings
from regenkit.layers.token_nll import token_nll
from regenkit.models.sampling import check_guidance, filtered, guided, permitted, seeds_of
from regenkit.models.traced import call_traced
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Probability, Share
from regenkit.spec import Spec
from regenkit.stage import Batch, Losses

PATTERNS = 4
"""Mask patterns by which a model is judged."""


@final
class MaskGIT(keras.Model):
    """Draws token fields of one fixed shape, given a condition of any fields.

    condition_dropout   how often the whole condition is hidden in training; guidance needs some
    """

    def __init__(
        self,
        *,
        condition: Spec,
        target: Spec,
        width: PositiveInt = 128,
        depth: PositiveInt = 4,
        heads: PositiveInt = 4,
        dropout: Share = 0.1,
        condition_dropout: Share = 0.0,
    ) -> None:
        super().__init__()
        if not target:
            raise ValueError("nothing to predict: the target spec has no fields that the condition lacks")
        for name, field in target.items():
            if field.kind != "tokens" or field.variable or field.scalar:
                other = "transformer" if field.vocabulary else "diffusion"
                raise ValueError(f"maskgit draws grids of tokens of a fixed shape; {name} is none: use {other}")
        if len({field.shape for field in target.values()}) > 1:
            shapes = ", ".join(f"{name} {field.shape}" for name, field in target.items())
            raise ValueError(f"maskgit draws fields of one grid; these are of several ({shapes}): use the transformer")
        self.condition, self.target, self.condition_dropout = condition, target, condition_dropout
        self.shape = tuple(int(size or 0) for size in next(iter(target.values())).shape)
        self.places, self.total = math.prod(self.shape), math.prod(self.shape) * len(target)
        self.known = Places(condition, [self.shape], width)
        self.embeddings = own_embeddings(target, width)
        self.blocks = blocks(width, heads, depth, dropout=dropout)
        self.norm = keras.layers.LayerNormalization(center=False)
        self.logits = {name: keras.layers.Dense(field.vocabulary) for name, field in target.items()}
        self.known.build()
        for layer in (*self.blocks, self.norm, *self.logits.values()):
            layer.build((None, None, width))
        self.built = True

    # --- learning ----------------------------------------------------------------------------------------------------

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> Losses:
        """Negative log-likelihood in nats of the masked tokens of each field, summed; its weight is their number.

        What is masked is a function of `noise`, int32 [batch, 2]. None = evaluation: the same few patterns for every
        example, from nearly nothing to nearly everything masked. So a model is judged by the mean over all of them.
        """
        condition = hide(batch["condition"], self.condition, noise, self.condition_dropout)
        target = {name: tf.reshape(batch["target"][name], [-1, self.places]) for name in self.target}
        count = tf.shape(next(iter(target.values())))[0]
        known = self.known(condition, count, noises.fold_in(noise, "condition"))
        terms = {name: (tf.constant(0.0), tf.constant(0.0)) for name in target}
        for masked in self._masks(noise):
            hidden = self._by_field(masked)
            logits = self._predict(
                known, {name: tf.where(hidden[name], 0, value) for name, value in target.items()}, noise
            )
            for name, value in target.items():
                nll, counted = token_nll(logits[name], value, hidden[name])
                total, weight = terms[name]
                terms[name] = (total + tf.reduce_sum(nll, 1), weight + tf.reduce_sum(counted, 1))
        return {"main": terms}

    def _masks(self, seeds: tf.Tensor | None) -> list[tf.Tensor]:
        """bool [batch or 1, tokens], of which at least one is true."""
        if seeds is None:
            even = (tf.range(PATTERNS, dtype=tf.float32)[:, None] + 0.5) / PATTERNS
            seeds = tf.stack([tf.zeros([PATTERNS], tf.int32), tf.range(PATTERNS)], 1)
            return tf.split(self._masked(seeds, even), PATTERNS)
        return [self._masked(seeds, noises.uniform(noises.fold_in(seeds, "share masked"), 1))]

    def _masked(self, seeds: tf.Tensor, even: tf.Tensor) -> tf.Tensor:
        """As many of the tokens as the schedule says at `even` [batch, 1] in (0, 1): bool [batch, tokens]."""
        count = tf.cast(tf.math.ceil(share_masked(even) * self.total), tf.int32)
        order = noises.uniform(noises.fold_in(seeds, "order"), self.total)
        return order <= tf.gather(tf.sort(order), count - 1, batch_dims=1)

    def _predict(self, known: tf.Tensor, tokens: Batch, seeds: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """Logits by field, float32 [batch, places, vocabulary], of tokens [batch, places], 0 = masked."""
        x = known + tf.add_n([layer(tokens[name]) for name, layer in self.embeddings.items()])
        seen = tf.ones([1, self.places, self.places], tf.bool)
        x = self.norm(through(self.blocks, x, seen, noises.fold_in(seeds, "blocks")))
        return {name: tf.cast(layer(x), tf.float32) for name, layer in self.logits.items()}

    # --- drawing -----------------------------------------------------------------------------------------------------

    def sample(
        self, condition: Batch, *, seed: int, temperature: NonNegativeFloat = 1.0, top_k: NonNegativeInt = 0,
        top_p: Probability = 1.0, guidance: NonNegativeFloat = 1.0, steps: PositiveInt = 10,
        choice_temperature: NonNegativeFloat = 4.5, given: Mapping[str, np.ndarray] | None = None,
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """Draw a grid for every example of the batch: int32 fields [batch, *shape]; one seed, one output.

        temperature         0 takes the likeliest tokens; top_k (0 = all) and top_p cut the tail
        guidance            logits are (1 − guidance) × without the condition + guidance × with it (classifier-free
                            guidance, arXiv 2207.12598); 1 = with it
        steps               passes, usually 8 to 12
        choice_temperature  of the choice which tokens to keep; it falls to 0 in a straight line. The lower, the more
                            alike the pictures, and the likelier
        given        by field: integers [batch, *shape] fix what is not 0, and are seen from the first pass on; booleans
                     [vocabulary] or [batch, *shape, vocabulary] permit tokens
        """
        self.check_sampling(guidance=guidance)
        condition = {
            name: tf.convert_to_tensor(value) for name, value in fields_and_masks(condition, self.condition).items()
        }
        batch = int(next(iter(condition.values())).shape[0])
        spans = {name: (0, self.places) for name in self.target}
        allowed = permitted(self.target, given or {}, batch, spans, self.places)
        drawn = call_traced(
            self, partial(self._run, top_k, top_p, guidance, steps), condition, allowed, seeds_of(seed, batch),
            tf.constant([temperature, choice_temperature], tf.float32),
            key=(top_k, top_p, guidance, steps, tuple(allowed), tuple(condition)),
        )  # fmt: skip
        return {name: value.numpy().reshape(batch, *self.shape) for name, value in drawn.items()}

    def check_sampling(self, *, guidance: float = 1.0, **_: Any) -> None:
        check_guidance(guidance, self.condition_dropout)

    def _run(
        self, top_k: int, top_p: float, guidance: float, steps: int, condition: Batch, allowed: Batch,
        seeds: tf.Tensor, heat: tf.Tensor,
    ) -> dict[str, tf.Tensor]:  # fmt: skip
        """All passes: tokens [batch, places] by field."""
        temperature, choice_temperature = tf.unstack(heat, 2)
        batch, warm = tf.shape(seeds)[0], tf.cast(temperature > 0, tf.float32)
        sides = [condition] if guidance == 1 else [condition, absent(condition, self.condition)]
        known = tf.concat([self.known(side, batch) for side in sides], 0)
        blank = tf.zeros([batch, self.places], tf.int32)
        begin = tf.concat([_only(allowed[name]) if name in allowed else blank for name in self.target], 1)
        free = tf.reduce_sum(tf.cast(begin == 0, tf.float32), 1)

        def one_pass(step: tf.Tensor, tokens: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            fields = dict(
                zip(self.target, tf.split(tf.tile(tokens, [len(sides), 1]), len(self.target), 1), strict=True)
            )
            drawn, sure = [], []
            for name, logits in self._predict(known, fields).items():
                logits = guided(logits, guidance)
                if name in allowed:
                    logits = tf.where(allowed[name], logits, -1e9)
                drawing = noises.fold_in(seeds, f"field {name}", step)
                gumbel = noises.gumbel(drawing, self.places * logits.shape[-1])
                heated = filtered(logits / tf.maximum(temperature, 1e-6), top_k, top_p)
                token = tf.argmax(heated + warm * tf.reshape(gumbel, tf.shape(heated)), -1, output_type=tf.int32)
                drawn.append(token + 1)
                sure.append(-tf.nn.sparse_softmax_cross_entropy_with_logits(token, logits))
            masked = tokens == 0
            done = tf.cast(step + 1, tf.float32) / steps
            warmth = warm * choice_temperature * (1 - done)
            shaken = tf.concat(sure, 1) + warmth * noises.gumbel(noises.fold_in(seeds, "choice", step), self.total)
            confidence = tf.where(masked, shaken, np.inf)
            # fewer with each pass, so that as many passes as tokens are enough
            left = tf.reduce_sum(tf.cast(masked, tf.float32), 1) - 1
            left = tf.cast(tf.maximum(0.0, tf.minimum(left, tf.floor(free * share_masked(done)))), tf.int32)
            least = tf.gather(tf.sort(confidence), left, batch_dims=1)[:, None]
            kept = tf.where(masked, tf.concat(drawn, 1), tokens)
            return step + 1, tf.where(confidence < least, 0, kept)

        start = (tf.constant(0), begin)
        shapes = (start[0].shape, tf.TensorShape([None, self.total]))
        _, tokens = tf.while_loop(lambda step, _: step < steps, one_pass, start, shapes, parallel_iterations=1)
        return self._by_field(tokens)

    def _by_field(self, joined: tf.Tensor) -> dict[str, tf.Tensor]:
        """[batch, tokens] of all fields → [batch, places] of each."""
        return dict(zip(self.target, tf.split(joined, len(self.target), 1), strict=True))


def share_masked(even: tf.Tensor) -> tf.Tensor:
    """The cosine schedule: 1 at 0, 0 at 1 (arXiv 2202.04200, section 3.3)."""
    return tf.cos(0.5 * math.pi * even)


def _only(allowed: tf.Tensor) -> tf.Tensor:
    """The one token that is permitted, 0 where there are several: int32 [batch, places]."""
    number = tf.reduce_sum(tf.cast(allowed, tf.int32), -1)
    return tf.where(number == 1, 1 + tf.argmax(tf.cast(allowed, tf.int32), -1, output_type=tf.int32), 0)
