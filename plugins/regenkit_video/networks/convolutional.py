"""Frames → a small grid of vectors over time, height and width → frames, by residual convolutions.

After VideoGPT (Yan et al. 2021, arXiv 2104.10157, section 3.1), but no block works at full resolution: frames are
folded 2 × 2 (and 2 in time) into channels first, and unfolded at the end. With factors 4 and 4, width 24, depth 1:

    16 × 32 × 32 × 1 → folded 8 × 16 × 16 × 8 → 24 → block → 4 × 8 × 8 × 48 → block → norm, SiLU, 1 × 1 → dim
    4 × 8 × 8 × dim → 48 → block → 8 × 16 × 16 × 24 → block → norm, SiLU → unfolded 16 × 32 × 32 × 12 → SiLU → 1
"""

from itertools import pairwise
from typing import Literal, final

from regenkit.layers.convolution import norm
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit_video.networks.spacetime import Convolution, Residual, folded, repeated, unfolded

Factor = Literal[2, 4, 8]
"""How much smaller the grid is than a frame, in height and in width."""
TimeFactor = Literal[1, 2, 4, 8]
"""How many frames one layer of the grid stands for."""
Grid = tuple[int, int, int]
Shape = tuple[int, int, int, int]
WIDEST = 4
"""Channels double with every halving, up to so many times their first number."""
LAST = 12
"""Channels at full resolution, before the last convolution."""


def clip(target: Spec, time_factor: int = 1, factor: int = 1) -> tuple[str, Shape]:
    """Name and shape (frames, height, width, channels) of the one field of a Y of clips.

    Raises ValueError where it is something else, or the factors do not divide its sides.
    """
    if [field.kind for field in target.values()] != ["continuous"]:
        raise ValueError(f"this converter takes one field of frames, not {', '.join(target) or 'none'}")
    ((name, field),) = target.items()
    if len(field.shape) != 4 or field.variable:
        raise ValueError(
            f"{name} has shape {field.shape}; this converter takes (frames, height, width, channels), all fixed"
        )
    frames, height, width, channels = (int(size or 0) for size in field.shape)
    if frames % time_factor:
        raise ValueError(f"time_factor {time_factor} does not divide {frames} frames; give clips another length")
    if height % factor or width % factor:
        raise ValueError(f"factor {factor} does not divide frames of {height} × {width} evenly")
    return name, (frames, height, width, channels)


def _levels(time_factor: int, factor: int) -> list[tuple[int, int]]:
    """By how much (time, space) are halved at each level: by folding first, then by strides."""
    found = []
    while time_factor > 1 or factor > 1:
        found.append((min(2, time_factor), min(2, factor)))
        time_factor, factor = max(1, time_factor // 2), max(1, factor // 2)
    return found


def _widths(width: int, levels: int) -> list[int]:
    return [width * min(2**level, WIDEST) for level in range(levels)]


@final
class Encoder(keras.layers.Layer):
    """Frames [batch, frames, height, width, colours] → float32 [batch, *grid, dim]."""

    def __init__(self, colours: int, dim: int, *, time_factor: int, factor: int, width: int, depth: int) -> None:
        super().__init__()
        (self.fold, *strides), channels = _levels(time_factor, factor), colours
        widths = _widths(width, 1 + len(strides))
        channels *= self.fold[0] * self.fold[1] ** 2
        self.steps: list[keras.layers.Layer] = [Convolution(channels, widths[0])]
        self.steps += [Residual(widths[0]) for _ in range(depth)]
        for stride, before, after in zip(strides, widths, widths[1:], strict=False):
            self.steps += [Convolution(before, after, stride=stride), *(Residual(after) for _ in range(depth))]
        self.norm, self.last = norm(widths[-1]), keras.layers.Dense(dim)
        for layer in (self.norm, self.last):
            layer.build((None, None, None, None, widths[-1]))
        self.built = True

    def call(self, frames: tf.Tensor) -> tf.Tensor:
        x = folded(tf.cast(frames, self.compute_dtype), self.fold)
        for layer in self.steps:
            x = layer(x)
        return tf.cast(self.last(tf.nn.silu(self.norm(x))), tf.float32)


@final
class Decoder(keras.layers.Layer):
    """[batch, *grid, dim] → frames, float32 [batch, frames, height, width, colours]: a mean."""

    def __init__(self, colours: int, dim: int, *, time_factor: int, factor: int, width: int, depth: int) -> None:
        super().__init__()
        self.fold, *strides = _levels(time_factor, factor)
        widths = _widths(width, 1 + len(strides))
        self.first = Convolution(dim, widths[-1])
        self.blocks = [[Residual(channels) for _ in range(depth)] for channels in reversed(widths)]
        self.strides = [*reversed(strides)]
        self.ups = [Convolution(after, before)
                    for before, after in reversed(list(pairwise(widths)))]  # fmt: skip
        self.norm = norm(widths[0])
        self.unfolding = keras.layers.Dense(LAST * self.fold[0] * self.fold[1] ** 2)
        for layer in (self.norm, self.unfolding):
            layer.build((None, None, None, None, widths[0]))
        self.last = Convolution(LAST, colours)
        self.built = True

    def call(self, z: tf.Tensor) -> tf.Tensor:
        x = self.first(tf.cast(z, self.compute_dtype))
        for level, blocks in enumerate(self.blocks):
            if level:
                x = self.ups[level - 1](repeated(x, self.strides[level - 1]))
            for block in blocks:
                x = block(x)
        x = unfolded(self.unfolding(tf.nn.silu(self.norm(x))), self.fold)
        return tf.cast(self.last(tf.nn.silu(x)), tf.float32)
