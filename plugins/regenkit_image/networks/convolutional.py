"""Pixels → a small grid of vectors → pixels, by residual convolutions: what the learned converters of pictures share.

After van den Oord et al. 2017 (arXiv 1711.00937, section 4.1) and Esser et al. 2021 (arXiv 2012.09841, table 7), but no
block works at full resolution, where it would cost four times as much: pixels are folded 2 × 2 into channels first, and
unfolded before the last convolution (Shi et al. 2016, arXiv 1609.05158). With factor 4, width 32 and depth 1:

    28 × 28 × 1 → folded 14 × 14 × 4 → 32 → block → 7 × 7 × 64 → block → norm, SiLU, 1 × 1 → 7 × 7 × dim
    7 × 7 × dim → 64 → block → 14 × 14 × 32 → block → norm, SiLU → 64 → unfolded 28 × 28 × 16 → SiLU → 28 × 28 × 1
"""

from typing import Literal, final

from regenkit.layers.convolution import Residual, Up, down, norm
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec

Factor = Literal[2, 4, 8, 16]
"""How much smaller the grid is than the picture, in height and in width."""
FACTORS = (2, 4, 8, 16)
WIDEST = 4
"""Channels double with every halving of the resolution, up to so many times their first number."""


def picture(target: Spec, factor: int = 1, *, least: int = 1) -> tuple[str, tuple[int, int, int]]:
    """Name and shape (height, width, channels) of the one field of a Y of pictures.

    Raises ValueError where it is something else, or `factor` × `least` does not divide its sides.
    """
    if [field.kind for field in target.values()] != ["continuous"]:
        raise ValueError(f"this converter takes one field of pixels, not {', '.join(target) or 'none'}")
    ((name, field),) = target.items()
    if len(field.shape) != 3 or field.variable:
        raise ValueError(f"{name} has shape {field.shape}; this converter takes (height, width, channels), all fixed")
    height, width, channels = (int(size or 0) for size in field.shape)
    if height % (factor * least) or width % (factor * least):
        possible = [each for each in FACTORS if not height % (each * least) and not width % (each * least)]
        right = f"right are {', '.join(map(str, possible))}" if possible else "none does: give pictures another size"
        raise ValueError(f"factor {factor} does not divide pictures of {height} × {width} evenly; {right}")
    return name, (height, width, channels)


def grid(shape: tuple[int, int, int], factor: int) -> tuple[int, int]:
    """Height and width of the grid of vectors."""
    return shape[0] // factor, shape[1] // factor


def _widths(width: int, factor: int) -> list[int]:
    """Channels at each resolution, from half the picture's on."""
    return [width * min(2**level, WIDEST) for level in range(factor.bit_length() - 1)]


@final
class Encoder(keras.layers.Layer):
    """Pixels [batch, height, width, colours] → float32 [batch, height / factor, width / factor, dim]."""

    def __init__(self, colours: int, dim: int, *, factor: int, width: int, depth: int) -> None:
        super().__init__()
        widths = _widths(width, factor)
        path = [built(keras.layers.Conv2D(widths[0], 3, padding="same"), 4 * colours)]
        for level, channels in enumerate(widths):
            if level:
                path.append(built(down(channels), widths[level - 1]))
            path += [built(Residual(channels), channels) for _ in range(depth)]
        self.layers, self.last_norm = path, built(norm(widths[-1]), widths[-1])
        self.last = built(keras.layers.Conv2D(dim, 1), widths[-1])
        self.built = True

    def call(self, pixels: tf.Tensor) -> tf.Tensor:
        x = tf.nn.space_to_depth(tf.cast(pixels, self.compute_dtype), 2)
        for layer in self.layers:
            x = layer(x)
        return tf.cast(self.last(tf.nn.silu(self.last_norm(x))), tf.float32)


@final
class Decoder(keras.layers.Layer):
    """[batch, height, width, dim] → pixels, float32 [batch, height × factor, width × factor, colours]: a mean."""

    def __init__(self, colours: int, dim: int, *, factor: int, width: int, depth: int) -> None:
        super().__init__()
        self.colours = colours
        widths = _widths(width, factor)[::-1]
        path = [built(keras.layers.Conv2D(widths[0], 3, padding="same"), dim)]
        for level, channels in enumerate(widths):
            if level:
                path.append(built(Up(channels), widths[level - 1]))
            path += [built(Residual(channels), channels) for _ in range(depth)]
        self.layers, self.last_norm = path, built(norm(widths[-1]), widths[-1])
        fine = max(1, width // 2)
        self.unfolding = built(keras.layers.Conv2D(4 * fine, 3, padding="same"), widths[-1])
        self.last = built(keras.layers.Conv2D(colours, 3, padding="same"), fine)
        self.built = True

    def features(self, z: tf.Tensor) -> tf.Tensor:
        """What the last layer reads, at the picture's resolution."""
        x = tf.cast(z, self.compute_dtype)
        for layer in self.layers:
            x = layer(x)
        return tf.nn.silu(tf.nn.depth_to_space(self.unfolding(tf.nn.silu(self.last_norm(x))), 2))

    def pixels(self, features: tf.Tensor) -> tf.Tensor:
        """The last layer, without which unfolded pixels show their pattern of 2 × 2."""
        return tf.cast(self.last(features), tf.float32)

    def call(self, z: tf.Tensor) -> tf.Tensor:
        return self.pixels(self.features(z))


def encoder_and_decoder(
    target: Spec, encoded: int, decoded: int, factor: Factor, width: int, depth: int
) -> tuple[tuple[int, int], Encoder, Decoder]:
    """The grid between them, an encoder that gives `encoded` numbers a place, and a decoder that reads `decoded`.

    factor  how much smaller the grid is than the picture
    width   channels at half the picture's resolution
    depth   residual blocks at each resolution

    Raises ValueError, as `picture` does.
    """
    _, shape = picture(target, factor)
    network = {"factor": factor, "width": width, "depth": depth}
    return grid(shape, factor), Encoder(shape[2], encoded, **network), Decoder(shape[2], decoded, **network)


def built(layer: keras.layers.Layer, channels: int) -> keras.layers.Layer:
    """The layer, built for inputs [batch, height, width, channels]."""
    layer.build((None, None, None, channels))
    return layer
