"""Modules that rebuild a picture from what a redaction left of it and from maps: what the paper calls a CRM.

All read [batch, height, width, n] of kept pixels, the mask of known ones and the maps, and return the picture; each
adds to the kept pixels, so that nothing has to be learned of what is there. They begin by adding nothing. What they
read is not rounded under half precision, since the kept pixels are part of what they return.
"""

from typing import final

from regenkit.layers.attention import Block, blocks, through
from regenkit.layers.convolution import Residual, norm
from regenkit.layers.dit import positions
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

HEAD = 32
"""Numbers of a head of attention; of a width that is no multiple of it there is one head."""
PLACES = 8
"""Places a side among which attention looks."""


@final
class Forward(keras.layers.Layer):
    """Once through residual convolutions.

    inputs, channels  numbers a pixel that it reads, and of the picture
    """

    def __init__(self, inputs: int, channels: int, width: int, depth: int) -> None:
        super().__init__(autocast=False)
        self.inputs, self.width = inputs, width
        self.stem = keras.layers.Conv2D(width, 3, padding="same")
        self.blocks = [Residual(width) for _ in range(depth)]
        self.norm = norm(width)
        self.out = keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer="zeros")

    def build(self, _shape: object = None) -> None:
        self.stem.build((None, None, None, self.inputs))
        for block in self.blocks:
            block.build(None)
        for layer in (self.norm, self.out):
            layer.build((None, None, None, self.width))
        self.built = True

    def call(self, kept: tf.Tensor, known: tf.Tensor, maps: tf.Tensor) -> list[tf.Tensor]:
        x = self.stem(tf.concat([kept, known, maps], -1))
        for block in self.blocks:
            x = block(x)
        return [kept + tf.cast(self.out(tf.nn.silu(self.norm(x))), tf.float32)]


@final
class Recursive(keras.layers.Layer):
    """The same network `turns` times: each turn also reads what the one before it made. All turns' pictures are
    returned, and compared with the true one."""

    def __init__(self, inputs: int, channels: int, width: int, depth: int, turns: int) -> None:
        super().__init__(autocast=False)
        self.turns = turns
        self.step = Forward(inputs + channels, channels, width, depth)

    def build(self, _shape: object = None) -> None:
        self.step.build(None)
        self.built = True

    def call(self, kept: tf.Tensor, known: tf.Tensor, maps: tf.Tensor) -> list[tf.Tensor]:
        found = [kept]
        for _ in range(self.turns):
            added = self.step(kept, known, tf.concat([maps, found[-1]], -1))[0] - kept
            found.append(found[-1] + added)
        return found[1:]


@final
class Attention(keras.layers.Layer):
    """Places of 8 × 8 for the whole picture, which look at one another in transformer blocks and become patches again.

    shared  the width of a block of the generator that does their work; it is given with each call (DejaVu-SA)
    """

    def __init__(self, shape: tuple[int, int, int], inputs: int, width: int, depth: int, shared: int = 0) -> None:
        super().__init__(autocast=False)
        if shape[0] % PLACES or shape[1] % PLACES:
            raise ValueError(f"pictures of {shape[0]} × {shape[1]}; attention wants sides that divide by {PLACES}")
        self.shape, self.inputs, self.width = shape, inputs, shared or width
        self.patch = (shape[0] // PLACES, shape[1] // PLACES)
        self.embed = keras.layers.Conv2D(self.width, self.patch, strides=self.patch)
        self.blocks = [] if shared else blocks(width, 1 if width % HEAD else width // HEAD, depth, dropout=0.0)
        self.norm = keras.layers.LayerNormalization(epsilon=1e-5)
        self.out = keras.layers.Dense(self.patch[0] * self.patch[1] * shape[2], kernel_initializer="zeros")

    def build(self, _shape: object = None) -> None:
        self.embed.build((None, None, None, self.inputs))
        for layer in (*self.blocks, self.norm, self.out):
            layer.build((None, None, self.width))
        self.built = True

    def call(self, kept: tf.Tensor, known: tf.Tensor, maps: tf.Tensor, shared: Block | None = None) -> list[tf.Tensor]:
        x = self.embed(tf.concat([kept, known, maps], -1))
        x = tf.reshape(x, [-1, PLACES * PLACES, self.width])
        if self.width % 4 == 0:
            x += tf.cast(positions((PLACES, PLACES), self.width), x.dtype)
        everywhere = tf.ones([1, PLACES * PLACES, PLACES * PLACES], tf.bool)
        x = through([shared] if shared is not None else self.blocks, x, everywhere, None)
        x = tf.reshape(self.out(self.norm(x)), [-1, PLACES, PLACES, *self.patch, self.shape[2]])
        picture = tf.reshape(tf.transpose(x, [0, 1, 3, 2, 4, 5]), [-1, *self.shape])
        return [kept + tf.cast(picture, tf.float32)]
