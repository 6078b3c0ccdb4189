"""A walk along a transformer's decoder, step by step, with caches of keys and values that grow by a chunk."""

from collections.abc import Callable
from typing import Any, NamedTuple

from regenkit.layers.attention import Place, turns
from regenkit.models.transformer_network import Conditioning, Network
from regenkit.quiet import tensorflow as tf

CHUNK = 32
"""Steps by which caches grow, so that a step attends to at most so many more than it must."""


class Walk(NamedTuple):
    """One step of a walk along the decoder, as `walk` hands it on."""

    step: tf.Tensor
    x: tf.Tensor  # [rows, width], the decoder's output
    noise: Any  # what `chunk` gave for this chunk of steps
    at: tf.Tensor  # where in the chunk it is


def walk(
    model: Network,
    known: Conditioning,
    total: tf.Tensor,
    state: Any,
    decide: Callable[[Walk, Any], tuple[dict[str, tf.Tensor], Any, tf.Tensor | None]],
    *,
    going: Callable[[Any], tf.Tensor] | None = None,
    chunk: Callable[[tf.Tensor, tf.Tensor], Any] = lambda first, end: None,
    rows: int = 1,
) -> Any:
    """Step by step through the decoder, with caches of keys and values that grow by a chunk: the final state.

    decide  (a step, state) → (the tokens of each field, int32 [rows], the state, and of which row each row goes on;
            None = each of itself)
    going   whether a state goes on; None = through all `total` steps
    chunk   (its first step, the one after its last) → what the steps of a chunk have in common
    rows    how many stand for each example, one after the other
    """
    batch = tf.shape(known.encoded)[1] * rows
    heads, size = model.decoder[0].heads, model.decoder[0].size
    cosine, sine = turns(total, size)

    def ahead(step: tf.Tensor, end: tf.Tensor, state: Any) -> tf.Tensor:
        return step < end if going is None else (step < end) & going(state)

    def one_chunk(step: tf.Tensor, x: tf.Tensor, caches: Any, state: Any) -> tuple:
        first, end = step, tf.minimum(step + CHUNK, total)
        within = tf.range(2 * batch * heads) * end
        noise = chunk(first, end)

        def one_step(step: tf.Tensor, x: tf.Tensor, caches: Any, state: Any) -> tuple:
            here = known.at(step)
            x += tf.repeat(here, rows, 0) if rows > 1 else here
            future = tf.where(tf.range(end) > step, -1e9, 0.0)
            place = Place(cosine[step], sine[step], within + step, future)
            grown = []
            for number, (block, cache) in enumerate(zip(model.decoder, caches, strict=True)):
                across = (
                    model.told.across[number].of_step(known.recalled.held[number], rows) if model.told.across else None
                )
                x, cache = block.step(x, cache, place, across)
                grown.append(cache)
            tokens, state, parents = decide(Walk(step, model.decoder_norm(x), noise, step - first), state)
            if parents is not None:
                grown = [_of(parents, cache, heads) for cache in grown]
            return step + 1, model.embed(tokens), grown, state

        step, x, caches, state = tf.while_loop(
            lambda step, *rest: ahead(step, end, rest[-1]), one_step, (step, x, caches, state), parallel_iterations=1
        )
        more = tf.minimum(end + CHUNK, total) - end
        return step, x, [tf.pad(cache, [[0, 0], [0, 0], [0, more], [0, 0]]) for cache in caches], state

    x = tf.cast(tf.broadcast_to(model.start, [batch, tf.shape(known.encoded)[2]]), known.encoded.dtype)
    # slices of one tensor: each is written in place, and equal tensors of zeros could be made one by the optimiser
    caches = tf.unstack(tf.zeros([model.depth, 2, batch * heads, tf.minimum(CHUNK, total), size], known.encoded.dtype))
    return tf.while_loop(
        lambda step, *rest: ahead(step, total, rest[-1]), one_chunk, (tf.constant(0), x, caches, state),
        parallel_iterations=1,
    )[3]  # fmt: skip


def _of(parents: tf.Tensor, cache: tf.Tensor, heads: int) -> tf.Tensor:
    """The cache [2, rows · heads, length, size] of the rows `parents`."""
    shape = tf.shape(cache)
    by_row = tf.reshape(cache, [2, -1, heads * shape[2] * shape[3]])
    return tf.reshape(tf.gather(by_row, parents, axis=1), shape)
