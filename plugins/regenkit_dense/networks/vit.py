"""A small vision transformer (Dosovitskiy et al. 2020, arXiv 2010.11929) with a dense head, as a trunk.

The head enlarges the places again step by step, and the last step reads the picture too, since a patch has no edges
finer than itself (as in the fusion of arXiv 2103.13413, with one picture and no pyramid).
"""

from typing import final

from pydantic import NonNegativeFloat, PositiveInt

from regenkit.layers.attention import blocks, through
from regenkit.layers.convolution import Up
from regenkit.layers.dit import positions
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit_dense.networks.prediction import DensePrediction, picture_of

HEAD = 32
"""Numbers of a head of attention."""


@final
class Trunk(keras.layers.Layer):
    """[batch, height, width, channels] → [batch, height, width, features].

    attention  the last block, which an auxiliary stage may share
    """

    def __init__(self, shape: tuple[int, int, int], width: int, depth: int, patch: int, features: int) -> None:
        super().__init__()
        self.shape, self.width, self.patch, self.features = shape, width, patch, features
        self.grid = (shape[0] // patch, shape[1] // patch)
        self.embed = keras.layers.Conv2D(width, patch, strides=patch)
        self.blocks = blocks(width, width // HEAD, depth, dropout=0.0)
        self.attention = self.blocks[-1]
        self.norm = keras.layers.LayerNormalization(epsilon=1e-5)
        steps = patch.bit_length() - 1
        self.channels = [max(features, width >> step) for step in range(steps + 1)]
        self.ups = [Up(size) for size in self.channels[1:]]
        self.stem = keras.layers.Conv2D(features, 3, padding="same")
        self.mix = keras.layers.Conv2D(features, 3, padding="same", activation="silu")

    def build(self, _shape: object = None) -> None:
        self.embed.build((None, *self.shape))
        for layer in (*self.blocks, self.norm):
            layer.build((None, None, self.width))
        for size, layer in zip(self.channels, self.ups, strict=False):
            layer.build((None, None, None, size))
        self.stem.build((None, *self.shape))
        self.mix.build((None, None, None, self.channels[-1] + self.features))
        self.built = True

    def call(self, pixels: tf.Tensor) -> tf.Tensor:
        places = self.grid[0] * self.grid[1]
        x = tf.reshape(self.embed(pixels), [-1, places, self.width]) + positions(self.grid, self.width)
        x = self.norm(through(self.blocks, x, tf.ones([1, places, places], tf.bool), None))
        x = tf.reshape(x, [-1, *self.grid, self.width])
        for layer in self.ups:
            x = tf.nn.silu(layer(x))
        return self.mix(tf.concat([x, tf.nn.silu(self.stem(pixels))], -1))


def vit(
    *, condition: Spec, target: Spec, width: PositiveInt = 96, depth: PositiveInt = 4, patch: PositiveInt = 8,
    features: PositiveInt = 16, dice: NonNegativeFloat = 0.0,
) -> DensePrediction:  # fmt: skip
    """A vision transformer.

    width     numbers of a place; a multiple of 32
    depth     blocks
    patch     pixels a side of a place: 2, 4, 8 or 16, a divisor of the picture's size
    features  channels at the picture's size
    dice      weight of the Dice loss beside the cross-entropy
    """
    _, shape = picture_of(condition)
    if patch not in (2, 4, 8, 16) or shape[0] % patch or shape[1] % patch:
        raise ValueError(f"patch {patch}; right is 2, 4, 8 or 16, and a divisor of {shape[0]} and {shape[1]}")
    if width % HEAD:
        raise ValueError(f"width {width}; right is a multiple of {HEAD}")
    trunk = Trunk(shape, width, depth, patch, features)
    return DensePrediction(condition=condition, target=target, trunk=trunk, features=features, dice=dice)
