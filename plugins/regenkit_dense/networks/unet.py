"""A U-Net (Ronneberger et al. 2015, arXiv 1505.04597) whose smallest grid attends to itself, as a trunk."""

from typing import final

from pydantic import NonNegativeFloat, PositiveInt

from regenkit.layers.unet import UNet as Grid
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit_dense.networks.prediction import DensePrediction, picture_of


@final
class Trunk(keras.layers.Layer):
    """[batch, height, width, channels] → [batch, height, width, features], all of one number `width`.

    attention  the block of the smallest grid, which an auxiliary stage may share
    """

    def __init__(self, shape: tuple[int, int, int], width: int, depth: int) -> None:
        super().__init__()
        self.shape, self.width = shape, width
        self.stem = keras.layers.Conv2D(width, 3, padding="same")
        self.grid = Grid(shape[:2], width, width=width, depth=depth, vector=0)
        self.attention = self.grid.attention

    def build(self, _shape: object = None) -> None:
        self.stem.build((None, *self.shape))
        self.grid.build(None)
        self.built = True

    def call(self, pixels: tf.Tensor) -> tf.Tensor:
        return self.grid(self.stem(pixels), None)[0]


def unet(
    *, condition: Spec, target: Spec, width: PositiveInt = 32, depth: PositiveInt = 1, dice: NonNegativeFloat = 0.0
) -> DensePrediction:
    """A U-Net.

    width  channels at the picture's size; they double with each halving, to four times as many at most
    depth  residual blocks at each size, down and up
    dice   weight of the Dice loss beside the cross-entropy
    """
    if width % 8:
        raise ValueError(f"width {width}; right is a multiple of 8")
    trunk = Trunk(picture_of(condition)[1], width, depth)
    return DensePrediction(condition=condition, target=target, trunk=trunk, features=width, dice=dice)
