"""A conditional transformer over token specs with several fields a step: generator, renderer and direct baseline.

    encoder   the condition's fields that run along the target's own axis, summed a step, read in both directions
    memory    the condition's fields on other axes (`layers.memory`)
    decoder   causal over the target's steps; at step i it also gets the encoder's output at step i, and each of its
              blocks looks things up in the memory
    heads     whether the target is over, where its condition leaves that open (`transformer_lengths`); then the fields
              of one step in their order, each seeing the ones before it

Encoder-decoder: Vaswani et al. 2017, arXiv 1706.03762. Several tokens a step predicted in turn: compound words, Hsiao
et al. 2021, arXiv 2101.02402. A scalar of the target is predicted before the first step. The target is either

    sequences   one entry a step, of one clock; the condition is of any fields
    grids       of fixed shapes, each row by row, one size after the other; fields of one size share their steps. The
                condition is of any fields (`layers.places`); there is an encoder only where it is a grid itself
"""

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise
from regenkit.layers.attention import Across, blocks, through
from regenkit.layers.fields import embeddings, normal
from regenkit.layers.hiding import hidden
from regenkit.layers.history_noise import with_others
from regenkit.layers.places import own_embeddings
from regenkit.layers.token_nll import token_nll
from regenkit.models.sampling import check_guidance
from regenkit.models.transformer_beam import beam_search
from regenkit.models.transformer_condition import Recalled, States, TransformerCondition
from regenkit.models.transformer_heads import TransformerHeads, check_target
from regenkit.models.transformer_lengths import Lengths, decisions
from regenkit.models.transformer_resampling import redrawn
from regenkit.models.transformer_sampling import sample_loop
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Probability, Share
from regenkit.spec import END, Spec
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
    copy                  a token may also be copied from the condition's fields on other axes with labels in common
                          with the target's (`layers.copying`)
    monotonic             weight of a loss by which one head of each block looks from the condition's first entry to its
                          last as the target goes on (`layers.guided_attention`)
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
        copy: bool = False,
        monotonic: NonNegativeFloat = 0.0,
    ) -> None:
        super().__init__()
        check_target(target)
        self.condition, self.target, self.lengths = condition, target, Lengths(condition, target)
        self.width, self.depth, self.dropout, self.draws_length = width, depth, dropout, self.lengths.ends
        self.optional_dropout, self.condition_dropout = optional_dropout, condition_dropout
        self.history_noise, self.monotonic = history_noise, monotonic
        self.has_scalars = any(field.scalar for field in target.values())
        self._along = max(target, key=lambda name: len(target[name].shape))  # a field that tells how long a target is
        initial = normal()
        # The name of this attribute is in weights files: under another one no earlier run could be loaded.
        self.told = TransformerCondition(
            condition, target, self.lengths, initial, lead=int(self.has_scalars), width=width, depth=depth,
            heads=heads, dropout=dropout,
        )  # fmt: skip
        self.places = self.told.places
        self.target_embeddings = own_embeddings(target, width) if self.places else embeddings(target, width, initial)
        self.start = self.add_weight(name="start", shape=(width,), initializer=initial)
        self.decoder = blocks(width, heads, depth, dropout=dropout)
        self.decoder_norm = keras.layers.LayerNormalization(center=False)
        self.heads = TransformerHeads(target, width, initial, ends=self.draws_length)
        self.told.may_copy(target if copy else Spec())
        if monotonic:
            self.told.check_monotonic()
        # every variable is made now, so that a stage is complete once constructed
        for layer in (self.told, *self.decoder, self.decoder_norm, self.heads):
            layer.build((None, None, width))
        self.built = True

    # --- the protocol ------------------------------------------------------------------------------------------------

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> Losses:
        """Negative log-likelihood in nats of each target field, summed an example; its weight is its token count.

        `noise` int32 [batch, 2]: a seed an example; None = evaluation, without dropout.
        """
        condition, target = self._hide(batch["condition"], noise), batch["target"]
        states = self._states(condition, target, noise)
        terms = {name: (tf.reduce_sum(nll, 1), tf.reduce_sum(known, 1))
                 for name, (nll, known) in self._nll(states, condition, target).items()}  # fmt: skip
        if self.monotonic and noise is not None:
            steps = tf.reduce_sum(tf.cast(self.mask_of(condition, target), tf.int32), 1)
            terms["monotonic"] = self.monotonic * states.off_diagonal(steps), tf.cast(steps, tf.float32)
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
        length: NonNegativeInt | None = None,
        max_length: NonNegativeInt | None = None,
        beam_size: NonNegativeInt = 0,
        length_penalty: NonNegativeFloat = 0.0,
        given: Mapping[str, np.ndarray] | None = None,
    ) -> dict[str, np.ndarray]:
        """Draw a target for every example of the batch.

        condition    fields [batch, ...] and, of sequences, "mask" [batch, steps]; one seed, one output
        temperature  0 takes the likeliest token; top_k (0 = all) and top_p cut the tail, top_p not that of the end
        guidance     logits are (1 − guidance) × without the condition + guidance × with it (classifier-free guidance,
                     arXiv 2207.12598); 1 = with it
        length       steps of all examples, where the condition does not say them; None = the model draws them,
                     at most `max_length`
        beam_size    above 0: the likeliest sequence that a beam of this size finds (`transformer_beam`); seed,
                     temperature, top_k and top_p then have no say, length_penalty prefers longer ones
        given        by target field: integers [batch, steps] fix what is not 0; booleans [vocabulary] or
                     [batch, steps, vocabulary] permit tokens (of a scalar [batch] and [batch, vocabulary], of a grid
                     with its axes for the steps)
        Returns int32 fields [batch, steps] (scalars [batch], grids [batch, *shape]), 0 after an example's end; where
        the model draws the length, also the mask of its steps, bool [batch, steps].
        """
        self.check_sampling(guidance=guidance, length=length)
        if beam_size:
            return beam_search(
                self, condition, beam_size=beam_size, length_penalty=length_penalty, guidance=guidance, length=length,
                max_length=max_length, given=given,
            )  # fmt: skip
        return sample_loop(
            self, condition, seed=seed, temperature=temperature, top_k=top_k, top_p=top_p, guidance=guidance,
            length=length, max_length=max_length, given=given,
        )  # fmt: skip

    def check_sampling(self, *, guidance: float = 1.0, length: int | None = None, **_: Any) -> None:
        check_guidance(guidance, self.condition_dropout)
        self.lengths.check(length)

    def resample(
        self, condition: Batch, target: Batch, *, seed: int, guidance: NonNegativeFloat = 1.0
    ) -> dict[str, np.ndarray]:
        """One draw of every token of a known target, given the true earlier steps and fields: teacher forcing.

        condition, target   as of `sample`, and as it returns. Absent tokens stay absent. Given what `sample` drew with
        the same seed, it is what is returned.
        """
        return redrawn(self, condition, target, seed=seed, guidance=guidance)

    def predict_steps(
        self, condition: Batch, target: Batch, *, noise: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:  # fmt: skip
        """Logits of each step of a known target given the true earlier ones, [batch, steps, vocabulary] by field.

        `noise` as of `losses`. The target has no scalars.
        """
        return self.logits_of(self._hide(condition, noise), target, noise)

    # --- the network -------------------------------------------------------------------------------------------------

    def _hide(self, condition: Batch, seeds: tf.Tensor | None) -> Batch:
        return hidden(condition, self.condition, seeds, required=self.condition_dropout, optional=self.optional_dropout)

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

    def _steps_of(self, target: Batch) -> dict[str, tf.Tensor]:
        """Flatten target fields to [batch, steps], 0 where a field has no entry; scalars come first."""
        flat = {}
        for name in self.target:
            shape = tf.shape(target[name])
            flat[name] = tf.reshape(target[name], [shape[0], tf.reduce_prod(shape[1:])])
        steps = self.places.total if self.places else int(self.has_scalars) + tf.shape(flat[self._along])[1]
        padded = {}
        for name, value in flat.items():
            first, end = self.span(name, steps)
            padded[name] = tf.pad(value, [[0, 0], [first, steps - end]])
        return padded

    def encode(self, condition: Batch, mask: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
        """[batch, steps, width] of what each step of the target is to know; mask bool [batch, steps]."""
        return self.told.encode(condition, mask, seeds)

    def embed(self, steps: Batch) -> tf.Tensor:
        """All fields of a step of the target, summed: [..., width] of tokens [...]."""
        return tf.add_n([self.target_embeddings[name](steps[name]) for name in self.target])

    def _decode(
        self, encoded: tf.Tensor, steps: Batch, seeds: tf.Tensor | None, across: Sequence[Across] | None = None
    ) -> tf.Tensor:  # fmt: skip
        x = with_others(self.embed(steps), steps[self._along] > 0, self.history_noise, seeds)
        start = tf.cast(tf.broadcast_to(self.start, tf.shape(encoded[:, :1])), x.dtype)
        length = tf.shape(encoded)[1]
        if self.draws_length:  # more is decided than there are steps
            x = tf.pad(x, [[0, 0], [0, tf.maximum(length - 1 - tf.shape(x)[1], 0)], [0, 0]])
        x = tf.concat([start, x[:, : length - 1]], axis=1) + encoded
        seen = tf.linalg.band_part(tf.ones([1, length, length]), -1, 0) > 0
        return self.decoder_norm(through(self.decoder, x, seen, noise.fold_in(seeds, "decoder"), across))

    def head(
        self, name: str, x: tf.Tensor, earlier: Mapping[str, tf.Tensor], recalled: Recalled | None = None
    ) -> tf.Tensor:  # fmt: skip
        """Logits of `name` [..., vocabulary], given the decoder's output [..., width] and the step's earlier fields."""
        x = self.heads.seen(x, earlier)
        logits = self.heads.of(name, x)
        if recalled is None or name not in recalled.sources:
            return logits
        return self.told.copying[name].mixed_rows(x, logits, recalled.sources[name])

    def _field_nll(self, condition: Batch, target: Batch, seeds: tf.Tensor | None) -> dict[str, tuple]:
        return self._nll(self._states(condition, target, seeds), condition, target)

    def _nll(self, states: States, condition: Batch, target: Batch) -> dict[str, tuple]:
        found = {name: token_nll(logits, states.steps[name]) for name, logits in self._logits(states).items()}
        if self.draws_length:
            mask, lead = self.mask_of(condition, target), int(self.has_scalars)
            event = decisions(self.lengths.known(condition, mask), mask, tf.shape(states.x)[1] - lead)
            found[END] = token_nll(self.head(END, states.x, {}), tf.pad(event, [[0, 0], [lead, 0]]))
        return found

    def _states(self, condition: Batch, target: Batch, seeds: tf.Tensor | None) -> States:
        """Given the true earlier steps; also of the steps after the last, where it is decided that there are none."""
        mask, steps = self.mask_of(condition, target), self._steps_of(target)
        if self.draws_length:
            mask = self.lengths.room(condition, mask)
        recalled = self.told.remember(condition, tf.shape(mask)[0], seeds)
        weights: list[tf.Tensor] = []
        across = [layer.of(held, weights) for layer, held in zip(self.told.across, recalled.held, strict=True)]
        x = self._decode(self.encode(condition, mask, seeds), steps, seeds, across)
        return States(x, steps, recalled, weights)

    def logits_of(self, condition: Batch, target: Batch, seeds: tf.Tensor | None) -> dict[str, tf.Tensor]:
        """As `predict_steps`, with nothing hidden."""
        return self._logits(self._states(condition, target, seeds))

    def _logits(self, states: States) -> dict[str, tf.Tensor]:
        """Of each field at each step of the target, given its earlier fields: [batch, steps, vocabulary]."""
        x = states.x[:, : tf.shape(states.steps[self._along])[1]] if self.draws_length else states.x
        earlier: dict[str, tf.Tensor] = {}
        found = {}
        for name, tokens in states.steps.items():
            found[name] = self.head(name, x, earlier, states.recalled)
            earlier[name] = tokens
        return found

    def mask_of(self, condition: Batch, target: Batch) -> tf.Tensor:
        """bool [batch, steps] of a known target."""
        if self.places:
            return tf.ones([tf.shape(target[self._along])[0], self.places.total], tf.bool)
        assert self.lengths.clock
        key = self.lengths.clock.mask
        return tf.convert_to_tensor(target[key] if key in target else condition[key])
