"""An autoencoder of pictures, and a denoising one: a grid of vectors as Y′.

Denoising: Vincent et al. 2008, "Extracting and composing robust features with denoising autoencoders" (ICML): a share
of the pixels is hidden from the encoder, and the whole picture asked of the decoder.
"""

from collections.abc import Mapping
from typing import Any, final

from pydantic import NonNegativeInt, PositiveInt

from regenkit.components import Share
from regenkit.layers import noise as noises
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit_image.autoencoders.coder import Batch, Coder
from regenkit_image.autoencoders.likelihood import Likelihood
from regenkit_image.autoencoders.network import Decoder, Encoder, Factor, grid, picture
from regenkit_image.autoencoders.standard import Standard


@final
class Autoencoder(Coder):
    """Y → Y′ → Y. Y′ is `latent`, float32 (height / factor, width / factor, size), of mean 0 and variance 1 a channel.

    size      numbers of a place of the grid
    noise     share of the pixels hidden in training; 0 = a plain autoencoder
    factor    how much smaller the grid is than the picture
    channels  of the network at half the picture's resolution
    depth     residual blocks at each resolution
    """

    def __init__(
        self,
        *,
        condition: Spec,
        target: Spec,
        size: PositiveInt = 4,
        noise: Share = 0.0,
        factor: Factor = 4,
        channels: PositiveInt = 32,
        depth: NonNegativeInt = 1,
    ) -> None:
        super().__init__()
        self.field, self.shape = picture(target, factor)
        self.noise = noise
        self.spec = Spec({"latent": Field(kind="continuous", shape=(*grid(self.shape, factor), size))})
        network = {"factor": factor, "channels": channels, "depth": depth}
        self.encoder, self.decoder = Encoder(self.shape[2], size, **network), Decoder(self.shape[2], size, **network)
        self.standard, self.likelihood = Standard(size), Likelihood()
        self.finish()

    def code(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """The latent of pixels [batch, height, width, channels]."""
        return {"latent": self.standard(self.encoder(pixels))}

    def show(self, rep: Batch) -> tf.Tensor:
        """The pixels of a latent."""
        return self.decoder(self.standard.back(rep["latent"]))

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """−log density of the pixels in nats, by values; in evaluation nothing is hidden from the encoder."""
        pixels = batch["target"][self.field]
        z = self.encoder(self._with_holes(pixels, noise))
        mean = self.decoder(z)
        losses: dict[str, Any] = {"main": {"pixels": self.likelihood.nll(pixels, mean)}}
        if noise is not None:
            losses["statistics"] = self.likelihood.statistics(pixels, mean) | self.standard.statistics(z)
        return losses

    def _with_holes(self, pixels: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
        if seeds is None or not self.noise:
            return pixels
        height, width, _ = self.shape
        kept = tf.cast(noises.uniform(noises.fold_in(seeds, "hidden pixels"), height * width) >= self.noise, tf.float32)
        return pixels * tf.reshape(kept, [-1, height, width, 1])

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """The density's scale and the latents' moments follow."""
        self.likelihood.absorb(statistics)
        self.standard.absorb(statistics)

    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """log density of the pixels given Y′ in nats, [batch]."""
        return {self.field: -self.likelihood.nll(target[self.field], self.show(condition))[0]}
