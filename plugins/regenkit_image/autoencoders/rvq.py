"""Residual vector quantisation of pictures: several codes a place as Y′, each of what the ones before it left over.

SoundStream: Zeghidour et al. 2021, arXiv 2107.03312 (algorithm 1; quantiser dropout, section III-C): a picture keeps
only a random number of its first codes, so that the first ones alone make a picture. Of the codebooks: `vqvae`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, final

import pydantic
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.vector_quantizer import VectorQuantizer
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit_image.autoencoders.coder import Batch, Coder
from regenkit_image.autoencoders.likelihood import Likelihood
from regenkit_image.autoencoders.network import Decoder, Encoder, Factor, grid, picture


@final
class Rvq(Coder):
    """Y → Y′ → Y. Y′ is `code1`, `code2` …, tokens (height / factor, width / factor) each; an absent one adds nothing.

    quantizers  codes a place
    codes       how many each has to choose from
    size        numbers of a code's vector
    commitment  weight of the distance of a vector to its code
    dropout     share of the pictures that keep a random number of their first codes in training; SoundStream's is 1
    factor      how much smaller the grid is than the picture
    channels    of the network at half the picture's resolution
    depth       residual blocks at each resolution
    """

    def __init__(
        self,
        *,
        condition: Spec,
        target: Spec,
        quantizers: PositiveInt = 4,
        codes: PositiveInt = 256,
        size: PositiveInt = 16,
        commitment: NonNegativeFloat = 0.25,
        dropout: Annotated[float, pydantic.Field(ge=0, le=1)] = 0.5,
        factor: Factor = 4,
        channels: PositiveInt = 32,
        depth: NonNegativeInt = 1,
    ) -> None:
        super().__init__()
        self.field, self.shape = picture(target, factor)
        self.commitment, self.dropout = commitment, dropout
        names = [f"code{number}" for number in range(1, quantizers + 1)]
        self.spec = Spec({name: Field(vocabulary=codes, shape=grid(self.shape, factor)) for name in names})
        network = {"factor": factor, "channels": channels, "depth": depth}
        self.encoder, self.decoder = Encoder(self.shape[2], size, **network), Decoder(self.shape[2], size, **network)
        self.quantizers = [VectorQuantizer(codes, size) for _ in range(quantizers)]
        self.likelihood = Likelihood()
        for quantizer in self.quantizers:
            quantizer.build(None)
        self.finish()

    def code(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """The tokens of pixels [batch, height, width, channels]."""
        rest, found = self.encoder(pixels), {}
        for name, quantizer in zip(self.spec, self.quantizers, strict=True):
            chosen = quantizer(rest)
            rest, found[name] = rest - quantizer.vectors(chosen), 1 + chosen
        return found

    def show(self, rep: Batch) -> tf.Tensor:
        """The pixels of tokens."""
        total = [
            quantizer.vectors(tf.maximum(rep[name] - 1, 0)) * tf.cast(rep[name] > 0, tf.float32)[..., None]
            for name, quantizer in zip(self.spec, self.quantizers, strict=True)
        ]
        return self.decoder(tf.add_n(total))

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """−log density of the pixels in nats, by values, and the mean square of what vectors are off their codes.

        Judged, in evaluation, is the picture of all codes.
        """
        pixels = batch["target"][self.field]
        z = rest = self.encoder(pixels)
        total, off = tf.zeros_like(z), tf.zeros_like(z[:, 0, 0, 0])
        statistics: dict[str, tf.Tensor] = {}
        for place, (quantizer, kept) in enumerate(zip(self.quantizers, self._kept(z, noise), strict=True)):
            chosen, code, apart = quantizer.through(rest)
            code = tf.stop_gradient(code)
            total += code * kept[:, None, None, None]
            off += tf.reduce_mean(apart, [1, 2]) / z.shape[-1] * kept
            if noise is not None:
                known = tf.ones_like(chosen, tf.float32) * kept[:, None, None]
                used = quantizer.statistics(rest, chosen, known, noises.fold_in(noise, "quantizer", place))
                statistics |= {f"{place}/{name}": value for name, value in used.items()}
            rest -= code
        mean = self.decoder(z + tf.stop_gradient(total - z))  # straight through
        off *= self.commitment / len(self.quantizers)
        losses: dict[str, Any] = {
            "main": {"pixels": self.likelihood.nll(pixels, mean), "commitment": (off, tf.ones_like(off))}
        }
        if noise is not None:
            losses["statistics"] = self.likelihood.statistics(pixels, mean) | statistics
        return losses

    def _kept(self, z: tf.Tensor, seeds: tf.Tensor | None) -> list[tf.Tensor]:
        """By quantizer, 1 where a picture keeps its codes, else 0; float32 [batch]."""
        count = len(self.quantizers)
        if seeds is None:
            return [tf.ones(tf.shape(z)[:1])] * count
        drawn = noises.uniform(noises.fold_in(seeds, "kept codes"), 2)
        last = tf.where(drawn[:, 0] < self.dropout, tf.floor(drawn[:, 1] * count), count - 1.0)
        return [tf.cast(place <= last, tf.float32) for place in range(count)]

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """The density's scale and the codebooks follow."""
        self.likelihood.absorb(statistics)
        for place, quantizer in enumerate(self.quantizers):
            names = ("count", "total", "elected", "offered")
            quantizer.absorb({name: statistics[f"{place}/{name}"] for name in names})

    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """log density of the pixels given Y′ in nats, [batch]."""
        return {self.field: -self.likelihood.nll(target[self.field], self.show(condition))[0]}
