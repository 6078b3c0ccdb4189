"""A token is drawn from the vocabulary, or copied from the condition: the pointer-generator of See et al. 2017 (arXiv
1704.04368), with attention of its own.

    P(token) = P(no copy) · P(token | vocabulary) + P(copy) · Σ of the attention to the entries that hold this token
"""

from collections.abc import Mapping
from typing import NamedTuple, final

import numpy as np

from regenkit.layers.memory import Memory
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec

LEAST = 1e-20
"""Probability in place of 0, of which there is no logarithm."""


class Source(NamedTuple):
    """What may be copied, of one batch."""

    keys: tf.Tensor  # [batch, entries, width]
    tokens: tf.Tensor  # float32 [batch, entries, vocabulary of the target], of sum 1, or 0 where there is none
    hidden: tf.Tensor  # float32 [batch, 1, entries]: −1e9 where there is none
    any: tf.Tensor  # bool [batch, 1, 1]: whether there is one


@final
class Copying(keras.layers.Layer):
    """For one field of a target; `sources` are the fields of the condition with labels in common with it."""

    def __init__(self, sources: Spec, field: Field, width: int) -> None:
        super().__init__()
        self.sources, self.vocabulary, self.width = sources, field.vocabulary or 0, width
        self.tables = {name: _table(source, field) for name, source in sources.items()}
        self.query = keras.layers.Dense(width, use_bias=False)
        self.key = keras.layers.Dense(width, use_bias=False)
        self.gate = keras.layers.Dense(1)

    def build(self, _shape: object = None) -> None:
        for layer in (self.query, self.key, self.gate):
            layer.build((None, None, self.width))
        self.built = True

    def hold(self, memory: Memory, condition: Mapping[str, tf.Tensor]) -> Source:
        """Made once an example."""
        entries, tokens = [], []
        for name in self.sources:
            start = memory.starts[name]
            entries.append(memory.entries[:, start : start + memory.sizes[name]])
            tokens.append(self._tokens(name, tf.convert_to_tensor(condition[name])))
        together = tf.concat(tokens, 1)
        there = tf.reduce_sum(together, -1) > 0
        hidden = tf.where(there, 0.0, -1e9)[:, None]
        return Source(self.key(tf.concat(entries, 1)), together, hidden, tf.reduce_any(there, 1)[:, None, None])

    def _tokens(self, name: str, value: tf.Tensor) -> tf.Tensor:
        table = self.tables[name]
        shape = tf.shape(value)
        if value.dtype.is_floating:  # soft tokens, see `FieldsEmbedding`
            hot = (table[1:, None] == np.arange(1, self.vocabulary + 1)).astype(np.float32)
            return tf.matmul(tf.cast(value, tf.float32), hot)
        flat = tf.reshape(value, [shape[0], tf.reduce_prod(shape[1:])])
        return tf.one_hot(tf.gather(tf.constant(table), flat) - 1, self.vocabulary)

    def mixed(self, x: tf.Tensor, logits: tf.Tensor, source: Source) -> tf.Tensor:
        """log P of each token, float32 [batch, steps, vocabulary].

        x       the decoder's output, [batch, steps, width]
        logits  of what is not copied
        """
        scores = tf.cast(tf.matmul(self.query(x), source.keys, transpose_b=True), tf.float32) * self.width**-0.5
        copied = tf.matmul(tf.nn.softmax(scores + source.hidden), source.tokens)
        gate = tf.cast(self.gate(x), tf.float32)
        own = tf.nn.log_softmax(logits)
        both = _log_sum(own + tf.math.log_sigmoid(-gate), tf.math.log(copied + LEAST) + tf.math.log_sigmoid(gate))
        return tf.where(source.any, both, own)

    def mixed_rows(self, x: tf.Tensor, logits: tf.Tensor, source: Source) -> tf.Tensor:
        """The same of rows as well, [batch · rows, width], of which as many stand one after the other an example."""
        if x.shape.rank == 3:
            return self.mixed(x, logits, source)
        batch = tf.shape(source.tokens)[0]
        each = tf.reshape(x, [batch, -1, self.width])
        found = self.mixed(each, tf.reshape(logits, [batch, -1, self.vocabulary]), source)
        return tf.reshape(found, tf.shape(logits))


def copyable(condition: Spec, target: Spec) -> dict[str, Spec]:
    """By field of the target, the fields of a condition with labels in common with it. Raises ValueError where there
    are none."""
    found = {}
    for name, field in target.items():
        sources = Spec((own, each) for own, each in condition.items() if set(each.labels) & set(field.labels))
        if sources:
            found[name] = sources
    if not found:
        raise ValueError(
            "copy: no field of the condition that runs along another axis than the target has labels in common with "
            f"a field of the target ({', '.join(target)}); right are such fields, as two texts of one vocabulary"
        )
    return found


def _table(source: Field, field: Field) -> np.ndarray:
    """The token of `field` with the label of each token of `source`, int32 [vocabulary + 1]; 0 where there is none."""
    tokens = {label: token for token, label in enumerate(field.labels, 1)}
    return np.array([0, *(tokens.get(label, 0) for label in source.labels)], np.int32)


def _log_sum(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """log(exp(one) + exp(other))."""
    return tf.maximum(one, other) + tf.math.softplus(-tf.abs(one - other))
