"""A transformer over the places of a grid, its blocks scaled, shifted and gated by a vector: DiT with adaLN-Zero.

Peebles and Xie 2023, arXiv 2212.09748. The modulations of all blocks are one matrix product.
"""

from typing import final

import numpy as np

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf


@final
class DiT(keras.layers.Layer):
    """[batch, height, breadth, width] → [batch, height, breadth, channels]; it begins as 0.

    grid      height and breadth
    channels  of the output
    depth     blocks; width must be a multiple of 32, the size of a head
    vector    size of the vector

    blocks    of each in order: the grid of its places, and numbers a place
    """

    def __init__(self, grid: tuple[int, int], channels: int, *, width: int, depth: int, vector: int) -> None:
        super().__init__()
        if width % 32:
            raise ValueError(f"width {width}: a transformer's must be a multiple of 32, the size of its heads")
        self.grid, self.width, self.vector, self.heads, self.size = grid, width, vector, width // 32, 32
        self.blocks = [(grid, width)] * depth
        plain = {"center": False, "scale": False, "epsilon": 1e-5}
        self.norms = [[keras.layers.LayerNormalization(**plain) for _ in range(2)] for _ in range(depth)]
        self.query_key_value = [keras.layers.Dense(3 * width) for _ in range(depth)]
        self.attended = [keras.layers.Dense(width) for _ in range(depth)]
        self.hidden = [keras.layers.Dense(4 * width) for _ in range(depth)]
        self.hidden_out = [keras.layers.Dense(width) for _ in range(depth)]
        self.modulate = keras.layers.Dense((6 * depth + 2) * width, kernel_initializer="zeros")
        self.norm = keras.layers.LayerNormalization(**plain)
        self.out = keras.layers.Dense(channels, kernel_initializer="zeros")

    def build(self, _shape: object = None) -> None:
        norms = [layer for pair in self.norms for layer in pair]
        for layer in (*norms, *self.query_key_value, *self.attended, *self.hidden, self.norm, self.out):
            layer.build((None, None, self.width))
        for layer in self.hidden_out:
            layer.build((None, None, 4 * self.width))
        self.modulate.build((None, self.vector))
        self.built = True

    def call(self, x: tf.Tensor, vector: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """The output, and what each block gives, [batch, places, width]."""
        shape, places = tf.shape(x), self.grid[0] * self.grid[1]
        x = tf.reshape(x, [shape[0], places, self.width]) + tf.cast(positions(self.grid, self.width), x.dtype)
        parts = tf.split(self.modulate(tf.nn.silu(vector))[:, None], 6 * len(self.norms) + 2, -1)
        features = []
        for number, (first, second) in enumerate(self.norms):
            scale, shift, gate, hidden_scale, hidden_shift, hidden_gate = parts[6 * number : 6 * number + 6]
            x += gate * self._attend(number, first(x) * (1 + scale) + shift)
            hidden = self.hidden[number](second(x) * (1 + hidden_scale) + hidden_shift)
            x += hidden_gate * self.hidden_out[number](tf.nn.silu(hidden))
            features.append(x)
        out = self.out(self.norm(x) * (1 + parts[-2]) + parts[-1])
        return tf.reshape(out, [shape[0], *self.grid, out.shape[-1]]), features

    def _attend(self, number: int, x: tf.Tensor) -> tf.Tensor:
        shape = tf.shape(x)
        heads = tf.reshape(self.query_key_value[number](x), [shape[0], shape[1], 3, self.heads, self.size])
        query, key, value = tf.unstack(tf.transpose(heads, [2, 0, 3, 1, 4]))
        weights = tf.nn.softmax(tf.matmul(query * self.size**-0.5, key, transpose_b=True))
        return self.attended[number](tf.reshape(tf.transpose(tf.matmul(weights, value), [0, 2, 1, 3]), shape))


def positions(grid: tuple[int, int], width: int) -> np.ndarray:
    """Sines and cosines of row and column, float32 [places, width]; width is a multiple of 4."""
    rate = 10000.0 ** (-np.arange(width // 4) / (width // 4))
    row, column = (axis.reshape(-1, 1) * rate for axis in np.indices(grid))
    return np.concatenate([np.sin(row), np.cos(row), np.sin(column), np.cos(column)], 1).astype(np.float32)
