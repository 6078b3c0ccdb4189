"""A VQ-GAN of pictures: a grid of codes as Y′, and a decoder that must pass a judge.

Esser et al. 2021, arXiv 2012.09841 (equations 4 to 7): a VQ-VAE whose error is absolute and perceptual, against a
discriminator of patches with the hinge loss. The adversarial term weighs as much as the errors do at the decoder's
last layer, d = share · min(‖∇ errors‖ / (‖∇ adversarial‖ + 10⁻⁴), 10⁴). Those norms are of the whole batch's gradients,
which no replica has: they come as `statistics`, so d is that of the step before.

The paper's code has a share of 0.8 and lets the discriminator learn when it is first minded. At our size that ended it:
its loss went to that of a coin and stayed there. So it learns from the first update on, and the share is 0.2.

The paper's perceptual term is LPIPS, whose weights are not to be had here. In its place: errors in the bands of a
Laplacian pyramid (`adversary`), or the features of EfficientNet-lite0.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal, final

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.vector_quantizer import VectorQuantizer
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit_image.autoencoders.adversary import Discriminator, pyramid
from regenkit_image.autoencoders.coder import Batch, Coder
from regenkit_image.autoencoders.network import Decoder, Encoder, Factor, grid, picture

GREATEST = 1e4


@final
class VqGan(Coder):
    """Y → Y′ → Y. Y′ is `code`, tokens (height / factor, width / factor). There is no density: no `field_log_prob`.

    codes       how many there are
    size        numbers of a code's vector
    commitment  weight of the distance of a vector to its code
    perceptual  beside the absolute error: of bands ("pyramid"), of a classifier's features ("efficientnet": slow, its
                weights must have been fetched), or "none"
    adversarial what the discriminator's gradient is to be at the decoder's last layer, as a share of the errors'
    disc_start  updates after which the generator minds the discriminator
    factor      how much smaller the grid is than the picture
    channels    of the network at half the picture's resolution
    depth       residual blocks at each resolution
    """

    def __init__(
        self,
        *,
        condition: Spec,
        target: Spec,
        codes: PositiveInt = 256,
        size: PositiveInt = 8,
        commitment: NonNegativeFloat = 0.25,
        perceptual: Literal["pyramid", "efficientnet", "none"] = "pyramid",
        adversarial: NonNegativeFloat = 0.2,
        disc_start: NonNegativeInt = 500,
        factor: Factor = 4,
        channels: PositiveInt = 32,
        depth: NonNegativeInt = 1,
    ) -> None:
        super().__init__()
        self.field, self.shape = picture(target, factor)
        self.commitment, self.share, self.disc_start = commitment, adversarial, disc_start
        self.spec = Spec({"code": Field(vocabulary=codes, shape=grid(self.shape, factor))})
        network = {"factor": factor, "channels": channels, "depth": depth}
        self.encoder, self.decoder = Encoder(self.shape[2], size, **network), Decoder(self.shape[2], size, **network)
        self.quantizer = VectorQuantizer(codes, size)
        self.quantizer.build(None)
        self.discriminator = Discriminator(self.shape[2], channels)
        scalar: dict[str, Any] = {"shape": (), "initializer": "zeros", "trainable": False}
        self.updates = self.add_weight(name="updates", **scalar)
        self.balance = self.add_weight(name="balance", **scalar)
        self.perceive = partial(_perceived, perceptual)
        if perceptual == "efficientnet":
            _features()
        self.finish()

    def groups(self) -> dict[str, list]:
        """What each of the two optimisers moves."""
        made = [*self.encoder.trainable_variables, *self.decoder.trainable_variables]
        return {"generator": made, "discriminator": self.discriminator.trainable_variables}

    def code(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """The tokens of pixels [batch, height, width, channels]."""
        return {"code": 1 + self.quantizer(self.encoder(pixels))}

    def show(self, rep: Batch) -> tf.Tensor:
        """The pixels of tokens; one that is absent is as the first."""
        return self.decoder(self.quantizer.vectors(tf.maximum(rep["code"] - 1, 0)))

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """Mean absolute error, perceptual error, commitment and what the discriminator adds; and its own loss.

        Judged, in evaluation, are the two errors alone: what a discriminator says is not comparable from step to step.
        """
        pixels = tf.cast(batch["target"][self.field], tf.float32)
        z = self.encoder(pixels)
        chosen, code, off = self.quantizer.through(z)
        features = self.decoder.features(code)
        kernel = self.decoder.last.kernel.value
        with tf.GradientTape(persistent=True) as tape:
            shown = self.decoder.pixels(features)
            absolute = tf.reduce_mean(tf.abs(pixels - shown), [1, 2, 3])
            perceptual = self.perceive(pixels, shown)
            if noise is not None:
                judged = self.discriminator(shown)
                fooled = -tf.reduce_mean(judged, [1, 2])
            error = absolute + perceptual
        one = tf.ones_like(absolute)
        terms = {"absolute": (absolute, one), "perceptual": (perceptual, one)}
        if noise is None:
            return {"generator": terms}
        error_slope = tape.gradient(error, kernel)
        # the way back through the discriminator is gone once, for this and for the generator's gradient below
        pixel_slope = tf.stop_gradient(tape.gradient(fooled, shown))
        fooled_slope = tape.gradient(shown, kernel, output_gradients=pixel_slope)
        along = tf.reduce_sum(pixel_slope * shown, [1, 2, 3])
        fooled = tf.stop_gradient(fooled - along) + along
        weight = tf.cast(self.updates >= self.disc_start, tf.float32)
        off = self.commitment * tf.reduce_mean(off, [1, 2]) / z.shape[-1]
        real = self.discriminator(pixels)
        hinge = 0.5 * tf.reduce_mean(tf.nn.relu(1 - real) + tf.nn.relu(1 + judged), [1, 2])
        return {
            "generator": {**terms, "commitment": (off, one), "adversarial": (weight * self.balance * fooled, one)},
            "discriminator": {"hinge": (hinge, one)},
            "statistics": self.quantizer.statistics(z, chosen, None, noises.fold_in(noise, "quantizer")) | {
                "pictures": tf.reduce_sum(one), "error": error_slope, "fooled": fooled_slope,
            },
        }  # fmt: skip

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """The codebook follows; the next step's weight of the adversarial term is known; one update more is done."""
        self.quantizer.absorb(statistics)
        norms = [tf.norm(statistics[name]) / statistics["pictures"] for name in ("error", "fooled")]
        self.balance.assign(self.share * tf.clip_by_value(norms[0] / (norms[1] + 1e-4), 0.0, GREATEST))
        self.updates.assign_add(1.0)


def _perceived(kind: str, pixels: tf.Tensor, shown: tf.Tensor) -> tf.Tensor:
    if kind == "pyramid":
        return pyramid(pixels, shown)
    return _features()(pixels, shown) if kind == "efficientnet" else tf.zeros_like(pixels[:, 0, 0, 0])


def _features() -> Any:
    """Distance in a classifier's features. Raises UserError where its weights are not here."""
    from regenkit_image.metrics import perceptual  # nothing else of this wants them
    from regenkit_image.networks import efficientnet

    efficientnet.network()
    return perceptual.apart
