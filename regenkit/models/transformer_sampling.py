"""Ancestral sampling of the transformer, whole in one graph call, traced once for batches and lengths of any size.

A loop over steps within a loop over chunks of steps: noise is drawn a chunk at a time, and the caches of keys and
values grow by a chunk, so that a step attends to at most a chunk more than it must.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

import numpy as np

from regenkit.layers.attention import Place, turns
from regenkit.models.sampling import filtered, guided, permitted, seeds_of, step_noise
from regenkit.models.traced import call_traced
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit.stage import Batch

CHUNK = 32


class Decoder(Protocol):
    """What the loop needs of a transformer: see `models.transformer.Transformer`."""

    target: Spec
    depth: int
    places: Any
    has_scalars: bool
    start: Any
    decoder: Any
    decoder_norm: Any

    def encode(self, condition: Batch, mask: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor: ...

    def sides(self, condition: Batch, guidance: float) -> list[Batch]: ...

    def span(self, name: str, steps: Any) -> tuple[Any, Any]: ...

    def embed(self, steps: Batch) -> tf.Tensor: ...

    def head(self, name: str, x: tf.Tensor, earlier: Mapping[str, tf.Tensor]) -> tf.Tensor: ...


def sample_loop(
    model: Decoder,
    condition: Mapping[str, Any],
    *,
    seed: int,
    temperature: float,
    top_k: int,
    top_p: float,
    guidance: float,
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
        model, partial(_run, model, top_k, top_p, guidance), condition, allowed, seeds_of(seed, batch),
        tf.constant(temperature, tf.float32), key=(top_k, top_p, guidance, tuple(condition), tuple(allowed)),
    )  # fmt: skip
    result = {}
    for name, field in model.target.items():
        value = found[name].numpy()[:, slice(*spans[name])]
        result[name] = value * condition["mask"].numpy() if field.variable else value.reshape(batch, *field.shape)
    return result


def _run(
    model: Decoder,
    top_k: int,
    top_p: float,
    guidance: float,
    condition: Mapping[str, tf.Tensor],
    allowed: Mapping[str, tf.Tensor],
    seeds: tf.Tensor,
    temperature: tf.Tensor,
) -> dict[str, tf.Tensor]:
    """Tokens of each field of the target, [batch, steps (+1 for scalars)]."""
    sides = [model.encode(side, condition["mask"], None) for side in model.sides(condition, guidance)]
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
                logits = guided(model.head(name, x, earlier), guidance)
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
