"""A U-Net over grids (Ronneberger et al. 2015, arXiv 1505.04597), as diffusion uses it (arXiv 2006.11239, 2105.05233).

    residual blocks at each resolution, down to a few places a side, where every place attends to every other;
    then up again, where each block also reads what the one across from it gave

A vector (the time, the condition) scales and shifts inside every block.
"""

from typing import final

from regenkit.layers.attention import Block
from regenkit.layers.convolution import Residual, Up, down, norm
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

SMALLEST = 8
"""A side is halved while it is even and more than this."""
WIDEST = 4
"""Channels double with each halving, up to so many times `width`."""


@final
class UNet(keras.layers.Layer):
    """[batch, height, breadth, width] → [batch, height, breadth, channels]; it begins as 0.

    grid      height and breadth
    channels  of the output
    width     of the input, and of the blocks at full resolution
    depth     residual blocks at each resolution, down and up
    vector    size of the vector

    blocks    of each in order, those on the way down, the middle and those on the way up: the grid of its places, and
              numbers a place
    """

    def __init__(self, grid: tuple[int, int], channels: int, *, width: int, depth: int, vector: int) -> None:
        super().__init__()
        self.grid, self.channels, self.width, self.depth = grid, channels, width, depth
        halvings, side = 0, grid
        while min(side) > SMALLEST and not (side[0] % 2 or side[1] % 2):
            halvings, side = halvings + 1, (side[0] // 2, side[1] // 2)
        widths = [width * min(2**level, WIDEST) for level in range(halvings + 1)]
        self.inner = widths[-1]

        def block(inner: int, outer: int) -> Residual:
            return Residual(outer, inner=inner, vector=vector)

        self.downs, self.ups = [], []
        self.smaller, self.larger = [], []
        for level, size in enumerate(widths):
            self.downs.append([block(size, size) for _ in range(depth)])
            self.ups.append([block(2 * size, size) for _ in range(depth)])
            if level < halvings:
                self.smaller.append(down(widths[level + 1]))
                self.larger.append(Up(size))
        self.widths = widths
        down_way = [((grid[0] >> level, grid[1] >> level), size) for level, size in enumerate(widths)
                    for _ in range(depth)]  # fmt: skip
        self.blocks = [*down_way, (side, self.inner), *reversed(down_way)]
        heads = max(1, self.inner // 32)
        self.attention = Block(self.inner, heads, dropout=0.0, residual_scale=0.5)
        self.middle = block(self.inner, self.inner)
        self.norm, self.out = norm(width), keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer="zeros")

    def build(self, _shape: object = None) -> None:
        for layer in (layer for level in (*self.downs, *self.ups) for layer in level):
            layer.build(None)
        for level, (smaller, larger) in enumerate(zip(self.smaller, self.larger, strict=True)):
            smaller.build((None, None, None, self.widths[level]))
            larger.build((None, None, None, self.widths[level + 1]))
        self.attention.build((None, None, self.inner))
        self.middle.build(None)
        for layer in (self.norm, self.out):
            layer.build((None, None, None, self.width))
        self.built = True

    def call(self, x: tf.Tensor, vector: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """The output, and what each block gives, [batch, places, numbers]: the middle one, what its attention gives."""
        across, features = [], []
        for level, blocks in enumerate(self.downs):
            x = self.smaller[level - 1](x) if level else x
            for layer in blocks:
                x = layer(x, vector)
                across.append(x)
        features += across
        shape, places = tf.shape(x), x.shape[1] * x.shape[2]
        middle = tf.reshape(x, [shape[0], places, self.inner])
        middle = self.attention(middle, tf.ones([1, places, places], tf.bool))
        features.append(middle)
        x = self.middle(tf.reshape(middle, shape), vector)
        for level, blocks in reversed(list(enumerate(self.ups))):
            for layer in blocks:
                x = layer(tf.concat([x, across.pop()], -1), vector)
                features.append(x)
            x = self.larger[level - 1](x) if level else x
        flat = [tf.reshape(each, [shape[0], height * breadth, size])
                for each, ((height, breadth), size) in zip(features, self.blocks, strict=True)]  # fmt: skip
        return self.out(tf.nn.silu(self.norm(x))), flat
