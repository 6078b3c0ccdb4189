"""A conditional transformer over token specs with several fields a step: generator, renderer and direct baseline.

    encoder   all the condition's fields, summed a step, read in both directions
    decoder   causal over the target's steps; at step i it also gets the encoder's output at step i
    heads     the fields of one step in their order, each seeing the ones before it

Encoder-decoder: Vaswani et al. 2017, arXiv 1706.03762. Several tokens a step predicted in turn: compound words, Hsiao
et al. 2021, arXiv 2101.02402. A scalar of the target is predicted before the first step. The target is either

    sequences   one entry a step; the condition is scalars and fields that run along the same steps
    grids       of fixed shapes, each row by row, one size after the other; fields of one size share their steps. The
                condition is of any fields (`layers.places`); there is an encoder only where it is a grid itself
"""

from collections.abc import Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise
from regenkit.layers.attention import blocks, through
from regenkit.layers.fields import embed, embeddings, normal
from regenkit.layers.history_noise import with_others
from regenkit.layers.places import Places, own_embeddings
from regenkit.layers.token_nll import token_nll
from regenkit.models.sampling import check_guidance, guided, seeds_of, step_noise
from regenkit.models.transformer_sampling import sample_loop
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Probability, Share
from regenkit.spec import Spec
from regenkit.stage import Batch, Losses


@final
class Transformer(keras.Model):
    """P(target | condition) over tokens.

    width, depth, heads   of encoder and decoder alike
    dropout               variational, on every residual branch
    optional_dropout      how often an optional field along the steps is hidden in training, so that it may be absent
    condition_dropout     how often the whole required condition is hidden (for guidance and for null conditions)
    history_noise         how often, in training, the decoder sees in place of an earlier step another of the same
                          target, so that it asks the condition where the past alone would tell (arXiv 1703.02573)
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
        optional_dropout: Share = 0.25,
        condition_dropout: Share = 0.0,
        history_noise: Share = 0.0,
    ) -> None:
        super().__init__()
        if not target:
            raise ValueError("nothing to predict: the target spec has no fields that the condition lacks")
        for name, field in target.items():
            if field.kind != "tokens":
                raise ValueError(f"the transformer predicts tokens; {name} is {field.kind}: use a model for that kind")
        if len({field.variable for field in target.values() if not field.scalar}) > 1:
            raise ValueError("the transformer draws sequences or grids of fixed shapes; this target has both")
        self.condition, self.target = condition, target
        self.width, self.depth = width, depth
        self.optional_dropout, self.condition_dropout, self.dropout = optional_dropout, condition_dropout, dropout
        self.history_noise = history_noise
        self.has_scalars = any(field.scalar for field in target.values())
        self._along = max(target, key=lambda name: len(target[name].shape))  # a field that tells how long a target is
        initial = normal()
        self.places = None
        if not any(field.variable for field in target.values()):
            shapes = sorted({field.shape: None for field in target.values()}, key=bool)  # scalars first
            self.places = Places(condition, shapes, width)
        self.condition_embeddings = {} if self.places else embeddings(condition, width, initial)
        reads = self.places is None or self.places.has_map
        self.encoder = blocks(width, heads, depth, dropout=dropout) if reads else []
        self.encoder_norm = keras.layers.LayerNormalization(center=False)
        self.target_embeddings = own_embeddings(target, width) if self.places else embeddings(target, width, initial)
        self.start = self.add_weight(name="start", shape=(width,), initializer=initial)
        self.decoder = blocks(width, heads, depth, dropout=dropout)
        self.decoder_norm = keras.layers.LayerNormalization(center=False)
        self.step_embeddings = embeddings(Spec(list(target.items())[:-1]), width, initial)
        self.head_hidden = {name: keras.layers.Dense(width, activation="silu") for name in target}
        self.head_logits = {name: keras.layers.Dense(field.vocabulary) for name, field in target.items()}
        self._build()

    def _build(self) -> None:
        """Make every variable now, so that a stage is complete once constructed."""
        for layer in (*self.encoder, self.encoder_norm, *self.decoder, self.decoder_norm, *self.head_hidden.values(),
                      *self.head_logits.values()):  # fmt: skip
            layer.build((None, None, self.width))
        if self.places:
            self.places.build()
        self.built = True

    # --- the protocol ------------------------------------------------------------------------------------------------

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> Losses:
        """Negative log-likelihood in nats of each target field, summed an example; its weight is its token count.

        `noise` int32 [batch, 2]: a seed an example; None = evaluation, without dropout.
        """
        condition = self._hide(batch["condition"], noise)
        terms = {}
        for name, (nll, known) in self._field_nll(condition, batch["target"], noise).items():
            terms[name] = (tf.reduce_sum(nll, 1), tf.reduce_sum(known, 1))
        return {"main": terms}

    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """log P(field | condition, earlier steps and fields) in nats by field, each [batch]."""
        return {name: -tf.reduce_sum(nll, 1) for name, (nll, _) in self._field_nll(condition, target, None).items()}

    def log_prob(self, condition: Batch, target: Batch) -> tf.Tensor:
        """log P(target | condition) in nats, [batch]."""
        return tf.add_n(list(self.field_log_prob(condition, target).values()))

    def sample(
        self,
        condition: Batch,
        *,
        seed: int,
        temperature: NonNegativeFloat = 1.0,
        top_k: NonNegativeInt = 0,
        top_p: Probability = 1.0,
        guidance: NonNegativeFloat = 1.0,
        length: int | None = None,
        given: Mapping[str, np.ndarray] | None = None,
    ) -> dict[str, np.ndarray]:
        """Draw a target for every example of the batch.

        condition    fields [batch, ...] and, of sequences, "mask" [batch, steps]; one seed, one output
        temperature  0 takes the likeliest token; top_k (0 = all) and top_p cut the tail
        guidance     logits are (1 − guidance) × without the condition + guidance × with it (classifier-free guidance,
                     arXiv 2207.12598); 1 = with it
        length       steps of sequences, where the condition has none
        given        by target field: integers [batch, steps] fix what is not 0; booleans [vocabulary] or
                     [batch, steps, vocabulary] permit tokens (of a scalar [batch] and [batch, vocabulary], of a grid
                     with its axes for the steps)
        Returns int32 fields [batch, steps] (scalars [batch], grids [batch, *shape]), 0 after an example's end.
        """
        self.check_sampling(guidance=guidance)
        return sample_loop(
            self, condition, seed=seed, temperature=temperature, top_k=top_k, top_p=top_p, guidance=guidance,
            length=length, given=given,
        )  # fmt: skip

    def check_sampling(self, *, guidance: float = 1.0, **_: Any) -> None:
        check_guidance(guidance, self.condition_dropout)

    def resample(
        self, condition: Batch, target: Batch, *, seed: int, guidance: NonNegativeFloat = 1.0
    ) -> dict[str, np.ndarray]:
        """One draw of every token of a known target, given the true earlier steps and fields: teacher forcing.

        condition, target   as of `sample`, and as it returns. Absent tokens stay absent. Given what `sample` drew with
        the same seed, it is what is returned.
        """
        condition, target = ({name: tf.convert_to_tensor(value) for name, value in side.items()}
                             for side in (condition, target))  # fmt: skip
        steps = self._steps_of(target, self.target)
        sides = [self._logits(side, target, steps, None) for side in self.sides(condition, guidance)]
        predicted = {name: guided(tf.concat([side[name] for side in sides], 0), guidance) for name in self.target}
        batch, length = tf.unstack(tf.shape(predicted[next(iter(self.target))])[:2])
        seeds = seeds_of(seed, batch)
        drawn = {}
        for name, field in self.target.items():
            logits = predicted[name] + tf.transpose(step_noise(seeds, name, tf.range(length), field), [1, 0, 2])
            token = (1 + tf.argmax(logits, axis=-1, output_type=tf.int32)).numpy()
            token = token[:, slice(*self.span(name, int(length)))]
            known = target[name].numpy()
            drawn[name] = np.where(known > 0, token.reshape(known.shape), 0)
        return drawn

    def predict_steps(
        self, condition: Batch, target: Batch, *, noise: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:  # fmt: skip
        """Logits of each step of a known target given the true earlier ones, [batch, steps, vocabulary] by field.

        `noise` as of `losses`. The target has no scalars.
        """
        steps = self._steps_of(target, self.target)
        return self._logits(self._hide(condition, noise), target, steps, noise)

    # --- the network -------------------------------------------------------------------------------------------------

    def _hide(self, condition: Batch, seeds: tf.Tensor | None) -> Batch:
        """Hide optional fields, and the whole of the rest, now and then, so that both may be absent.

        An optional scalar stays: whoever supplies it, or a default, always says one. Without noise, when a model is
        chosen by its validation loss, the rest of the optional fields is absent, as for a user who supplies nothing.
        """
        hidden = dict(condition)
        required = noise.keep(noise.fold_in(seeds, "hide the condition"), 1, self.condition_dropout)
        for name, field in self.condition.items():
            if field.optional and field.scalar:
                continue
            if seeds is None:
                if field.optional:
                    hidden[name] = tf.zeros_like(hidden[name])
                continue
            kept = required
            if field.optional:
                kept = noise.keep(noise.fold_in(seeds, f"hide {name}"), 1, self.optional_dropout)
            if kept is not None:
                shape = [-1] + [1] * (len(hidden[name].shape) - 1)
                hidden[name] *= tf.cast(tf.reshape(kept, shape) > 0, hidden[name].dtype)
        return hidden

    def sides(self, condition: Batch, guidance: float) -> list[Batch]:
        """The condition, and for guidance the same without what is required."""
        if guidance == 1:
            return [condition]
        required = self.condition.only(optional=False)
        return [condition, {**condition, **{name: tf.zeros_like(condition[name]) for name in required}}]

    def span(self, name: str, steps: Any) -> tuple[Any, Any]:
        """The first step of a target field, and the one after its last, of so many steps in all."""
        if self.places:
            return self.places.spans[self.target[name].shape]
        return (0, 1) if self.target[name].scalar else (int(self.has_scalars), steps)

    def _steps_of(self, batch: Batch, spec: Spec) -> dict[str, tf.Tensor]:
        """Flatten target fields to [batch, steps], 0 where a field has no entry; scalars come first."""
        flat = {name: tf.reshape(batch[name], [tf.shape(batch[name])[0], -1]) for name in spec}
        steps = self.places.total if self.places else int(self.has_scalars) + tf.shape(flat[self._along])[1]
        padded = {}
        for name, value in flat.items():
            first, end = self.span(name, steps)
            padded[name] = tf.pad(value, [[0, 0], [first, steps - end]])
        return padded

    def encode(self, condition: Batch, mask: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
        """[batch, steps, width] of what each step of the target is to know; mask bool [batch, steps]."""
        shape = tf.shape(mask)
        if self.places:
            x = self.places(condition, shape[0], noise.fold_in(seeds, "condition"))
        else:
            x = tf.zeros([shape[0], shape[1], self.width], self.compute_dtype)
            for name, field in self.condition.items():
                x += embed(self.condition_embeddings[name], field, condition[name], shape)
            if self.has_scalars:
                x, mask = tf.pad(x, [[0, 0], [1, 0], [0, 0]]), tf.pad(mask, [[0, 0], [1, 0]], constant_values=True)
        return self.encoder_norm(through(self.encoder, x, mask[:, None, :], noise.fold_in(seeds, "encoder")))

    def embed(self, steps: Batch) -> tf.Tensor:
        """All fields of a step of the target, summed: [..., width] of tokens [...]."""
        return tf.add_n([self.target_embeddings[name](steps[name]) for name in self.target])

    def _decode(self, encoded: tf.Tensor, steps: Batch, seeds: tf.Tensor | None) -> tf.Tensor:
        x = with_others(self.embed(steps), steps[self._along] > 0, self.history_noise, seeds)
        start = tf.cast(tf.broadcast_to(self.start, tf.shape(x[:, :1])), x.dtype)
        x = tf.concat([start, x[:, :-1]], axis=1) + encoded
        length = tf.shape(x)[1]
        seen = tf.linalg.band_part(tf.ones([1, length, length]), -1, 0) > 0
        return self.decoder_norm(through(self.decoder, x, seen, noise.fold_in(seeds, "decoder")))

    def head(self, name: str, x: tf.Tensor, earlier: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Logits of `name` [..., vocabulary], given the decoder's output [..., width] and the step's earlier fields."""
        for before, tokens in earlier.items():
            x += self.step_embeddings[before](tokens)
        return tf.cast(self.head_logits[name](x + self.head_hidden[name](x)), tf.float32)

    def _field_nll(self, condition: Batch, target: Batch, seeds: tf.Tensor | None) -> dict[str, tuple]:
        steps = self._steps_of(target, self.target)
        predicted = self._logits(condition, target, steps, seeds)
        return {name: token_nll(logits, steps[name]) for name, logits in predicted.items()}

    def _logits(
        self, condition: Batch, target: Batch, steps: Batch, seeds: tf.Tensor | None
    ) -> dict[str, tf.Tensor]:  # fmt: skip
        """Of each field at each step, given the true earlier steps and fields: [batch, steps, vocabulary]."""
        x = self._decode(self.encode(condition, self.mask_of(condition, target), seeds), steps, seeds)
        earlier: dict[str, tf.Tensor] = {}
        found = {}
        for name in self.target:
            found[name] = self.head(name, x, earlier)
            earlier[name] = steps[name]
        return found

    def mask_of(self, condition: Batch, target: Batch) -> tf.Tensor:
        """bool [batch, steps] of a known target."""
        value = target[self._along]
        if self.places:
            return tf.ones([tf.shape(value)[0], self.places.total], tf.bool)
        return condition["mask"] if "mask" in condition else tf.ones_like(value, tf.bool)
