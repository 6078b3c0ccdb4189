"""What a condition says on axes of its own, as one memory that a decoder looks things up in.

fields of one clock        embedded each, summed an entry, told where they stand, and read in both directions
fields of fixed shape      a grid's places or a vector: entries of their own, told where they stand
all of them                one after the other, each with a vector of its own; before them one entry that is always
                           there, so that a decoder finds something where the condition is absent
"""

import math
from collections.abc import Mapping
from typing import NamedTuple, final

from regenkit.layers import noise
from regenkit.layers.attention import blocks, through
from regenkit.layers.conditioner import is_grid
from regenkit.layers.fields import embed, normal
from regenkit.layers.positions import sinusoids
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec


class Memory(NamedTuple):
    entries: tf.Tensor  # [batch, entries, width]
    known: tf.Tensor  # bool [batch, entries]: which exist
    starts: Mapping[str, tf.Tensor]  # by field, the number of its first entry; fields of one clock share their entries
    sizes: Mapping[str, tf.Tensor]  # by field, how many it has, padding included


@final
class MemoryReader(keras.layers.Layer):
    """Fields [batch, …] of which none is a scalar → `Memory`.

    A field whose values are all 0 is absent: what stands on its clock alone is then hidden.
    """

    def __init__(self, spec: Spec, width: int, heads: int, depth: int, *, dropout: float) -> None:
        super().__init__()
        self.spec, self.width = spec, width
        self.groups: dict[str, list[str]] = {}
        for name in spec:
            clock = spec.clock(name)
            self.groups.setdefault(clock.mask if clock else f"field {name}", []).append(name)
        self.embeddings = {
            name: keras.layers.Embedding(field.vocabulary + 1, width, embeddings_initializer=normal())
            if field.vocabulary
            else keras.layers.Dense(width)
            for name, field in spec.items()
        }
        self.own = self.add_weight(name="own", shape=(len(self.groups) + 1, width), initializer=normal())
        self.scale = self.add_weight(name="scale", shape=(), initializer=keras.initializers.Constant(0.3))
        self.places = {
            name: self.add_weight(name=f"places_{name}", shape=(_count(field), width), initializer=normal())
            for name, field in spec.items()
            if not field.variable
        }
        self.blocks = blocks(width, heads, depth, dropout=dropout)
        self.norm = keras.layers.LayerNormalization(center=False)

    def build(self, _shape: object = None) -> None:
        for name, layer in self.embeddings.items():
            layer.build((None, None, 1 if self.spec[name].vocabulary else _numbers(self.spec[name])))
        for layer in (*self.blocks, self.norm):
            layer.build((None, None, self.width))
        self.built = True

    def call(self, condition: Mapping[str, tf.Tensor], batch: tf.Tensor, seeds: tf.Tensor | None = None) -> Memory:
        """`batch`: how many examples; `seeds` as of `Block`."""
        null = tf.cast(tf.broadcast_to(self.own[0], [batch, 1, self.width]), self.compute_dtype)
        found, known = [null], [tf.ones([batch, 1], tf.bool)]
        starts: dict[str, tf.Tensor] = {}
        sizes: dict[str, tf.Tensor] = {}
        start = tf.constant(1)
        for number, (group, names) in enumerate(self.groups.items()):
            x, there = self._read(group, names, condition, batch, number, noise.fold_in(seeds, group))
            found.append(x)
            known.append(there)
            size = tf.shape(there)[1]
            starts |= dict.fromkeys(names, start)
            sizes |= dict.fromkeys(names, size)
            start += size
        return Memory(tf.concat(found, 1), tf.concat(known, 1), starts, sizes)

    def _read(
        self, group: str, names: list[str], condition: Mapping[str, tf.Tensor], batch: tf.Tensor, number: int,
        seeds: tf.Tensor | None,
    ) -> tuple[tf.Tensor, tf.Tensor]:  # fmt: skip
        vectors, present = [], []
        for name in names:
            field, value = self.spec[name], tf.convert_to_tensor(condition[name])
            if field.variable:
                vectors.append(embed(self.embeddings[name], field, value, tf.stack([batch, -1])))
            else:
                flat = [batch, _count(field)] if field.vocabulary else [batch, _count(field), _numbers(field)]
                vectors.append(self.embeddings[name](tf.reshape(value, flat)))
            present.append(_present(field, value, batch))
        x = tf.add_n(vectors) + tf.cast(self.own[number + 1], vectors[0].dtype)
        known = tf.reduce_any(tf.stack(present), 0)
        if group in condition:
            known &= tf.cast(condition[group], tf.bool)
        place = self.places.get(names[0])
        x += tf.cast(sinusoids(tf.shape(x)[1], self.width) * self.scale if place is None else place, x.dtype)
        return self.norm(through(self.blocks, x, known[:, None, :], seeds)), known


def _present(field: Field, value: tf.Tensor, batch: tf.Tensor) -> tf.Tensor:
    """bool [batch, entries], or [batch, 1] for all entries alike: whether there is something."""
    if field.vocabulary and value.dtype.is_floating:  # soft tokens, see `FieldsEmbedding`
        return tf.reduce_sum(value, -1) > 0
    if field.vocabulary:
        return tf.reshape(value, [batch, tf.reduce_prod(tf.shape(value)[1:])]) > 0
    entries = tf.shape(value)[1] if field.variable else _count(field)
    return tf.broadcast_to(tf.reduce_any(value != 0, range(1, len(value.shape)), keepdims=False)[:, None],
                           tf.stack([batch, entries]))  # fmt: skip


def _count(field: Field) -> int:
    """Entries of a field of fixed shape: of tokens each one, of numbers the places of a grid, or one vector."""
    shape = field.shape if field.vocabulary else field.shape[:2] if is_grid(field) else ()
    return math.prod(size or 1 for size in shape)


def _numbers(field: Field) -> int:
    """How many numbers one entry has."""
    shape = field.shape[1:] if field.variable else field.shape[2:] if is_grid(field) else field.shape
    return math.prod(size or 1 for size in shape)
