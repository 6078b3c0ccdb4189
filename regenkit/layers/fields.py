"""All fields of a spec as one sequence of vectors: embedded each, and summed."""

import math
from collections.abc import Mapping
from typing import final

from regenkit.layers.hops import Alongside
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec


@final
class FieldsEmbedding(keras.layers.Layer):
    """Fields [batch, …] → [batch, steps, width]; scalars are added to every step.

    Those on another clock than `target`'s are brought to its steps (`layers.hops`); without a target, all have one
    entry a step.

    Tokens may be *soft*: float32 [batch, steps, vocabulary], a distribution over the tokens 1…vocabulary at each step,
    all 0 where absent. So a gradient reaches whatever predicted them.
    """

    def __init__(self, spec: Spec, width: int, target: Spec | None = None) -> None:
        super().__init__()
        self.spec, self.width = spec, width
        self.fields = embeddings(spec, width, normal())
        self.other_hops: dict[str, Alongside] = {}
        for name, field in (target or {}).items():
            clocks = (None, target.clock(name)) if target else ()
            self.other_hops |= {own: Alongside(each, field, width) for own, each in spec.items()
                                if own not in self.other_hops and spec.clock(own) not in clocks}  # fmt: skip
        self.built = True

    def call(self, values: Mapping[str, tf.Tensor], shape: tf.Tensor) -> tf.Tensor:
        """`shape` int32 [2]: batch and steps."""
        x = tf.zeros([shape[0], shape[1], self.width], self.compute_dtype)
        for name, field in self.spec.items():
            found = embed(self.fields[name], field, values[name], shape)
            if name in self.other_hops:
                clock = self.spec.clock(name)
                assert clock
                found = self.other_hops[name](found, values[clock.mask], shape[1])
            x += found
        return x


def normal() -> keras.initializers.Initializer:
    """Of a size with the normalised activations they are added to, or the past is drowned by the condition at first."""
    return keras.initializers.RandomNormal(stddev=0.3)


def embeddings(spec: Spec, width: int, initializer: keras.initializers.Initializer) -> dict[str, keras.layers.Layer]:
    """A layer a field for `embed`, built: a table for tokens, which begins by the initializer, or a matrix."""
    layers = {
        name: keras.layers.Embedding(field.vocabulary + 1, width, embeddings_initializer=initializer)
        if field.vocabulary
        else keras.layers.Dense(width)
        for name, field in spec.items()
    }
    for name, layer in layers.items():
        layer.build((None, None, 1 if spec[name].vocabulary else entry(spec[name])))
    return layers


def embed(layer: keras.layers.Layer, field: Field, value: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
    """One field [batch, …] by its own layer, [batch, steps, width]; a scalar's steps are 1."""
    value = tf.convert_to_tensor(value)
    if field.vocabulary is None:
        return layer(tf.reshape(value, [shape[0], 1 if field.scalar else -1, entry(field)]))
    if value.dtype.is_floating:
        absent = 1.0 - tf.reduce_sum(value, -1, keepdims=True)
        table = tf.cast(tf.convert_to_tensor(layer.embeddings), layer.compute_dtype)
        embedded = tf.matmul(tf.cast(tf.concat([absent, value], -1), layer.compute_dtype), table)
    else:
        embedded = layer(value)
    return embedded[:, None] if field.scalar else embedded


def entry(field: Field) -> int:
    """Values of a field at one step."""
    return math.prod(size or 1 for size in field.shape[1:])
