"""Which pixels of a picture are kept: masks float32 [batch, height, width, 1], 1 = kept, 0 = taken.

`strength` is a scalar tensor from 0, where all is kept, to 1. `seeds` int32 [batch, 2] draw what is random.
"""

import math

from regenkit.layers import noise as noises
from regenkit.quiet import tensorflow as tf

Shape = tuple[int, int]
BLOCK = 8
"""Pixels a side of a block that is taken as a whole."""


def pixels(shape: Shape, strength: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """A `strength` of the pixels is taken, each by lot; at 1 all are."""
    lot = noises.uniform(noises.fold_in(seeds, "pixels"), math.prod(shape))
    return tf.reshape(tf.cast(lot >= strength, tf.float32), [-1, *shape, 1])


def checkerboard(shape: Shape, strength: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """Of a checkerboard of single pixels the white ones are kept, and of the black ones a `strength` is taken by lot;
    at 1 every second pixel is left."""
    row, column = tf.range(shape[0])[:, None], tf.range(shape[1])[None, :]
    white = tf.cast((row + column) % 2 == 0, tf.float32)[None, :, :, None]
    return tf.maximum(white, pixels(shape, strength, noises.fold_in(seeds, "black")))


def blocks(shape: Shape, strength: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """A `strength` of the blocks of 8 × 8 pixels is taken, each by lot; at 1 all are."""
    rows, columns = (-(-size // BLOCK) for size in shape)
    kept = pixels((rows, columns), strength, noises.fold_in(seeds, "blocks"))
    return tf.repeat(tf.repeat(kept, BLOCK, axis=1), BLOCK, axis=2)[:, : shape[0], : shape[1]]


def grid(shape: Shape, strength: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """Every n-th pixel of every n-th row is kept, n the least that takes `strength` of them or more; at 1 one pixel."""
    step = tf.cast(tf.math.ceil(tf.math.rsqrt(tf.maximum(1.0 - strength, 1e-6)) - 1e-4), tf.int32)
    row, column = tf.range(shape[0])[:, None], tf.range(shape[1])[None, :]
    kept = tf.cast((row % step == 0) & (column % step == 0), tf.float32)[None, :, :, None]
    return tf.tile(kept, [tf.shape(seeds)[0], 1, 1, 1])


MASKS = {"pixels": pixels, "checkerboard": checkerboard, "blocks": blocks, "grid": grid}
