"""Beam search: the likeliest sequence that is found by following the `beam_size` likeliest beginnings of each length.

All examples and beginnings go through the decoder as one batch, whole in one graph call. Of beginnings that end, the
likeliest is put aside; an example is done when none of the others can overtake it. So it is exact where the beam holds
all beginnings. Scores of different lengths may be divided by ((5 + length) / 6)^penalty (Wu et al. 2016, arXiv
1609.08144, equation 14); without it the score is log P, and long sequences are at a disadvantage.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from regenkit.models.kv_cache import Walk, walk
from regenkit.models.sampling import guided, permitted
from regenkit.models.traced import call_traced
from regenkit.models.transformer_lengths import GOES_ON, OVER
from regenkit.models.transformer_network import Network, conditioning
from regenkit.models.transformer_sampling import as_fields, asked
from regenkit.quiet import tensorflow as tf
from regenkit.spec import END

IMPOSSIBLE = -1e9
"""In place of −∞, which breaks sums."""


class Beam(NamedTuple):
    """Beginnings, and the best of those that have ended."""

    scores: tf.Tensor  # [batch, beams], log P
    tokens: Any  # by field, int32 [steps, batch · beams]
    best: tf.Tensor  # [batch], its score by its length
    best_tokens: Any  # by field, int32 [steps, batch]
    best_length: tf.Tensor  # int32 [batch]
    done: tf.Tensor  # bool [batch]
    reached: tf.Tensor  # steps made


def beam_search(
    model: Network,
    condition: Mapping[str, Any],
    *,
    beam_size: int,
    length_penalty: float,
    guidance: float,
    length: int | None,
    max_length: int | None,
    given: Mapping[str, Any] | None,
) -> dict[str, np.ndarray]:
    """As `Transformer.sample`."""
    condition = {name: tf.convert_to_tensor(value) for name, value in condition.items()}
    mask, least = asked(model, condition, length, max_length, given or {})
    steps = mask.shape[1] + int(model.has_scalars and not model.places)
    spans = {name: model.span(name, steps) for name in model.target}
    allowed = permitted(model.target, given or {}, mask.shape[0], spans, steps)
    found = call_traced(
        model, partial(_run, model, beam_size, guidance), condition, mask, least, allowed,
        tf.constant(length_penalty, tf.float32), key=("beam", beam_size, guidance, tuple(condition), tuple(allowed)),
        sequential=True,
    )  # fmt: skip
    return as_fields(model, {name: value.numpy() for name, value in found.items()}, mask.numpy())


def _run(
    model: Network,
    beams: int,
    guidance: float,
    condition: Mapping[str, tf.Tensor],
    mask: tf.Tensor,
    least: tf.Tensor,
    allowed: Mapping[str, tf.Tensor],
    penalty: tf.Tensor,
) -> dict[str, tf.Tensor]:
    """Tokens of each field of the target, [batch, steps (+1 for scalars)]."""
    known = conditioning(model, condition, mask, guidance)
    lead, sides = int(model.has_scalars and not model.places), 1 if guidance == 1 else 2
    batch, total = tf.shape(mask)[0], lead + tf.shape(mask)[1]
    most = tf.reduce_sum(tf.cast(mask, tf.int32), 1)
    spans = {name: model.span(name, total) for name in model.target}

    def by_length(score: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
        return score / ((5.0 + tf.cast(steps, tf.float32)) / 6.0) ** penalty

    def costs(name: str, x: tf.Tensor, earlier: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """log P of each token, [batch, beams, vocabulary]."""
        logits = tf.nn.log_softmax(guided(model.head(name, x, earlier, known.recalled), guidance))
        return tf.reshape(logits, [batch, beams, logits.shape[-1]])

    def ended(beam: Beam, cost: tf.Tensor, steps: tf.Tensor) -> Beam:
        """The best of those that end after so many steps is put aside, if it is better than the one that is."""
        scores = by_length(beam.scores + cost, steps)
        chosen = tf.argmax(scores, 1, output_type=tf.int32)
        score = tf.gather(scores, chosen, batch_dims=1)
        better = score > beam.best
        own = tf.range(batch) * beams + chosen
        tokens = {
            name: tf.where(better, tf.gather(value, own, axis=1), beam.best_tokens[name])
            for name, value in beam.tokens.items()
        }
        return beam._replace(
            best=tf.where(better, score, beam.best), best_tokens=tokens,
            best_length=tf.where(better, steps, beam.best_length),
        )  # fmt: skip

    def decide(now: Walk, beam: Beam) -> tuple:
        steps, x = now.step - lead, now.x
        open_, must = (steps >= least)[:, None], (steps >= most)[:, None]
        over, on = tf.fill([batch, beams], IMPOSSIBLE), tf.zeros([batch, beams])
        if model.lengths.ends:
            event = costs(END, x, {})
            over, on = tf.where(open_, event[..., OVER - 1], over), tf.where(open_, event[..., GOES_ON - 1], on)
        beam = ended(beam, tf.where(must, 0.0, over), steps)
        scores = beam.scores + tf.where(must, IMPOSSIBLE, on)
        origin = tf.tile(tf.range(beams)[None], [batch, 1])
        earlier: dict[str, tf.Tensor] = {}
        for name, field in model.target.items():
            cost, vocabulary = costs(name, x, earlier), field.vocabulary or 0
            if name in allowed:
                cost = tf.where(allowed[name][:, now.step, None], cost, IMPOSSIBLE)
            active = (now.step >= spans[name][0]) & (now.step < spans[name][1])
            cost = tf.where(active, cost, tf.where(tf.range(vocabulary) == 0, 0.0, IMPOSSIBLE))
            scores, place = tf.math.top_k(tf.reshape(scores[..., None] + cost, [batch, -1]), beams)
            parent, token = place // vocabulary, tf.where(active, 1 + place % vocabulary, 0)
            origin = tf.gather(origin, parent, batch_dims=1)
            rows = rows_of(parent)
            x = tf.gather(x, rows)
            earlier = {before: tf.gather(value, rows) for before, value in earlier.items()}
            earlier[name] = tf.tile(tf.reshape(token, [-1]), [sides])
        rows = rows_of(origin)
        tokens = {
            name: tf.tensor_scatter_nd_update(
                tf.gather(value, rows[: batch * beams], axis=1), [[now.step]], earlier[name][None, : batch * beams]
            )
            for name, value in beam.tokens.items()
        }
        hopeless = beam.best >= by_length(tf.reduce_max(scores, 1), most)
        beam = beam._replace(scores=scores, tokens=tokens, done=beam.done | hopeless, reached=now.step + 1)
        return earlier, beam, rows

    def rows_of(parent: tf.Tensor) -> tf.Tensor:
        """Of which row each row goes on, [sides · batch · beams]; parent [batch, beams]."""
        own = tf.reshape(parent + tf.range(batch)[:, None] * beams, [-1])
        return tf.concat([own + side * batch * beams for side in range(sides)], 0)

    beam = Beam(
        scores=tf.tile(tf.where(tf.range(beams) == 0, 0.0, IMPOSSIBLE)[None], [batch, 1]),
        tokens={name: tf.zeros([total, batch * beams], tf.int32) for name in model.target},
        best=tf.fill([batch], 4 * IMPOSSIBLE),
        best_tokens={name: tf.zeros([total, batch], tf.int32) for name in model.target},
        best_length=tf.zeros([batch], tf.int32), done=tf.zeros([batch], tf.bool), reached=tf.constant(0),
    )  # fmt: skip
    beam = walk(model, known, total, beam, decide, going=lambda beam: ~tf.reduce_all(beam.done), rows=beams)
    last = tf.where(beam.reached == total, 0.0, 4 * IMPOSSIBLE)  # whoever has come so far is over now
    beam = ended(beam, tf.fill([batch, beams], last), total - lead)
    there = tf.range(total)[:, None] < lead + beam.best_length
    return {name: tf.transpose(tf.where(there, value, 0)) for name, value in beam.best_tokens.items()}
