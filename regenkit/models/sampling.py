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
from regenkit.quiet import tensorflow as tf

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
    if "mask" not in condition:
        if length is None:
            raise ValueError("the condition has no steps of its own: say length=…")
        condition["mask"] = tf.ones([batch, length], tf.bool)
    steps = int(condition["mask"].shape[1])
    allowed = _allowed(model, given or {}, batch, steps)
    inputs = (condition, allowed, seeds_of(seed, batch), tf.constant(temperature, tf.float32))
    key = (top_k, top_p, tuple(condition), tuple(allowed))
    samplers = model.__dict__.setdefault("_samplers", {})
    if key not in samplers:
        signature = tf.nest.map_structure(lambda value: tf.TensorSpec([None] * len(value.shape), value.dtype), inputs)
        samplers[key] = tf.function(partial(_run, model, top_k, top_p), signature, autograph=False)
    found = samplers[key](*inputs)
    result = {}
    for name, field in model.target.items():
        value = found[name].numpy()
        if field.scalar:
            result[name] = value[:, 0]
        else:
            value = value[:, 1:] if model.has_scalars else value
            result[name] = value * condition["mask"].numpy()
    return result


def seeds_of(seed: int, batch: int) -> tf.Tensor:
    """A seed an example, int32 [batch, 2], from one of any size."""
    folded = (seed ^ seed >> 31) & 0x7FFFFFFF
    return tf.stack([tf.fill([batch], folded), tf.range(batch)], axis=1)


def _allowed(model: "Transformer", given: Mapping[str, Any], batch: int, steps: int) -> dict[str, tf.Tensor]:
    """Which tokens each step may take, bool [batch, steps (+1 for scalars), vocabulary], for the fields of `given`."""
    lead = int(model.has_scalars)
    allowed = {}
    for name, value in given.items():
        if name not in model.target:
            raise ValueError(f"given {name!r} is not a field of the target: {', '.join(model.target)}")
        field, value = model.target[name], np.asarray(value)
        vocabulary = field.vocabulary or 0
        permitted = np.full((batch, steps + lead, vocabulary), True)
        first, rows = (0, 1) if field.scalar else (lead, steps)
        if value.dtype == bool:
            if field.scalar or value.ndim == 1:
                value = np.broadcast_to(value if value.ndim == 1 else value[:, None], (batch, rows, vocabulary))
        else:
            value = value.reshape(batch, -1)
            if value.size and not (value.min() >= 0 and value.max() <= vocabulary):
                raise ValueError(f"given {name!r} holds {value.min()}…{value.max()}, its tokens are 1…{vocabulary}")
            value = (value[..., None] == np.arange(1, vocabulary + 1)) | (value == 0)[..., None]
        permitted[:, first : first + value.shape[1]] = value
        if not permitted.any(-1).all():
            raise ValueError(f"given {name!r} permits no token at some step")
        allowed[name] = tf.constant(permitted)
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
    encoded = tf.transpose(model.encode(condition, condition["mask"], None), [1, 0, 2])
    allowed = {name: tf.transpose(value, [1, 0, 2]) for name, value in allowed.items()}
    total, batch = tf.unstack(tf.shape(encoded)[:2])
    heads, size, fields = model.decoder[0].heads, model.decoder[0].size, len(model.target)
    cosine, sine = turns(total, size)

    def one_chunk(step: tf.Tensor, x: tf.Tensor, tokens: Any, caches: Any) -> tuple:
        first, end = step, tf.minimum(step + CHUNK, total)
        rows = tf.range(2 * batch * heads) * end
        drawn = {
            name: noise.gumbel(seeds, tf.range(first, end) * fields + place, field.vocabulary or 0)
            * tf.cast(temperature > 0, tf.float32)
            for place, (name, field) in enumerate(model.target.items())
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
            for name, field in model.target.items():
                logits = model.head(name, x, earlier)
                if name in allowed:
                    logits = tf.where(allowed[name][step], logits, -1e9)
                logits = filtered(logits / tf.maximum(temperature, 1e-6), top_k, top_p)
                active = (step == 0) if field.scalar else (step >= int(model.has_scalars))
                token = 1 + tf.argmax(logits + drawn[name][step - first], axis=-1, output_type=tf.int32)
                earlier[name] = tf.where(active, token, 0)
                tokens = {**tokens, name: tf.tensor_scatter_nd_update(tokens[name], [[step]], earlier[name][None])}
            return step + 1, model.embed(earlier), tokens, grown

        step, x, tokens, caches = tf.while_loop(
            lambda step, *_: step < end, one_step, (step, x, tokens, caches), parallel_iterations=1
        )
        more = tf.minimum(end + CHUNK, total) - end
        return step, x, tokens, [tf.pad(cache, [[0, 0], [0, 0], [0, more], [0, 0]]) for cache in caches]

    x = tf.cast(tf.broadcast_to(model.start, tf.shape(encoded[0])), encoded.dtype)
    tokens = {name: tf.zeros([total, batch], tf.int32) for name in model.target}
    # slices of one tensor: each is written in place, and equal tensors of zeros could be made one by the optimiser
    caches = tf.unstack(tf.zeros([model.depth, 2, batch * heads, tf.minimum(CHUNK, total), size], encoded.dtype))
    start = (tf.constant(0), x, tokens, caches)
    tokens = tf.while_loop(lambda step, *_: step < total, one_chunk, start, parallel_iterations=1)[2]
    return {name: tf.transpose(value) for name, value in tokens.items()}
