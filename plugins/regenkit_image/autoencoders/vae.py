"""A variational autoencoder of pictures: a grid of vectors as Y′, held near a normal distribution.

VAE: Kingma and Welling 2014, arXiv 1312.6114 (equation 10). β: Higgins et al. 2017 (ICLR). Free bits: Kingma et al.
2016, arXiv 1606.04934 (equation 15), here of each picture and channel, not of a batch's mean: no picture may depend on
its batch, so that the bound is a little looser. The decoder's likelihood is a Gaussian of one scale (`likelihood`).
"""

from collections.abc import Mapping
from typing import Any, final

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise as noises
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit_image.autoencoders.coder import Batch, Coder
from regenkit_image.autoencoders.likelihood import Likelihood
from regenkit_image.autoencoders.network import Decoder, Encoder, Factor, grid, picture
from regenkit_image.autoencoders.standard import Standard


@final
class Vae(Coder):
    """Y → Y′ → Y. Y′ is `latent`, the posterior's mean, float32 (height / factor, width / factor, size), scaled so that
    what is drawn from the posteriors of all pictures has mean 0 and variance 1 in each channel.

    size       numbers of a place of the grid
    beta       weight of the divergence from the normal distribution; 1 = the evidence lower bound
    free_bits  nats of each channel of a picture that cost nothing
    factor     how much smaller the grid is than the picture
    channels   of the network at half the picture's resolution
    depth      residual blocks at each resolution
    """

    def __init__(
        self,
        *,
        condition: Spec,
        target: Spec,
        size: PositiveInt = 4,
        beta: NonNegativeFloat = 1.0,
        free_bits: NonNegativeFloat = 0.0,
        factor: Factor = 4,
        channels: PositiveInt = 32,
        depth: NonNegativeInt = 1,
    ) -> None:
        super().__init__()
        self.field, self.shape = picture(target, factor)
        self.beta, self.free_bits = beta, free_bits
        self.spec = Spec({"latent": Field(kind="continuous", shape=(*grid(self.shape, factor), size))})
        network = {"factor": factor, "channels": channels, "depth": depth}
        self.encoder = Encoder(self.shape[2], 2 * size, **network)
        self.decoder = Decoder(self.shape[2], size, **network)
        self.standard, self.likelihood = Standard(size), Likelihood()
        self.finish()

    def posterior(self, pixels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and logarithm of the standard deviation, each [batch, height, width, size]."""
        mean, log_scale = tf.split(self.encoder(pixels), 2, -1)
        return mean, tf.clip_by_value(log_scale, -7.0, 3.0)

    def code(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """The latent of pixels [batch, height, width, channels]."""
        return {"latent": self.standard(self.posterior(pixels)[0])}

    def show(self, rep: Batch) -> tf.Tensor:
        """The pixels of a latent."""
        return self.decoder(self.standard.back(rep["latent"]))

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """−log density of the pixels and the divergence in nats, by values; in evaluation the mean is decoded."""
        pixels = batch["target"][self.field]
        mean, log_scale = self.posterior(pixels)
        z = mean
        if noise is not None:
            height, width, size = mean.shape[1:]
            normal = noises.normal(noises.fold_in(noise, "latent"), height * width * size)
            z = mean + tf.exp(log_scale) * tf.reshape(normal, [-1, height, width, size])
        shown = self.decoder(z)
        nll, values = self.likelihood.nll(pixels, shown)
        divergence = tf.reduce_sum(0.5 * (mean**2 + tf.exp(2 * log_scale) - 1) - log_scale, [1, 2])
        divergence = tf.reduce_sum(tf.maximum(divergence, self.free_bits), -1)
        losses: dict[str, Any] = {"main": {"pixels": (nll, values), "divergence": (self.beta * divergence, values)}}
        if noise is not None:
            drawn = self.standard.statistics(mean, tf.exp(2 * log_scale))
            losses["statistics"] = self.likelihood.statistics(pixels, shown) | drawn
        return losses

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """The density's scale and the latents' moments follow."""
        self.likelihood.absorb(statistics)
        self.standard.absorb(statistics)

    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """log density of the pixels given Y′ in nats, [batch]: of the decoder alone, not the evidence lower bound."""
        return {self.field: -self.likelihood.nll(target[self.field], self.show(condition))[0]}
