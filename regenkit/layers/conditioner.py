"""A condition of any fields, as models of grids take it: a vector an example, and a map over the grid.

    scalars, vectors      embedded each, and summed                               → vector
    sequences (captions)  embedded, read by a convolution and two transformer
                          blocks, averaged                                        → vector
    grids (codes, pixels) embedded place by place, brought to the target's size   → map

Several tokens of one place, as those of a vector, have a table each: a sum tells which of them stands where.
0 is "absent" in every field, so a condition is hidden, for guidance or because there is no X, by zeroing it (`hide`).
"""

import math
from collections.abc import Mapping
from typing import final

from regenkit.layers import noise
from regenkit.layers.attention import Block, blocks, through
from regenkit.layers.fields import normal
from regenkit.layers.resizing import resized
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec

READERS = 2
"""Transformer blocks that read a sequence."""
HEADS = 4
"""Of each of them."""
GRAM = 7
"""Steps that the convolution before them sees: of a caption's bytes a word or so, which attention is slow to find."""


@final
class Conditioner(keras.layers.Layer):
    """Fields [batch, …] → (vector [batch, width], map [batch, height, breadth, width] or None).

    grid   height and breadth of the map; None where the model takes no map: then no field may be a grid
    """

    def __init__(self, spec: Spec, width: int, *, grid: tuple[int, int] | None = None) -> None:
        super().__init__()
        self.spec, self.width, self.grid = spec, width, grid
        self.embeddings = {
            name: keras.layers.Embedding(_beside(field) * field.vocabulary + 1, width, embeddings_initializer=normal())
            if field.vocabulary
            else keras.layers.Dense(width)
            for name, field in spec.items()
        }
        self.grams: dict[str, keras.layers.Layer] = {}
        self.readers: dict[str, list[Block]] = {}
        self.norms: dict[str, keras.layers.Layer] = {}
        for name, field in spec.items():
            if is_grid(field) and grid is None:
                raise ValueError(f"{name} of the condition is a grid; this model takes vectors and sequences")
            if field.variable:
                if width % (2 * HEADS):
                    raise ValueError(f"{name} of the condition is a sequence, read in vectors of so many numbers: "
                                     f"{width}; right is a multiple of {2 * HEADS}: choose another width")  # fmt: skip
                self.grams[name] = keras.layers.Conv1D(width, GRAM, padding="same", activation="silu")
                self.readers[name] = blocks(width, HEADS, READERS, dropout=0.0)
                self.norms[name] = keras.layers.LayerNormalization()
        self.has_map = any(is_grid(field) for field in spec.values())

    def build(self, _shape: object = None) -> None:
        for name, layer in self.embeddings.items():
            layer.build((None, self._entry(self.spec[name])))
        for name, read in self.readers.items():
            for layer in (self.grams[name], *read, self.norms[name]):
                layer.build((None, None, self.width))
        self.built = True

    @staticmethod
    def _entry(field: Field) -> int:
        """Numbers that one embedding takes: of grids those of a place, of sequences those of a step."""
        if field.vocabulary:
            return 1
        shape = field.shape[2:] if is_grid(field) else field.shape[1:] if field.variable else field.shape
        return math.prod(size or 1 for size in shape)

    def call(
        self, condition: Mapping[str, tf.Tensor], batch: tf.Tensor, seeds: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """`batch`: how many examples, where the condition has no field to tell."""
        vector = tf.zeros([batch, self.width], self.compute_dtype)
        found = None
        for name, field in self.spec.items():
            value, embed = condition[name], self.embeddings[name]
            if is_grid(field):
                height, breadth = field.shape[:2]
                shape = [batch, height, breadth]
                if field.vocabulary:
                    x = _summed(embed, field, tf.reshape(value, [*shape, _beside(field)]))
                else:
                    x = embed(tf.reshape(value, [*shape, self._entry(field)]))
                assert self.grid is not None
                x = resized(x, self.grid)
                found = x if found is None else found + x
            elif field.variable:
                clock = self.spec.clock(name)
                vector += self._read(name, field, value, condition.get(clock.mask) if clock else None, seeds)
            elif field.vocabulary:
                vector += _summed(embed, field, tf.reshape(value, [batch, _beside(field)]))
            else:
                vector += embed(tf.reshape(value, [batch, self._entry(field)]))
        return vector, found

    def _read(
        self, name: str, field: Field, value: tf.Tensor, mask: tf.Tensor | None, seeds: tf.Tensor | None
    ) -> tf.Tensor:  # fmt: skip
        """`mask` bool [batch, entries]; without it, and of tokens, what is 0 is absent."""
        if field.vocabulary:
            known, x = value > 0, self.embeddings[name](value)
        else:
            value = tf.reshape(value, [tf.shape(value)[0], -1, self._entry(field)])
            known, x = tf.reduce_any(value != 0, -1), self.embeddings[name](value)
            if mask is not None:  # an entry of zeros is one, unless all are
                known = tf.reduce_any(known, 1, keepdims=True) & tf.cast(mask, tf.bool)
        weight = tf.cast(known, x.dtype)[..., None]
        x *= weight
        x += self.grams[name](x)
        x = through(self.readers[name], x, known[:, None, :], noise.fold_in(seeds, f"field {name}"))
        # in float32: sums of float16 stop at a few thousand entries
        x, weight = tf.cast(self.norms[name](x), tf.float32), tf.cast(weight, tf.float32)
        mean = tf.reduce_sum(x * weight, 1) / tf.maximum(tf.reduce_sum(weight, 1), 1.0)
        return tf.cast(mean, self.compute_dtype)


def _beside(field: Field) -> int:
    """How many tokens stand at one place: those of a vector, and those beside one another in a grid."""
    shape = () if field.variable else field.shape[2:] if is_grid(field) else field.shape
    return math.prod(size or 1 for size in shape)


def _summed(embed: keras.layers.Layer, field: Field, tokens: tf.Tensor) -> tf.Tensor:
    """[..., width] of the tokens int32 [..., `_beside`] of each place; the first row of the table is for all absent."""
    if tokens.shape[-1] == 1:
        return embed(tokens[..., 0])
    table = tf.range(tokens.shape[-1], dtype=tokens.dtype) * (field.vocabulary or 0)
    return tf.reduce_sum(embed(tf.where(tokens > 0, tokens + table, 0)), -2)


def fields_and_masks(condition: Mapping[str, tf.Tensor], spec: Spec) -> dict[str, tf.Tensor]:
    """What a batch has of a condition: its fields, and the masks of their clocks, without which zeros are absent."""
    masks = [clock.mask for clock in spec.clocks if clock.mask in condition]
    return {name: condition[name] for name in (*spec, *masks)}


def is_grid(field: Field) -> bool:
    """Whether it has a height and a breadth: codes (h, w), pixels or vectors (h, w, channels)."""
    axes = 2 if field.vocabulary else 3
    return len(field.shape) >= axes and not field.variable


def hide(condition: Mapping[str, tf.Tensor], spec: Spec, seeds: tf.Tensor | None, rate: float) -> dict[str, tf.Tensor]:
    """The condition, wholly absent of a `rate` of the examples, for classifier-free guidance (Ho and Salimans 2022,
    arXiv 2207.12598). `seeds` int32 [batch, 2]; None = evaluation, nothing is hidden."""
    kept = noise.keep(noise.fold_in(seeds, "hide the condition"), 1, rate)
    if kept is None:
        return dict(condition)
    found = dict(condition)
    for name in spec:
        shape = [-1] + [1] * (len(condition[name].shape) - 1)
        found[name] = condition[name] * tf.cast(tf.reshape(kept, shape) > 0, condition[name].dtype)
    return found


def absent(condition: Mapping[str, tf.Tensor], spec: Spec) -> dict[str, tf.Tensor]:
    """The same condition, hidden for all."""
    return {**condition, **{name: tf.zeros_like(condition[name]) for name in spec}}
