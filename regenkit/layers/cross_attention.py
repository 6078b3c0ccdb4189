"""What a decoder asks of a memory that does not run along its own steps (Vaswani et al. 2017, arXiv 1706.03762)."""

from typing import NamedTuple, final

from regenkit.layers import noise
from regenkit.layers.attention import Across
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf


class Held(NamedTuple):
    """A memory as one layer of attention reads it: made once an example, however many steps are drawn."""

    keys: tf.Tensor  # [batch, heads, entries, size]
    values: tf.Tensor  # the same
    hidden: tf.Tensor  # float32 [batch, 1, 1, entries]: 0 where there is an entry, −1e9 where there is none


@final
class CrossAttention(keras.layers.Layer):
    """A residual branch: x [batch, steps, width] → x and what its steps find in a memory.

    Entries have no order here: whoever makes the memory says in its vectors where they stand.
    """

    def __init__(self, width: int, heads: int, *, dropout: float, residual_scale: float) -> None:
        super().__init__()
        self.width, self.heads, self.size, self.dropout = width, heads, width // heads, dropout
        small = keras.initializers.RandomNormal(stddev=residual_scale * width**-0.5)
        self.norm = keras.layers.LayerNormalization(center=False, epsilon=1e-5)
        self.query = keras.layers.Dense(width, use_bias=False)
        self.key_value = keras.layers.Dense(2 * width, use_bias=False)
        self.out = keras.layers.Dense(width, use_bias=False, kernel_initializer=small)

    def build(self, _shape: object = None) -> None:
        for layer in (self.norm, self.query, self.key_value, self.out):
            layer.build((None, None, self.width))
        self.built = True

    def hold(self, entries: tf.Tensor, known: tf.Tensor) -> Held:
        """`entries` [batch, entries, width], of which those exist that are `known`, bool [batch, entries]."""
        shape = tf.shape(entries)
        both = tf.reshape(self.key_value(entries), [shape[0], shape[1], 2, self.heads, self.size])
        keys, values = tf.unstack(tf.transpose(both, [2, 0, 3, 1, 4]))
        return Held(keys, values, tf.where(known, 0.0, -1e9)[:, None, None, :])

    def attend(self, x: tf.Tensor, held: Held, seeds: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        """(x and what it finds, how much each step looks at each entry: float32 [batch, heads, steps, entries]).

        `seeds` int32 [batch, 2], for dropout; None = none.
        """
        shape = tf.shape(x)
        query = tf.reshape(self.query(self.norm(x)), [shape[0], shape[1], self.heads, self.size])
        scores = tf.matmul(tf.transpose(query, [0, 2, 1, 3]), held.keys, transpose_b=True)
        weights = tf.nn.softmax(tf.cast(scores, tf.float32) * self.size**-0.5 + held.hidden)
        found = tf.transpose(tf.matmul(tf.cast(weights, x.dtype), held.values), [0, 2, 1, 3])
        found = self.out(tf.reshape(found, shape))
        mask = noise.keep(noise.fold_in(seeds, "cross-attention"), self.width, self.dropout)
        return x + (found if mask is None else found * tf.cast(mask, x.dtype)[:, None, :]), weights

    def of(self, held: Held, weights: list[tf.Tensor]) -> Across:
        """What `Block.call` does with a memory; how much each step looked at each entry is added to `weights`."""

        def attended(x: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
            x, found = self.attend(x, held, seeds)
            weights.append(found)
            return x

        return attended

    def of_step(self, held: Held, rows: int = 1) -> Across:
        """What `Block.step` does with it; `rows` stand one after the other for each example of the memory."""
        return lambda x, _seeds: self.step(x, held, rows)

    def step(self, x: tf.Tensor, held: Held, rows: int = 1) -> tf.Tensor:
        """One step of each example, [batch · rows, width]."""
        query = tf.reshape(self.query(self.norm(x)), [-1, rows, self.heads, self.size])
        query = tf.transpose(query, [0, 2, 1, 3]) if rows > 1 else tf.reshape(query, [-1, self.heads, 1, self.size])
        scores = tf.cast(tf.matmul(query, held.keys, transpose_b=True), tf.float32) * self.size**-0.5
        found = tf.matmul(tf.cast(tf.nn.softmax(scores + held.hidden), x.dtype), held.values)
        found = tf.transpose(found, [0, 2, 1, 3]) if rows > 1 else found
        return x + self.out(tf.reshape(found, [-1, self.width]))


def across(width: int, heads: int, depth: int, *, dropout: float) -> list[CrossAttention]:
    """One for each of so many blocks, as `attention.blocks`."""
    scale = (2 * max(depth, 1)) ** -0.5
    return [CrossAttention(width, heads, dropout=dropout, residual_scale=scale) for _ in range(depth)]
