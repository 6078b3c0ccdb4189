"""A judge of patches, and the contest of a decoder with it.

The patch discriminator is that of Isola et al. 2017 (arXiv 1611.07004), a third as deep and with group normalisation,
since batch normalisation would let the pictures of a batch judge each other. The contest is that of VQ-GAN (Esser et
al. 2021, arXiv 2012.09841, equations 6 and 7), with the hinge loss: at the decoder's last layer the adversarial term
weighs as much as the reconstruction, times `weight`: weight · min(‖∇ reconstruction‖ / (‖∇ adversarial‖ + 10⁻⁴), 10⁴).
Those norms are of the whole batch's gradients, which no replica has: they come as statistics, so the factor is that of
the step before.

The paper's code has a weight of 0.8 and lets the discriminator learn when it is first minded. At our size that ended
it: its loss went to that of a coin and stayed there. So it learns from the first update on, and the weight is 0.2.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, final

from regenkit.layers.convolution import norm
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit_image.networks.convolutional import Decoder, built
from regenkit_image.networks.reconstruction import Reconstruction, Term

GREATEST = 1e4


class Contest(NamedTuple):
    """Of a batch in training; a term is (value, weight), each [batch]."""

    shown: tf.Tensor  # what is decoded, float32 [batch, height, width, colours]
    terms: dict[str, Term]  # of the reconstruction
    adversarial: Term  # for the generator
    hinge: Term  # for the discriminator
    statistics: dict[str, tf.Tensor]  # for `absorb`


@final
class Adversary(keras.layers.Layer):
    """A discriminator, and the weight of what it says.

    weight  what its gradient is to be at the decoder's last layer, as a share of the reconstruction's
    start   updates after which the generator minds it
    """

    def __init__(self, colours: int, width: int, *, weight: float, start: int) -> None:
        super().__init__()
        self.discriminator = Discriminator(colours, width)
        self.weight, self.start = weight, start
        scalar: dict[str, Any] = {"shape": (), "initializer": "zeros", "trainable": False}
        self.updates = self.add_weight(name="updates", **scalar)
        self.balance = self.add_weight(name="balance", **scalar)
        self.built = True

    def contest(
        self, pixels: tf.Tensor, decoder: Decoder, vectors: tf.Tensor, reconstruction: Reconstruction
    ) -> Contest:  # fmt: skip
        """Decode vectors, and judge the picture beside the true one."""
        features, kernel = decoder.features(vectors), decoder.last.kernel.value
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(kernel)  # which is no variable where only shapes are traced
            shown = decoder.pixels(features)
            terms = reconstruction.terms(pixels, shown)
            judged = self.discriminator(shown)
            fooled = -tf.reduce_mean(judged, [1, 2])
            error = tf.add_n([value / weight for value, weight in terms.values()])
        one = tf.ones_like(error)
        # one backward pass through the discriminator serves this and the generator's gradient below
        pixel_slope = tf.stop_gradient(tape.gradient(fooled, shown))
        statistics = {
            "pictures": tf.reduce_sum(one),
            "error": tape.gradient(error, kernel),
            "fooled": tape.gradient(shown, kernel, output_gradients=pixel_slope),
        }
        along = tf.reduce_sum(pixel_slope * shown, [1, 2, 3])
        fooled = tf.stop_gradient(fooled - along) + along
        minded = tf.cast(self.updates >= self.start, tf.float32)
        real = self.discriminator(pixels)
        hinge = 0.5 * tf.reduce_mean(tf.nn.relu(1 - real) + tf.nn.relu(1 + judged), [1, 2])
        return Contest(shown, terms, (minded * self.balance * fooled, one), (hinge, one), statistics)

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        """The next step's weight of the adversarial term is known; one update more is done."""
        norms = [tf.norm(statistics[name]) / statistics["pictures"] for name in ("error", "fooled")]
        self.balance.assign(self.weight * tf.clip_by_value(norms[0] / (norms[1] + 1e-4), 0.0, GREATEST))
        self.updates.assign_add(1.0)


@final
class Discriminator(keras.layers.Layer):
    """Pixels [batch, height, width, colours] → how real each patch is, float32 [batch, height / 4, width / 4].

    A patch is 24 pixels a side.
    """

    def __init__(self, colours: int, width: int) -> None:
        super().__init__()
        convolution = keras.layers.Conv2D
        self.layers = [
            built(convolution(width, 4, strides=2, padding="same"), colours),
            built(convolution(2 * width, 4, strides=2, padding="same"), width),
            built(convolution(2 * width, 3, padding="same"), 2 * width),
        ]
        self.norms = [built(norm(2 * width), 2 * width) for _ in self.layers[1:]]
        self.last = built(convolution(1, 3, padding="same"), 2 * width)
        self.built = True

    def call(self, pixels: tf.Tensor) -> tf.Tensor:
        x = tf.nn.leaky_relu(self.layers[0](tf.cast(pixels, self.compute_dtype)))
        for layer, normalise in zip(self.layers[1:], self.norms, strict=True):
            x = tf.nn.leaky_relu(normalise(layer(x)))
        return tf.cast(self.last(x)[..., 0], tf.float32)
