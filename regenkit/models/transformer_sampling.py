"""Ancestral sampling of the transformer, whole in one graph call, traced once for batches and lengths of any size.

A loop over steps within a loop over chunks of steps: noise is drawn a chunk at a time, and the caches of keys and
values grow by a chunk, so that a step attends to at most a chunk more than it must. Where the end is an event, an
example draws nothing more after it, and the loops are over when all examples are.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from regenkit.layers.attention import Place, turns
from regenkit.models.sampling import filtered, guided, permitted, seeds_of, step_noise
from regenkit.models.traced import call_traced
from regenkit.models.transformer_lengths import EVENT, OVER, with_given
from regenkit.models.transformer_network import Network, advance, told
from regenkit.quiet import tensorflow as tf
from regenkit.spec import END

CHUNK = 32


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
    if not model.lengths.ends and length is None and clock.mask in condition:
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
    known = told(model, condition, mask, guidance)
    allowed = {name: tf.transpose(value, [1, 0, 2]) for name, value in allowed.items()}
    lead, ends = int(model.has_scalars and not model.places), model.lengths.ends
    total, batch = lead + tf.shape(mask)[1], tf.shape(known.encoded)[1]  # with guidance, twice the batch
    most = tf.reduce_sum(tf.cast(mask, tf.int32), 1)
    spans = {name: model.span(name, total) for name in model.target}
    heads, size = model.decoder[0].heads, model.decoder[0].size
    cosine, sine = turns(total, size)
    drawn_fields = {**({END: EVENT} if ends else {}), **model.target}

    def ahead(step: tf.Tensor, end: tf.Tensor, over: tf.Tensor) -> tf.Tensor:
        return (step < end) & ~tf.reduce_all(over) if ends else step < end

    def one_chunk(step: tf.Tensor, x: tf.Tensor, tokens: Any, caches: Any, over: tf.Tensor) -> tuple:
        first, end = step, tf.minimum(step + CHUNK, total)
        rows = tf.range(2 * batch * heads) * end
        noise = {
            name: step_noise(seeds, name, tf.range(first, end), field) * tf.cast(temperature > 0, tf.float32)
            for name, field in drawn_fields.items()
        }

        def drawn(name: str, x: tf.Tensor, earlier: Mapping[str, tf.Tensor], step: tf.Tensor) -> tf.Tensor:
            logits = guided(model.head(name, x, earlier), guidance)
            if name in allowed:
                logits = tf.where(allowed[name][step], logits, -1e9)
            logits = filtered(logits / tf.maximum(temperature, 1e-6), top_k, top_p)
            return 1 + tf.argmax(logits + noise[name][step - first], axis=-1, output_type=tf.int32)

        def one_step(step: tf.Tensor, x: tf.Tensor, tokens: Any, caches: Any, over: tf.Tensor) -> tuple:
            x += known.at(step)
            future = tf.where(tf.range(end) > step, -1e9, 0.0)
            x, grown = advance(model, x, caches, Place(cosine[step], sine[step], rows + step, future), known.held)
            if ends:
                may = (step - lead >= least) & (drawn(END, x, {}, step) == OVER)
                over |= may | (step - lead >= most)
            earlier: dict[str, tf.Tensor] = {}
            for name in model.target:
                active = (step >= spans[name][0]) & (step < spans[name][1])
                token = tf.where(active & ~over if ends else active, drawn(name, x, earlier, step), 0)
                earlier[name] = tf.concat([token] * (1 if guidance == 1 else 2), 0)
                tokens = {**tokens, name: tf.tensor_scatter_nd_update(tokens[name], [[step]], token[None])}
            return step + 1, model.embed(earlier), tokens, grown, over

        step, x, tokens, caches, over = tf.while_loop(
            lambda step, *state: ahead(step, end, state[-1]), one_step, (step, x, tokens, caches, over),
            parallel_iterations=1,
        )  # fmt: skip
        more = tf.minimum(end + CHUNK, total) - end
        return step, x, tokens, [tf.pad(cache, [[0, 0], [0, 0], [0, more], [0, 0]]) for cache in caches], over

    x = tf.cast(tf.broadcast_to(model.start, tf.shape(known.encoded[0])), known.encoded.dtype)
    tokens = {name: tf.zeros([total, tf.shape(seeds)[0]], tf.int32) for name in model.target}
    # slices of one tensor: each is written in place, and equal tensors of zeros could be made one by the optimiser
    caches = tf.unstack(tf.zeros([model.depth, 2, batch * heads, tf.minimum(CHUNK, total), size], known.encoded.dtype))
    over = tf.zeros([tf.shape(seeds)[0]], tf.bool)
    tokens = tf.while_loop(
        lambda step, *state: ahead(step, total, state[-1]), one_chunk, (tf.constant(0), x, tokens, caches, over),
        parallel_iterations=1,
    )[2]  # fmt: skip
    return {name: tf.transpose(value) for name, value in tokens.items()}
