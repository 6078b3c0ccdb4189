"""Residual blocks of two dense layers over one vector an example, each scaled, shifted and gated by another vector.

For vectors what DiT (arXiv 2212.09748) is for grids; diffusion of a latent vector: Preechakul et al. 2022,
arXiv 2111.15640, section 4.
"""

from typing import final

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf


@final
class MLP(keras.layers.Layer):
    """[batch, width] → [batch, channels]; it begins as 0. `vector` is the size of the vector.

    blocks    of each in order: the grid of its places, here of one, and numbers a place
    """

    def __init__(self, channels: int, *, width: int, depth: int, vector: int) -> None:
        super().__init__()
        self.width, self.vector = width, vector
        self.blocks = [((1, 1), width)] * depth
        plain = {"center": False, "scale": False, "epsilon": 1e-5}
        self.norms = [keras.layers.LayerNormalization(**plain) for _ in range(depth)]
        self.hidden = [keras.layers.Dense(2 * width) for _ in range(depth)]
        self.hidden_out = [keras.layers.Dense(width) for _ in range(depth)]
        self.modulate = keras.layers.Dense((3 * depth + 2) * width, kernel_initializer="zeros")
        self.norm = keras.layers.LayerNormalization(**plain)
        self.out = keras.layers.Dense(channels, kernel_initializer="zeros")

    def build(self, _shape: object = None) -> None:
        for layer in (*self.norms, *self.hidden, self.norm, self.out):
            layer.build((None, self.width))
        for layer in self.hidden_out:
            layer.build((None, 2 * self.width))
        self.modulate.build((None, self.vector))
        self.built = True

    def call(self, x: tf.Tensor, vector: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """The output, and what each block gives, [batch, 1, width]."""
        parts = tf.split(self.modulate(tf.nn.silu(vector)), 3 * len(self.norms) + 2, -1)
        features = []
        for number, norm in enumerate(self.norms):
            scale, shift, gate = parts[3 * number : 3 * number + 3]
            hidden = self.hidden[number](norm(x) * (1 + scale) + shift)
            x += gate * self.hidden_out[number](tf.nn.silu(hidden))
            features.append(x[:, None])
        return self.out(self.norm(x) * (1 + parts[-2]) + parts[-1]), features
