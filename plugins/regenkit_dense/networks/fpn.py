"""A feature pyramid (Lin et al. 2016, arXiv 1612.03144) on frozen features of EfficientNet-lite0, as a trunk.

ImageNet has taught the network what things look like; the pyramid is all that is trained. Its finest grid is a quarter
of the picture, so a last convolution reads the picture too, for the boundaries.
"""

from collections.abc import Sequence
from typing import final

from pydantic import NonNegativeFloat, PositiveInt

from regenkit.layers.convolution import norm
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit_dense.networks.efficientnet import CHANNELS, Features
from regenkit_dense.networks.prediction import DensePrediction, picture_of

STAGES = (2, 3, 5)
"""Of the network: a quarter, an eighth and a sixteenth of the picture."""


@final
class Trunk(keras.layers.Layer):
    """[batch, height, width, channels] → [batch, height, width, width]."""

    def __init__(self, shape: tuple[int, int, int], width: int) -> None:
        super().__init__()
        self.shape, self.width = shape, width
        self.known = Features(shape, STAGES)
        self.lateral = [keras.layers.Conv2D(width, 1) for _ in STAGES]
        self.norms = [norm(width) for _ in STAGES]
        self.smooth = [keras.layers.Conv2D(width, 3, padding="same", activation="silu") for _ in STAGES]
        self.stem = keras.layers.Conv2D(width // 2, 3, padding="same", activation="silu")
        self.mix = keras.layers.Conv2D(width, 3, padding="same", activation="silu")

    def build(self, _shape: object = None) -> None:
        for layer, stage in zip(self.lateral, STAGES, strict=True):
            layer.build((None, None, None, CHANNELS[stage - 1]))
        for layer in (*self.norms, *self.smooth):
            layer.build((None, None, None, self.width))
        self.stem.build((None, *self.shape))
        self.mix.build((None, None, None, self.width + self.width // 2))
        self.built = True

    def call(self, pixels: tf.Tensor) -> tf.Tensor:
        features, x = self.known(pixels), None
        for lateral, normal, smooth, stage in reversed(
            list(zip(self.lateral, self.norms, self.smooth, STAGES, strict=True))
        ):
            own = lateral(features[stage])
            own = own if x is None else own + _resized(x, own.shape[1:3])
            x = smooth(normal(own))
        x = _resized(x, self.shape[:2])
        return self.mix(tf.concat([x, self.stem(pixels)], -1))


def _resized(x: tf.Tensor, size: Sequence[int]) -> tf.Tensor:
    """In the precision of `x`; TensorFlow gives float32 of any."""
    return tf.cast(tf.image.resize(x, size), x.dtype)


def fpn(*, condition: Spec, target: Spec, width: PositiveInt = 64, dice: NonNegativeFloat = 0.0) -> DensePrediction:
    """A feature pyramid on EfficientNet-lite0.

    width  channels of the pyramid; a multiple of 8
    dice   weight of the Dice loss beside the cross-entropy
    """
    if width % 8:
        raise ValueError(f"width {width}; right is a multiple of 8")
    trunk = Trunk(picture_of(condition)[1], width)
    return DensePrediction(condition=condition, target=target, trunk=trunk, features=width, dice=dice)
