"""How far pictures are from each other to the eye: errors band by band, or in the features of a classifier.

Bands: the Laplacian pyramid of Burt and Adelson 1983, compared as in Bojanowski et al. 2018 (arXiv 1707.05776, "Lap1").
They stand where VQ-GAN has LPIPS, whose weights are not to be had here.
"""

from collections.abc import Callable
from typing import Literal, final

from regenkit.quiet import tensorflow as tf
from regenkit_image.networks.reconstruction import Reconstruction, Term

Kind = Literal["pyramid", "efficientnet", "none"]
LEAST = 4
"""Pixels a side of a pyramid's last level, at least."""


@final
class Perceptual(Reconstruction):
    """Mean absolute error, and a perceptual one beside it.

    kind  of bands ("pyramid"), of the features of EfficientNet-lite0 ("efficientnet": slow), or "none"

    Raises UserError where the classifier's weights have not been fetched.
    """

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.distance = _distance(kind)
        self.built = True

    def terms(self, pixels: tf.Tensor, shown: tf.Tensor) -> dict[str, Term]:
        absolute = tf.reduce_mean(tf.abs(pixels - shown), [1, 2, 3])
        one = tf.ones_like(absolute)
        return {"absolute": (absolute, one), "perceptual": (self.distance(pixels, shown), one)}


def pyramid_distance(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """[batch] mean over the bands of two pictures [batch, height, width, colours] of their mean absolute difference."""
    rest, bands = one - other, []  # a pyramid is linear: that of a difference is the difference of two
    while min(rest.shape[1:3]) >= 2 * LEAST and not (rest.shape[1] % 2 or rest.shape[2] % 2):
        low = tf.nn.avg_pool2d(rest, 2, 2, "VALID")
        high = rest - tf.repeat(tf.repeat(low, 2, axis=1), 2, axis=2)
        bands.append(tf.reduce_mean(tf.abs(high), [1, 2, 3]))
        rest = low
    bands.append(tf.reduce_mean(tf.abs(rest), [1, 2, 3]))
    return tf.add_n(bands)


def _distance(kind: Kind) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    if kind == "pyramid":
        return pyramid_distance
    if kind == "none":
        return lambda one, other: tf.zeros_like(one[:, 0, 0, 0])
    from regenkit_image.metrics import perceptual  # nothing else of this wants them
    from regenkit_image.networks import efficientnet

    efficientnet.network()
    return perceptual.apart
