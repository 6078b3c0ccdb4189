"""A pre-norm transformer block: self-attention with rotary positions, then a gated feed-forward layer.

Rotary position embedding: Su et al. 2021, arXiv 2104.09864. Pre-norm: Xiong et al. 2020, arXiv 2002.04745. Gated
feed-forward: Shazeer 2020, arXiv 2002.05202. Dropout is variational (Gal and Ghahramani 2016, arXiv 1512.05287): one
mask an example for all its steps, so that its noise costs [batch, width] and not [batch, steps, width].

Axes are [batch, steps, width]; within attention [batch, heads, steps, size].
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, final

from regenkit.layers import noise
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf


def rotary(steps: tf.Tensor, size: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Cosine and sine [steps, size / 2] for the positions `steps`, int32 [steps]."""
    rate = 10000.0 ** (-tf.range(0, size, 2, dtype=tf.float32) / size)
    angle = tf.cast(steps, tf.float32)[:, None] * rate[None, :]
    return tf.cos(angle), tf.sin(angle)


def _rotate(x: tf.Tensor, turn: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
    first, second = tf.split(x, 2, axis=-1)
    cosine, sine = (tf.cast(value, x.dtype) for value in turn)
    return tf.concat([first * cosine - second * sine, first * sine + second * cosine], axis=-1)


Across = Callable[[tf.Tensor, tf.Tensor | None], tf.Tensor]
"""(x, seeds) → x and what it finds elsewhere: a block does so between its self-attention and its feed-forward layer."""


class Place(NamedTuple):
    """One position of a decoder, as `Block.step` wants it: the same for every block, so made once a position."""

    cosine: tf.Tensor  # [3, 1, size], for query (which it also scales), key and value (which it leaves alone)
    sine: tf.Tensor  # the same, its first half negated
    rows: tf.Tensor  # int32 [2 × batch × heads], where in a cache this position's keys and values go, counted in steps
    future: tf.Tensor  # [length], 0 up to this position and −1e9 after it


def turns(steps: tf.Tensor, size: int) -> tuple[tf.Tensor, tf.Tensor]:
    """`Place.cosine` and `Place.sine` of the positions 0 … steps − 1, [steps, 3, 1, size]."""
    cosine, sine = rotary(tf.range(steps), size)
    cosine, sine = tf.concat([cosine, cosine], 1), tf.concat([-sine, sine], 1)
    scale = size**-0.5
    cosines = tf.stack([cosine * scale, cosine, tf.ones_like(cosine)], 1)
    return cosines[:, :, None], tf.stack([sine * scale, sine, tf.zeros_like(sine)], 1)[:, :, None]


@final
class Block(keras.layers.Layer):
    """One block; `call` sees whole sequences, `step` one position with a cache of the ones before."""

    def __init__(self, width: int, heads: int, *, dropout: float, residual_scale: float) -> None:
        super().__init__()
        if width % (2 * heads):
            raise ValueError(f"width {width} must be a multiple of 2 × heads ({heads})")
        self.width, self.heads, self.size = width, heads, width // heads
        self.dropout = dropout
        small = keras.initializers.RandomNormal(stddev=residual_scale * width**-0.5)
        self.attention_norm = keras.layers.LayerNormalization(center=False, epsilon=1e-5)
        self.query_key_value = keras.layers.Dense(3 * width, use_bias=False)
        self.attention_out = keras.layers.Dense(width, use_bias=False, kernel_initializer=small)
        self.hidden_norm = keras.layers.LayerNormalization(center=False, epsilon=1e-5)
        self.hidden = keras.layers.Dense(4 * width, use_bias=False)
        self.hidden_out = keras.layers.Dense(width, use_bias=False, kernel_initializer=small)

    def build(self, shape: tuple[int | None, ...]) -> None:
        for layer in (self.attention_norm, self.query_key_value, self.attention_out, self.hidden_norm, self.hidden):
            layer.build((None, None, self.width))
        self.hidden_out.build((None, None, 2 * self.width))
        self.built = True

    def _heads(self, x: tf.Tensor) -> list[tf.Tensor]:
        shape = tf.shape(x)
        x = tf.reshape(self.query_key_value(self.attention_norm(x)), [shape[0], shape[1], 3, self.heads, self.size])
        return tf.unstack(tf.transpose(x, [2, 0, 3, 1, 4]))

    def _finish(
        self, x: tf.Tensor, attended: tf.Tensor, seeds: tf.Tensor | None, across: Across | None
    ) -> tf.Tensor:  # fmt: skip
        x += self._drop(self.attention_out(attended), seeds, "attention")
        if across is not None:
            x = across(x, seeds)
        gate, value = tf.split(self.hidden(self.hidden_norm(x)), 2, axis=-1)
        return x + self._drop(self.hidden_out(tf.nn.silu(gate) * value), seeds, "feed-forward")

    def _drop(self, x: tf.Tensor, seeds: tf.Tensor | None, branch: str) -> tf.Tensor:
        mask = noise.keep(noise.fold_in(seeds, branch), self.width, self.dropout)
        return x if mask is None else x * tf.cast(mask, x.dtype)[:, None, :]

    def call(
        self, x: tf.Tensor, seen: tf.Tensor, seeds: tf.Tensor | None = None, across: Across | None = None
    ) -> tf.Tensor:  # fmt: skip
        """`seen` [batch or 1, steps, steps], true where a row may look at a column."""
        query, key, value = self._heads(x)
        turn = rotary(tf.range(tf.shape(x)[1]), self.size)
        query, key = _rotate(query, turn), _rotate(key, turn)
        scores = tf.cast(tf.matmul(query, key, transpose_b=True), tf.float32) * self.size**-0.5
        weights = tf.cast(tf.nn.softmax(tf.where(seen[:, None], scores, -1e9)), value.dtype)
        attended = tf.transpose(tf.matmul(weights, value), [0, 2, 1, 3])
        return self._finish(x, tf.reshape(attended, tf.shape(x)), seeds, across)

    def step(
        self, x: tf.Tensor, cache: tf.Tensor, place: Place, across: Across | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:  # fmt: skip
        """One position: x [batch, width], keys and values [2, batch × heads, length, size] → (x, cache).

        The cache is written in place, so no other may share its memory.
        """
        h = tf.reshape(self.query_key_value(self.attention_norm(x)), [-1, 3, self.heads, self.size])
        cosine, sine = tf.cast(place.cosine, h.dtype), tf.cast(place.sine, h.dtype)
        h = h * cosine + tf.roll(h, self.size // 2, axis=-1) * sine
        h = tf.reshape(tf.transpose(h, [1, 0, 2, 3]), [3, -1, 1, self.size])
        # tensor_scatter_nd_update would copy the cache at every step. Whatever read the cache before has done so: `x`
        # was computed from it.
        written = tf.raw_ops.InplaceUpdate(
            x=tf.reshape(cache, [-1, self.size]), i=place.rows, v=tf.reshape(h[1:], [-1, self.size])
        )
        cache = tf.reshape(written, tf.shape(cache))
        keys, values = tf.unstack(cache)
        scores = tf.cast(tf.matmul(h[0], keys, transpose_b=True), tf.float32)
        weights = tf.cast(tf.nn.softmax(scores + place.future), x.dtype)
        return self._finish(x, tf.reshape(tf.matmul(weights, values), [-1, self.width]), None, across), cache


def blocks(width: int, heads: int, depth: int, *, dropout: float) -> list[Block]:
    """`depth` blocks: the more, the smaller their branches begin."""
    scale = (2 * depth) ** -0.5
    return [Block(width, heads, dropout=dropout, residual_scale=scale) for _ in range(depth)]


def through(
    blocks: list[Block],
    x: tf.Tensor,
    seen: tf.Tensor,
    seeds: tf.Tensor | None,
    across: Sequence[Across] | None = None,
) -> tf.Tensor:
    """`x` [batch, steps, width] through one block after the other; `seen`, `seeds` and each `across` as of `Block`."""
    for number, block in enumerate(blocks):
        x = block(x, seen, noise.fold_in(seeds, "block", number), across=across[number] if across else None)
    return x
