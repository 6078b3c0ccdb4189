"""Ancestral sampling, whole in one graph call, which is traced once for batches and lengths of any size.

A loop over steps within a loop over chunks of steps: noise is drawn a chunk at a time, and the caches of keys and
values grow by a chunk, so that a step attends to at most a chunk more than it must.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from regenkit.layers import noise
from regenkit.layers.attention import Place, turns
from regenkit.models.traced import call_traced
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec

if TYPE_CHECKING:
    from regenkit.models.transformer import Transformer

CHUNK = 32


def filtered(logits: tf.Tensor, top_k: int, top_p: float) -> tf.Tensor:
    """Logits with all but the `top_k` likeliest, and all past the nucleus of mass `top_p`, at −1e9.

    Nucleus: Holtzman et al. 2020, arXiv 1904.09751. The likeliest token always stays.
    """
    if top_k and top_k < logits.shape[-1]:
        logits = tf.where(logits < tf.math.top_k(logits, top_k).values[..., -1:], -1e9, logits)
    if top_p < 1.0:
        ordered = tf.sort(logits, direction="DESCENDING")
        before = tf.cumsum(tf.nn.softmax(ordered), axis=-1, exclusive=True)
        least = tf.reduce_min(tf.where(before < max(top_p, 1e-9), ordered, np.inf), axis=-1, keepdims=True)
        logits = tf.where(logits < least, -1e9, logits)
    return logits


def guided(logits: tf.Tensor, guidance: float) -> tf.Tensor:
    """Classifier-free guidance (arXiv 2207.12598) of logits whose second half of a batch is the first one without its
    condition; with guidance 1 there is no second half."""
    if guidance == 1:
        return logits
    informed, blind = tf.split(logits, 2)
    return blind + guidance * (informed - blind)


def sample_loop(
    model: "Transformer",
    condition: Mapping[str, Any],
    *,
    seed: int,
    temperature: float,
    top_k: int,
    top_p: float,
    length: int | None,
    given: Mapping[str, Any] | None,
) -> dict[str, np.ndarray]:
    """See `Transformer.sample`."""
    condition = {name: tf.convert_to_tensor(value) for name, value in condition.items()}
    batch = int(next(iter(condition.values())).shape[0])
    if model.places:
        condition["mask"] = tf.ones([batch, model.places.total], tf.bool)
    elif "mask" not in condition:
        if length is None:
            raise ValueError("the condition has no steps of its own: say length=…")
        condition["mask"] = tf.ones([batch, length], tf.bool)
    steps = int(condition["mask"].shape[1]) + int(model.has_scalars and not model.places)
    spans = {name: model.span(name, steps) for name in model.target}
    allowed = permitted(model.target, given or {}, batch, spans, steps)
    found = call_traced(
        model, partial(_run, model, top_k, top_p), condition, allowed, seeds_of(seed, batch),
        tf.constant(temperature, tf.float32), key=(top_k, top_p, model.guidance, tuple(condition), tuple(allowed)),
    )  # fmt: skip
    result = {}
    for name, field in model.target.items():
        value = found[name].numpy()[:, slice(*spans[name])]
        result[name] = value * condition["mask"].numpy() if field.variable else value.reshape(batch, *field.shape)
    return result


def step_noise(seeds: tf.Tensor, name: str, steps: tf.Tensor, field: Field) -> tf.Tensor:
    """The Gumbel noise that draws a token field at these steps, float32 [steps, batch, vocabulary]."""
    return noise.gumbel(noise.fold_in(seeds, f"field {name}", steps), field.vocabulary or 0)


def seeds_of(seed: int, batch: int) -> tf.Tensor:
    """A seed an example, int32 [batch, 2], from one of any size."""
    folded = (seed ^ seed >> 31) & 0x7FFFFFFF
    return tf.stack([tf.fill([batch], folded), tf.range(batch)], axis=1)


def permitted(
    target: Spec, given: Mapping[str, Any], batch: int, spans: Mapping[str, tuple[int, int]], steps: int
) -> dict[str, tf.Tensor]:
    """Which tokens each step may take, bool [batch, steps, vocabulary], for the fields of `given`; spans by field."""
    allowed = {}
    for name, value in given.items():
        if name not in target:
            raise ValueError(f"given {name!r} is not a field of the target: {', '.join(target)}")
        vocabulary, value = target[name].vocabulary or 0, np.asarray(value)
        found = np.full((batch, steps, vocabulary), True)
        first, end = spans[name]
        if value.dtype == bool:
            value = np.broadcast_to(value, (batch, end - first, vocabulary)) if value.ndim == 1 else value
            value = value.reshape(batch, -1, vocabulary)
        else:
            value = value.reshape(batch, -1)
            if value.size and not (value.min() >= 0 and value.max() <= vocabulary):
                raise ValueError(f"given {name!r} holds {value.min()}…{value.max()}, its tokens are 1…{vocabulary}")
            value = (value[..., None] == np.arange(1, vocabulary + 1)) | (value == 0)[..., None]
        found[:, first : first + value.shape[1]] = value
        if not found.any(-1).all():
            raise ValueError(f"given {name!r} permits no token at some step")
        allowed[name] = tf.constant(found)
    return allowed


def _run(
    model: "Transformer",
    top_k: int,
    top_p: float,
    condition: Mapping[str, tf.Tensor],
    allowed: Mapping[str, tf.Tensor],
    seeds: tf.Tensor,
    temperature: tf.Tensor,
) -> dict[str, tf.Tensor]:
    """Tokens of each field of the target, [batch, steps (+1 for scalars)]."""
    sides = [model.encode(side, condition["mask"], None) for side in model.sides(condition)]
    encoded = tf.transpose(tf.concat(sides, 0), [1, 0, 2])
    allowed = {name: tf.transpose(value, [1, 0, 2]) for name, value in allowed.items()}
    total, batch = tf.unstack(tf.shape(encoded)[:2])  # with guidance, twice the batch
    spans = {name: model.span(name, total) for name in model.target}
    heads, size = model.decoder[0].heads, model.decoder[0].size
    cosine, sine = turns(total, size)

    def one_chunk(step: tf.Tensor, x: tf.Tensor, tokens: Any, caches: Any) -> tuple:
        first, end = step, tf.minimum(step + CHUNK, total)
        rows = tf.range(2 * batch * heads) * end
        drawn = {
            name: step_noise(seeds, name, tf.range(first, end), field) * tf.cast(temperature > 0, tf.float32)
            for name, field in model.target.items()
        }

        def one_step(step: tf.Tensor, x: tf.Tensor, tokens: Any, caches: Any) -> tuple:
            x += encoded[step]
            future = tf.where(tf.range(end) > step, -1e9, 0.0)
            place = Place(cosine[step], sine[step], rows + step, future)
            grown = []
            for block, cache in zip(model.decoder, caches, strict=True):
                x, cache = block.step(x, cache, place)
                grown.append(cache)
            x = model.decoder_norm(x)
            earlier: dict[str, tf.Tensor] = {}
            for name in model.target:
                logits = guided(model.head(name, x, earlier), model.guidance)
                if name in allowed:
                    logits = tf.where(allowed[name][step], logits, -1e9)
                logits = filtered(logits / tf.maximum(temperature, 1e-6), top_k, top_p)
                active = (step >= spans[name][0]) & (step < spans[name][1])
                token = 1 + tf.argmax(logits + drawn[name][step - first], axis=-1, output_type=tf.int32)
                token = tf.where(active, token, 0)
                earlier[name] = tf.concat([token] * len(sides), 0)
                tokens = {**tokens, name: tf.tensor_scatter_nd_update(tokens[name], [[step]], token[None])}
            return step + 1, model.embed(earlier), tokens, grown

        step, x, tokens, caches = tf.while_loop(
            lambda step, *_: step < end, one_step, (step, x, tokens, caches), parallel_iterations=1
        )
        more = tf.minimum(end + CHUNK, total) - end
        return step, x, tokens, [tf.pad(cache, [[0, 0], [0, 0], [0, more], [0, 0]]) for cache in caches]

    x = tf.cast(tf.broadcast_to(model.start, tf.shape(encoded[0])), encoded.dtype)
    tokens = {name: tf.zeros([total, tf.shape(seeds)[0]], tf.int32) for name in model.target}
    # slices of one tensor: each is written in place, and equal tensors of zeros could be made one by the optimiser
    caches = tf.unstack(tf.zeros([model.depth, 2, batch * heads, tf.minimum(CHUNK, total), size], encoded.dtype))
    start = (tf.constant(0), x, tokens, caches)
    tokens = tf.while_loop(lambda step, *_: step < total, one_chunk, start, parallel_iterations=1)[2]
    return {name: tf.transpose(value) for name, value in tokens.items()}
