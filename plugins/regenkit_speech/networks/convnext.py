"""ConvNeXt blocks along time (Liu et al. 2022, arXiv 2201.03545; for speech: Siuzdak 2023, arXiv 2306.00814).

Entries that do not exist are 0 before every convolution, so that an example has the same result alone, in a batch, and
in overlapping chunks of itself. The norm is over the width of each entry.
"""

from typing import final

from regenkit.layers import noise
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf


@final
class ConvNeXt(keras.layers.Layer):
    """x + scale · MLP(norm(depthwise convolution)); a vector of the condition scales and shifts what is normalised.

    kernel    entries that a convolution sees
    scale     of the branch at the start
    dropout   of the branch in training, one mask an example for all its entries
    vector    size of the vector; 0 = there is none
    dilation  entries between two that it sees
    """

    def __init__(
        self, width: int, *, kernel: int = 7, expand: int = 3, scale: float = 0.1, dropout: float = 0.0,
        vector: int = 0, dilation: int = 1,
    ) -> None:  # fmt: skip
        super().__init__()
        self.width, self.kernel, self.expand, self.scale = width, kernel, expand, scale
        self.dropout, self.vector, self.dilation = dropout, vector, dilation
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.hidden = keras.layers.Dense(expand * width)
        self.out = keras.layers.Dense(width)
        self.modulate = keras.layers.Dense(2 * width, kernel_initializer="zeros") if vector else None

    def build(self, _shape: object = None) -> None:
        spread = keras.initializers.VarianceScaling(1.0, "fan_in", "truncated_normal")
        self.taps = self.add_weight(shape=(1, self.kernel, self.width, 1), initializer=spread, name="taps")
        self.bias = self.add_weight(shape=(self.width,), initializer="zeros", name="bias")
        self.gain = self.add_weight(
            shape=(self.width,), initializer=keras.initializers.Constant(self.scale), name="gain"
        )
        self.norm.build((None, None, self.width))
        self.hidden.build((None, None, self.width))
        self.out.build((None, None, self.expand * self.width))
        if self.modulate is not None:
            self.modulate.build((None, self.vector))
        self.built = True

    def call(
        self, x: tf.Tensor, known: tf.Tensor, vector: tf.Tensor | None = None, seeds: tf.Tensor | None = None
    ) -> tf.Tensor:  # fmt: skip
        """x [batch, entries, width]; known float32 [batch, entries, 1], 1 where one exists; vector [batch, size]"""
        taps, dilations = tf.cast(self.taps, x.dtype), [1, self.dilation]
        h = tf.nn.depthwise_conv2d((x * known)[:, None], taps, [1, 1, 1, 1], "SAME", dilations=dilations)[:, 0]
        h = self.norm(h + tf.cast(self.bias, x.dtype))
        if self.modulate is not None:
            scale, shift = tf.split(self.modulate(vector)[:, None], 2, -1)
            h = h * (1 + scale) + shift
        h = self.out(tf.nn.gelu(self.hidden(h), approximate=True)) * tf.cast(self.gain, x.dtype)
        mask = noise.keep(seeds, self.width, self.dropout)
        return x + (h if mask is None else h * tf.cast(mask, h.dtype)[:, None])


@final
class Backbone(keras.layers.Layer):
    """A convolution into `width`, blocks, and a norm: [batch, entries, inputs] → [batch, entries, width]."""

    def __init__(
        self, inputs: int, width: int, depth: int, *, kernel: int = 7, dropout: float = 0.0, vector: int = 0
    ) -> None:  # fmt: skip
        super().__init__()
        self.inputs, self.width, self.kernel, self.depth = inputs, width, kernel, depth
        self.first = keras.layers.Conv1D(width, kernel, padding="same")
        self.first_norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.blocks = [
            ConvNeXt(width, kernel=kernel, scale=1 / max(1, depth), dropout=dropout, vector=vector)
            for _ in range(depth)
        ]  # fmt: skip
        self.last_norm = keras.layers.LayerNormalization(epsilon=1e-6)

    @property
    def reach(self) -> int:
        """Entries on each side that an entry depends on."""
        return self.kernel // 2 * (1 + self.depth)

    def build(self, _shape: object = None) -> None:
        self.first.build((None, None, self.inputs))
        for layer in (self.first_norm, *self.blocks, self.last_norm):
            layer.build((None, None, self.width))
        self.built = True

    def call(
        self, x: tf.Tensor, known: tf.Tensor, vector: tf.Tensor | None = None, seeds: tf.Tensor | None = None
    ) -> tf.Tensor:  # fmt: skip
        """As of `ConvNeXt`."""
        h = self.first_norm(self.first(x * known))
        for number, block in enumerate(self.blocks):
            h = block(h, known, vector, noise.fold_in(seeds, "block", number))
        return self.last_norm(h)
