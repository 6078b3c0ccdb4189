"""A text, read symbol by symbol: embeddings, convolutions for what is near, attention for what is far."""

from typing import final

from regenkit.layers import noise
from regenkit.layers.attention import blocks, through
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Clock, Spec
from regenkit.stage import Batch
from regenkit_speech.networks.convnext import ConvNeXt

CONVOLUTIONS = 2


@final
class TextEncoder(keras.layers.Layer):
    """Token fields of one axis, and scalars (who speaks) → [batch, symbols, width].

    Raises ValueError where the condition has no token field with one entry a step of its axis, or other fields.
    """

    def __init__(self, condition: Spec, width: int, depth: int, heads: int, dropout: float) -> None:
        super().__init__()
        clocks = [clock for clock in condition.clocks if clock.hop == 1]
        wrong = [name for name, field in condition.items() if not field.vocabulary or len(field.shape) > 1]
        if len(clocks) != 1 or len(condition.clocks) != 1 or wrong:
            raise ValueError(f"text is tokens of one axis, and scalar tokens; the condition is {condition}")
        self.clock: Clock = clocks[0]
        self.names = list(condition)
        self.tables = [keras.layers.Embedding((field.vocabulary or 0) + 1, width) for field in condition.values()]
        self.variable = [field.variable for field in condition.values()]
        self.convolutions = [ConvNeXt(width, kernel=5, dropout=dropout, scale=0.3) for _ in range(CONVOLUTIONS)]
        self.blocks = blocks(width, heads, depth, dropout=dropout)
        self.norm = keras.layers.LayerNormalization()
        for table in self.tables:
            table.build(None)
        for layer in (*self.convolutions, *self.blocks, self.norm):
            layer.build((None, None, width))
        self.built = True

    def call(self, condition: Batch, seeds: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
        """(what the symbols say, which there are: float32 [batch, symbols]), both float32"""
        mask = condition[self.clock.mask]
        known = tf.cast(mask, tf.float32)
        x = tf.zeros([1, 1, 1], self.compute_dtype)
        for name, table, variable in zip(self.names, self.tables, self.variable, strict=True):
            found = table(condition[name])
            x += found if variable else found[:, None]
        for number, layer in enumerate(self.convolutions):
            x = layer(x, known[..., None], seeds=noise.fold_in(seeds, "convolution", number))
        x = through(self.blocks, x, mask[:, None, :], noise.fold_in(seeds, "blocks"))
        return tf.cast(self.norm(x), tf.float32) * known[..., None], known
