"""Ancestral sampling, whole in one graph call: a `while_loop` over steps with a cache that grows in buckets."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from regenkit.layers import noise
from regenkit.quiet import tensorflow as tf

if TYPE_CHECKING:
    from regenkit.models.transformer import Transformer

BUCKETS = (32, 64, 128, 256, 512, 1024, 2048, 4096)


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
    padded = next((size for size in BUCKETS if size >= steps), steps)
    condition = {
        name: _pad(value, padded - steps) if _runs(model, name) else value for name, value in condition.items()
    }
    allowed = _allowed(model, given or {}, batch, padded)
    folded = (seed ^ seed >> 31) & 0x7FFFFFFF  # any size into 31 bits
    seeds = tf.stack([tf.fill([batch], folded), tf.range(batch)], axis=1)
    key = (batch, padded, top_k, top_p, temperature == 0, tuple(sorted(condition)))
    cache = model.__dict__.setdefault("_samplers", {})
    if key not in cache:
        cache[key] = tf.function(lambda *inputs: _run(model, top_k, top_p, *inputs), autograph=False)
    found = cache[key](condition, allowed, seeds, tf.constant(temperature, tf.float32))
    result = {}
    for name, field in model.target.items():
        value = found[name].numpy()
        if field.scalar:
            result[name] = value[:, 0]
        else:
            value = value[:, 1:] if model.has_scalars else value
            result[name] = value[:, :steps] * condition["mask"].numpy()[:, :steps]
    return result


def _runs(model: "Transformer", name: str) -> bool:
    return name == "mask" or not model.condition[name].scalar


def _pad(value: tf.Tensor, more: int) -> tf.Tensor:
    return tf.pad(value, [[0, 0], [0, more]] + [[0, 0]] * (len(value.shape) - 2)) if more else value


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


def _run(model, top_k, top_p, condition, allowed, seeds, temperature):  # type: ignore[no-untyped-def]
    encoded = model.encode(condition, condition["mask"], None)
    batch, total = encoded.shape[0], encoded.shape[1]
    heads, size = model.decoder[0].heads, model.decoder[0].size
    tokens = {name: tf.zeros([total, batch], tf.int32) for name in model.target}
    last = {name: tf.zeros([batch, 1], tf.int32) for name in model.target}
    caches = [tf.zeros([0, batch, heads, size])] * (2 * model.depth)

    def body(step, last, tokens, caches):  # type: ignore[no-untyped-def]
        embedded = tf.add_n([model.target_embeddings[name](last[name]) for name in model.target])
        x = tf.where(step == 0, tf.broadcast_to(model.start, tf.shape(embedded)), embedded)
        x += tf.gather(encoded, [step], axis=1)
        grown = []
        for layer, block in enumerate(model.decoder):
            x, keys, values = block.step(x, caches[2 * layer], caches[2 * layer + 1], step)
            grown += [keys, values]
        x = model.decoder_norm(x)
        earlier: dict[str, tf.Tensor] = {}
        for place, (name, field) in enumerate(model.target.items()):
            active = (step == 0) if field.scalar else (step >= int(model.has_scalars))
            logits = tf.cast(model.head(name, x, earlier)[:, 0], tf.float32)
            if name in allowed:
                logits = tf.where(tf.gather(allowed[name], step, axis=1), logits, -1e9)
            logits = filtered(logits / tf.maximum(temperature, 1e-6), top_k, top_p)
            stream = step * len(model.target) + place
            drawn = noise.gumbel(seeds, stream, field.vocabulary) * tf.cast(temperature > 0, tf.float32)
            token = tf.where(active, 1 + tf.argmax(logits + drawn, axis=-1, output_type=tf.int32), 0)
            earlier[name] = token[:, None]
            tokens = {**tokens, name: tf.tensor_scatter_nd_update(tokens[name], [[step]], token[None])}
        return step + 1, earlier, tokens, grown

    step, done = tf.constant(0), 0
    for bucket in [size for size in BUCKETS if size < total] + [total]:
        caches = [tf.pad(cache, [[0, bucket - done], [0, 0], [0, 0], [0, 0]]) for cache in caches]
        step, last, tokens, caches = tf.while_loop(
            lambda step, *_, end=bucket: step < end, body, (step, last, tokens, caches)
        )
        done = bucket
    return {name: tf.transpose(value) for name, value in tokens.items()}
