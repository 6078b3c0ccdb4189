"""A VQ-VAE of pictures: a grid of codes as Y′.

van den Oord et al. 2017, arXiv 1711.00937 (equation 3): each vector of the encoder is replaced by the nearest of a few
codes; gradients pass straight through; the codebook follows by a moving average (appendix A.1), and dead codes are
revived (`layers/vector_quantizer.py`). The decoder's likelihood is a Gaussian of one scale (`likelihood`).
"""

from collections.abc import Mapping
from typing import Any, final

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.vector_quantizer import VectorQuantizer
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit_image.autoencoders.coder import Batch, Coder
from regenkit_image.autoencoders.likelihood import Likelihood
from regenkit_image.autoencoders.network import Decoder, Encoder, Factor, grid, picture


@final
class VqVae(Coder):
    """Y → Y′ → Y. Y′ is `code`, tokens (height / factor, width / factor).

    codes       how many there are
    size        numbers of a code's vector
    commitment  weight of the distance of a vector to its code (β of the paper)
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
        factor: Factor = 4,
        channels: PositiveInt = 32,
        depth: NonNegativeInt = 1,
    ) -> None:
        super().__init__()
        self.field, self.shape = picture(target, factor)
        self.commitment = commitment
        self.spec = Spec({"code": Field(vocabulary=codes, shape=grid(self.shape, factor))})
        network = {"factor": factor, "channels": channels, "depth": depth}
        self.encoder, self.decoder = Encoder(self.shape[2], size, **network), Decoder(self.shape[2], size, **network)
        self.quantizer, self.likelihood = VectorQuantizer(codes, size), Likelihood()
        self.quantizer.build(None)
        self.finish()

    def code(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """The tokens of pixels [batch, height, width, channels]."""
        return {"code": 1 + self.quantizer(self.encoder(pixels))}

    def show(self, rep: Batch) -> tf.Tensor:
        """The pixels of tokens; one that is absent is as the first."""
        return self.decoder(self.quantizer.vectors(tf.maximum(rep["code"] - 1, 0)))

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """−log density of the pixels in nats, by values, and the mean square of what vectors are off their codes."""
        pixels = batch["target"][self.field]
        z = self.encoder(pixels)
        chosen, code, off = self.quantizer.through(z)
        off = tf.reduce_mean(off, [1, 2]) / z.shape[-1]
        mean = self.decoder(code)
        terms = {"pixels": self.likelihood.nll(pixels, mean), "commitment": (self.commitment * off, tf.ones_like(off))}
        losses: dict[str, Any] = {"main": terms}
        if noise is not None:
            used = self.quantizer.statistics(z, chosen, None, noises.fold_in(noise, "quantizer"))
            losses["statistics"] = self.likelihood.statistics(pixels, mean) | used
        return losses

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """The density's scale and the codebook follow."""
        self.likelihood.absorb(statistics)
        self.quantizer.absorb(statistics)

    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """log density of the pixels given Y′ in nats, [batch]."""
        return {self.field: -self.likelihood.nll(target[self.field], self.show(condition))[0]}
