"""An invertible map of the vectors of entries that keeps volumes: additive couplings (NICE, arXiv 1410.8516), as in
VITS (Kim et al. 2021, arXiv 2106.06103, section 2.5.1).

Everything but the networks within is computed in float32, so that half precision is inverted as exactly."""

from typing import final

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit_speech.networks.convnext import Backbone


@final
class Couplings(keras.layers.Layer):
    """float32 [batch, entries, size] to the same shape and back. Each step shifts one half of the numbers by what it
    makes of the other; the order of the numbers is turned around after it. At the start no step shifts anything.

    size   an even number
    steps  how many couplings
    width, depth  of what each makes of a half
    """

    def __init__(self, size: int, steps: int, width: int, depth: int) -> None:
        super().__init__(dtype="float32")
        if size % 2:
            raise ValueError(f"couplings halve vectors; right is an even number, not {size}")
        self.half = size // 2
        self.backbones = [Backbone(self.half, width, depth) for _ in range(steps)]
        self.shifts = [keras.layers.Dense(self.half, kernel_initializer="zeros", dtype="float32") for _ in range(steps)]
        for backbone, shift in zip(self.backbones, self.shifts, strict=True):
            backbone.build(None)
            shift.build((None, None, width))
        self.built = True

    def call(self, x: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
        """known: float32 [batch, entries, 1], 1 where an entry exists; the determinant is 1."""
        for number in range(len(self.shifts)):
            first, second = x[..., : self.half], x[..., self.half :]
            x = tf.concat([first, second + self._shift(number, first, known)], -1)[..., ::-1]
        return x

    def inverse(self, x: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
        for number in reversed(range(len(self.shifts))):
            x = x[..., ::-1]
            first, second = x[..., : self.half], x[..., self.half :]
            x = tf.concat([first, second - self._shift(number, first, known)], -1)
        return x

    def _shift(self, number: int, half: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
        return self.shifts[number](self.backbones[number](half, known)) * known
