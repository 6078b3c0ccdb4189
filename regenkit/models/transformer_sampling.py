"""Ancestral sampling of the transformer, whole in one graph call, traced once for batches and lengths of any size.

A loop over steps within a loop over chunks of steps (`kv_cache.walk`): noise is drawn a chunk at a time.
Where the end is an event, an example draws nothing more after it, and the loops are over when all examples are.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from regenkit.models.kv_cache import Walk, walk
from regenkit.models.sampling import filtered, guided, permitted, seeds_of, step_noise
from regenkit.models.traced import call_traced
from regenkit.models.transformer_lengths import EVENT, OVER, with_given
from regenkit.models.transformer_network import Network, conditioning
from regenkit.quiet import tensorflow as tf
from regenkit.spec import END


def sample_loop(
    model: Network,
    condition: Mapping[str, Any],
    *,
    seed: int,
    temperature: float,
    top_k: int,
    top_p: float,
    guidance: float,
    length: int | None,
    max_length: int | None,
    given: Mapping[str, Any] | None,
) -> dict[str, np.ndarray]:
    """See `Transformer.sample`."""
    condition = {name: tf.convert_to_tensor(value) for name, value in condition.items()}
    mask, least = asked(model, condition, length, max_length, given or {})
    batch, steps = mask.shape
    spans = {name: model.span(name, steps + int(model.has_scalars and not model.places)) for name in model.target}
    allowed = permitted(model.target, given or {}, batch, spans, steps + int(model.has_scalars and not model.places))
    found = call_traced(
        model, partial(_run, model, top_k, top_p, guidance), condition, mask, least, allowed, seeds_of(seed, batch),
        tf.constant(temperature, tf.float32), key=(top_k, top_p, guidance, tuple(condition), tuple(allowed)),
        sequential=True,
    )  # fmt: skip
    return as_fields(model, {name: value.numpy() for name, value in found.items()}, mask.numpy())


def asked(
    model: Network, condition: Mapping[str, tf.Tensor], length: int | None, max_length: int | None,
    given: Mapping[str, Any],
) -> tuple[tf.Tensor, tf.Tensor]:  # fmt: skip
    """(mask of the most steps there may be, bool [batch, steps]; the fewest there may be, int32 [batch])."""
    batch = int(next(iter(condition.values())).shape[0])
    if model.places:
        return tf.ones([batch, model.places.total], tf.bool), tf.zeros([batch], tf.int32)
    clock = model.lengths.clock
    assert clock
    if not model.lengths.ends and clock.mask in condition:
        return condition[clock.mask], tf.zeros([batch], tf.int32)
    bounds = model.lengths.asked(condition, batch, length, max_length)
    if model.lengths.ends:
        bounds = with_given(bounds, given, model.target)
    return tf.sequence_mask(bounds.most, tf.reduce_max(tf.concat([bounds.most, [0]], 0))), bounds.least


def as_fields(model: Network, found: Mapping[str, np.ndarray], mask: np.ndarray) -> dict[str, np.ndarray]:
    """Fields of the target, of tokens by field [batch, steps (+ 1 for scalars)]; where the end was drawn, the mask."""
    result = {}
    clock, batch = model.lengths.clock, len(mask)
    for name, field in model.target.items():
        value = found[name]
        value = value[:, slice(*model.span(name, value.shape[1]))]
        result[name] = value if field.variable else value.reshape(batch, *field.shape)
    if clock is None:
        return result
    (some, *_) = variable = [name for name, field in model.target.items() if field.variable]
    if not model.lengths.ends:
        return {**result, **{name: result[name] * mask for name in variable}}
    drawn = result[some] > 0
    longest = int(drawn.sum(1).max(initial=0))
    return {**result, **{name: result[name][:, :longest] for name in variable}, clock.mask: drawn[:, :longest]}


def _run(
    model: Network,
    top_k: int,
    top_p: float,
    guidance: float,
    condition: Mapping[str, tf.Tensor],
    mask: tf.Tensor,
    least: tf.Tensor,
    allowed: Mapping[str, tf.Tensor],
    seeds: tf.Tensor,
    temperature: tf.Tensor,
) -> dict[str, tf.Tensor]:
    """Tokens of each field of the target, [batch, steps (+1 for scalars)]."""
    known = conditioning(model, condition, mask, guidance)
    allowed = {name: tf.transpose(value, [1, 0, 2]) for name, value in allowed.items()}
    lead, ends = int(model.has_scalars and not model.places), model.lengths.ends
    total, most = lead + tf.shape(mask)[1], tf.reduce_sum(tf.cast(mask, tf.int32), 1)
    spans = {name: model.span(name, total) for name in model.target}
    fields = {**({END: EVENT} if ends else {}), **model.target}

    def noise(first: tf.Tensor, end: tf.Tensor) -> dict[str, tf.Tensor]:
        """Drawn a chunk at a time."""
        return {
            name: step_noise(seeds, name, tf.range(first, end), field) * tf.cast(temperature > 0, tf.float32)
            for name, field in fields.items()
        }

    def drawn(name: str, now: Walk, earlier: Mapping[str, tf.Tensor]) -> tf.Tensor:
        logits = guided(model.head(name, now.x, earlier, known.recalled), guidance)
        if name in allowed:
            logits = tf.where(allowed[name][now.step], logits, -1e9)
        # no nucleus of the end: one that is unlikely at every step would never come
        logits = filtered(logits / tf.maximum(temperature, 1e-6), top_k, 1.0 if name == END else top_p)
        return 1 + tf.argmax(logits + now.noise[name][now.at], axis=-1, output_type=tf.int32)

    def decide(now: Walk, state: tuple) -> tuple:
        tokens, over = state
        if ends:
            may = (now.step - lead >= least) & (drawn(END, now, {}) == OVER)
            over |= may | (now.step - lead >= most)
        earlier: dict[str, tf.Tensor] = {}
        for name in model.target:
            active = (now.step >= spans[name][0]) & (now.step < spans[name][1])
            token = tf.where(active & ~over if ends else active, drawn(name, now, earlier), 0)
            earlier[name] = tf.concat([token] * (1 if guidance == 1 else 2), 0)
            tokens = {**tokens, name: tf.tensor_scatter_nd_update(tokens[name], [[now.step]], token[None])}
        return earlier, (tokens, over), None

    batch = tf.shape(seeds)[0]
    state = ({name: tf.zeros([total, batch], tf.int32) for name in model.target}, tf.zeros([batch], tf.bool))
    going = (lambda state: ~tf.reduce_all(state[1])) if ends else None
    tokens, _ = walk(model, known, total, state, decide, going=going, chunk=noise)
    return {name: tf.transpose(value) for name, value in tokens.items()}
