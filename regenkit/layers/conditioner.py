"""A condition of any fields, as models of grids take it: a vector an example, and a map over the grid.

    scalars, vectors      embedded each, and summed                               → vector
    sequences (captions)  embedded, read by a convolution and two transformer
                          blocks, averaged                                        → vector
    grids (codes, pixels) embedded place by place, brought to the target's size   → map

0 is "absent" in every field, so a condition is hidden, for guidance or because there is no X, by zeroing it (`hide`).
"""

import math
from collections.abc import Mapping
from typing import final

from regenkit.layers import noise
from regenkit.layers.attention import Block, blocks, through
from regenkit.layers.fields import normal
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec

READERS = 2
"""Transformer blocks that read a sequence."""
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
            name: keras.layers.Embedding(field.vocabulary + 1, width, embeddings_initializer=normal())
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
                self.grams[name] = keras.layers.Conv1D(width, GRAM, padding="same", activation="silu")
                self.readers[name] = blocks(width, 4, READERS, dropout=0.0)
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
                inner = [] if field.vocabulary else [self._entry(field)]
                x = embed(tf.reshape(value, [batch, height, breadth, *inner]))
                x = self._resized(x, field)
                found = x if found is None else found + x
            elif field.variable:
                clock = self.spec.clock(name)
                vector += self._read(name, field, value, condition.get(clock.mask) if clock else None, seeds)
            elif field.vocabulary:
                x = embed(value)
                vector += x if field.scalar else tf.reduce_sum(tf.reshape(x, [batch, -1, self.width]), 1)
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

    def _resized(self, x: tf.Tensor, field: Field) -> tf.Tensor:
        """Repeated where the sizes divide, interpolated where they don't."""
        assert self.grid is not None
        height, breadth = (int(size or 0) for size in field.shape[:2])
        if (height, breadth) == self.grid:
            return x
        if not self.grid[0] % height and not self.grid[1] % breadth:
            return tf.repeat(tf.repeat(x, self.grid[0] // height, axis=1), self.grid[1] // breadth, axis=2)
        return tf.cast(tf.image.resize(x, self.grid), x.dtype)


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
