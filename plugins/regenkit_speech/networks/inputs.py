"""The fields of a condition along one clock, as numbers an entry."""

import math
from typing import final

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Clock, Spec
from regenkit.stage import Batch

EMBEDDED = 16
"""Numbers for a token."""


@final
class Entries(keras.layers.Layer):
    """Fields of `condition` on `clock`, and its scalars at every entry: float32 [batch, entries, size].

    Raises ValueError where a field is neither.
    """

    def __init__(self, condition: Spec, clock: Clock) -> None:
        super().__init__(dtype="float32")
        self.condition = condition
        self.size = 0
        self.tables: dict[str, keras.layers.Layer] = {}
        for name, field in condition.items():
            if field.variable and condition.clock(name) != clock:
                raise ValueError(f"{name} runs along another clock than {clock.axis} by {clock.hop}")
            if field.variable and field.shape[0] is not None:
                raise ValueError(f"{name} has shape {field.shape}; right is (None, …)")
            if field.vocabulary:
                self.tables[name] = keras.layers.Embedding(field.vocabulary + 1, EMBEDDED)
                self.tables[name].build(None)
            self.size += EMBEDDED if field.vocabulary else math.prod(size or 1 for size in field.shape)
        self.built = True

    def call(self, batch: Batch, mask: tf.Tensor) -> tf.Tensor:
        """mask bool [batch, entries]."""
        shape = tf.shape(mask)
        parts = []
        for name, field in self.condition.items():
            value = batch[name]
            value = tf.cast(self.tables[name](value) if name in self.tables else value, tf.float32)
            if field.variable:
                size = EMBEDDED if field.vocabulary else math.prod(each or 1 for each in field.shape)
                parts.append(tf.reshape(value, [shape[0], shape[1], size]))
            else:
                flat = tf.reshape(value, [shape[0], 1, -1])
                parts.append(tf.tile(flat, [1, shape[1], 1]))
        return tf.concat(parts, -1)
