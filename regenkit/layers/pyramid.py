"""From a picture to a vector and back, over two or three resolutions: halves of generators and auto-encoders.

A picture of an even size of 16 or more is worked on in patches of 2 × 2 (space to depth, Shi et al. 2016, arXiv
1609.05158): a quarter of the places for four times the channels, which is what a processor likes.

A *map* of the condition, [batch, height, breadth, width] in the picture's size, is brought to every resolution and
added there (as layouts are: arXiv 1903.07291).
"""

import math
from collections.abc import Callable
from typing import final

from regenkit.layers.convolution import Residual, Up, down, norm
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec

Shape = tuple[int, ...]
LEAST = 4
"""Places a side below which a grid is not halved."""
FINE = 8
"""Channels at the picture's own size, in which what lies between patches is smoothed."""


def only_field(target: Spec, model: str, axes: tuple[int, ...] = (3,)) -> tuple[str, Shape]:
    """Name and shape of the one continuous field of fixed shape that a model predicts. Raises ValueError."""
    right = "one continuous field of fixed shape, " + " or ".join(
        {1: "(size,)", 3: "(height, width, channels)"}[count] for count in axes
    )
    if len(target) != 1:
        raise ValueError(f"{model} predicts {right}; this target has {', '.join(target) or 'no field'}")
    ((name, field),) = target.items()
    if field.vocabulary or field.variable or len(field.shape) not in axes:
        raise ValueError(f"{model} predicts {right}; {name} is {field.kind} {field.shape}")
    return name, tuple(size or 1 for size in field.shape)


def patch_of(shape: Shape) -> int:
    return 2 if min(shape[:2]) >= 16 and not shape[0] % 2 and not shape[1] % 2 else 1


def resolutions(shape: Shape, width: int) -> list[Shape]:
    """(height, breadth, channels) of each, the finest first: halved while that is even, channels doubled twice."""
    height, breadth = (size // patch_of(shape) for size in shape[:2])
    found: list[Shape] = [(height, breadth, width)]
    while not height % 2 and not breadth % 2 and min(height, breadth) >= 2 * LEAST:
        height, breadth = height // 2, breadth // 2
        found.append((height, breadth, width * min(4, 2 ** len(found))))
    return found


@final
class Downsampler(keras.layers.Layer):
    """A picture [batch, height, breadth, channels] → features of the coarsest resolution.

    block   makes a block of so many channels; as a rule `Residual`
    map     channels of the condition's map; 0 = there is none
    """

    def __init__(
        self, shape: Shape, width: int, *, block: Callable[[int], keras.layers.Layer] = Residual, map: int = 0
    ) -> None:
        super().__init__()
        self.shape, self.map, self.patch = shape, map, patch_of(shape)
        self.resolutions = resolutions(shape, width)
        self.first = keras.layers.Conv2D(width, 3, padding="same")
        self.layout = Layout(shape, [width]) if map else None
        self.blocks = [block(channels) for *_, channels in self.resolutions]
        self.downs = [down(channels) for *_, channels in self.resolutions[1:]]
        self.out_shape = self.resolutions[-1]

    def build(self, _shape: object = None) -> None:
        self.first.build((None, None, None, self.shape[2] * self.patch**2))
        if self.layout:
            self.layout.build((None, None, None, self.map))
        channels = [channels for *_, channels in self.resolutions]
        for size, block in zip(channels, self.blocks, strict=True):
            block.build((None, None, None, size))
        for size, layer in zip(channels, self.downs, strict=False):
            layer.build((None, None, None, size))
        self.built = True

    def call(self, x: tf.Tensor, map: tf.Tensor | None = None) -> tf.Tensor:
        x = self.first(tf.nn.space_to_depth(x, self.patch) if self.patch > 1 else x)
        if self.layout:
            x += self.layout(map)[0]
        for number, block in enumerate(self.blocks):
            x = block(self.downs[number - 1](x) if number else x)
        return x


@final
class Upsampler(keras.layers.Layer):
    """A vector, and perhaps a map → a picture, through blocks that the vector scales and shifts (AdaGN).

    vector  size of the vector
    depth   blocks a resolution
    """

    def __init__(self, shape: Shape, width: int, *, vector: int, map: int = 0, depth: int = 1) -> None:
        super().__init__()
        self.shape, self.vector, self.map, self.patch = shape, vector, map, patch_of(shape)
        self.resolutions = resolutions(shape, width)[::-1]
        channels = [channels for *_, channels in self.resolutions]
        self.start = keras.layers.Dense(math.prod(self.resolutions[0]))
        self.layout = Layout(shape, channels[::-1]) if map else None
        self.blocks = [[Residual(size, vector=vector) for _ in range(depth)] for size in channels]
        self.ups = [Up(size) for size in channels[1:]]
        self.norm = norm(channels[-1])
        self.fine = keras.layers.Conv2D(FINE * self.patch**2, 3, padding="same")
        self.last = keras.layers.Conv2D(shape[2], 3, padding="same")

    def build(self, _shape: object = None) -> None:
        self.start.build((None, self.vector))
        if self.layout:
            self.layout.build((None, None, None, self.map))
        channels = [channels for *_, channels in self.resolutions]
        for blocks in self.blocks:
            for block in blocks:
                block.build()
        for size, layer in zip(channels, self.ups, strict=False):
            layer.build((None, None, None, size))
        for layer in (self.norm, self.fine):
            layer.build((None, None, None, channels[-1]))
        self.last.build((None, None, None, FINE))
        self.built = True

    def call(self, vector: tf.Tensor, map: tf.Tensor | None = None) -> tf.Tensor:
        x = tf.reshape(self.start(vector), [-1, *self.resolutions[0]])
        layouts = self.layout(map)[::-1] if self.layout else []
        for number, blocks in enumerate(self.blocks):
            x = self.ups[number - 1](x) if number else x
            x = x + layouts[number] if layouts else x
            for block in blocks:
                x = block(x, vector)
        x = self.fine(tf.nn.silu(self.norm(x)))
        return self.last(tf.nn.silu(tf.nn.depth_to_space(x, self.patch) if self.patch > 1 else x))


@final
class Layout(keras.layers.Layer):
    """A map in the size of a picture → one of so many channels for each of its resolutions, the finest first."""

    def __init__(self, shape: Shape, channels: list[int]) -> None:
        super().__init__()
        patch = patch_of(shape)
        self.first = keras.layers.Conv2D(channels[0], patch, strides=patch)
        self.others = [keras.layers.Conv2D(size, 1) for size in channels[1:]]

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.first.build(shape)
        for layer in self.others:
            layer.build((None, None, None, self.first.filters))
        self.built = True

    def call(self, map: tf.Tensor) -> list[tf.Tensor]:
        x = self.first(map)
        found = [x]
        for layer in self.others:
            x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
            found.append(layer(x))
        return found


@final
class Mixer(keras.layers.Layer):
    """The vector of a condition, normalised, and perhaps `extra` numbers beside it → `size` numbers: two layers."""

    def __init__(self, vector: int, size: int, *, extra: int = 0) -> None:
        super().__init__()
        self.vector, self.extra = vector, extra
        self.norm = keras.layers.LayerNormalization()
        self.first, self.second = keras.layers.Dense(size, activation="silu"), keras.layers.Dense(size)

    def build(self, _shape: object = None) -> None:
        self.norm.build((None, self.vector))
        self.first.build((None, self.vector + self.extra))
        self.second.build((None, self.first.units))
        self.built = True

    def call(self, vector: tf.Tensor, *extra: tf.Tensor) -> tf.Tensor:
        known = self.norm(vector)
        return self.second(self.first(tf.concat([known, *(tf.cast(each, known.dtype) for each in extra)], -1)))
