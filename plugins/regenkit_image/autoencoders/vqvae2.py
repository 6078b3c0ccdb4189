"""VQ-VAE-2 of pictures: two grids of codes as Y′, a small one of the whole and a larger one of what it leaves open.

Razavi et al. 2019, arXiv 1906.00446 (figure 2a, algorithm 1): the encoder goes on to half the resolution, whose codes
are decoded and read, beside the encoder's own vectors, by the larger grid's quantiser; the decoder reads both. Of the
codebooks: `vqvae`.
"""

from collections.abc import Mapping
from typing import Any, final

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.convolution import Residual, Up, down
from regenkit.layers.vector_quantizer import VectorQuantizer
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit_image.autoencoders.coder import Batch, Coder
from regenkit_image.autoencoders.likelihood import Likelihood
from regenkit_image.autoencoders.network import Decoder, Encoder, Factor, built, grid, picture


@final
class VqVae2(Coder):
    """Y → Y′ → Y. Y′ is `top`, tokens (height / factor / 2, width / factor / 2), and `bottom`, (height / factor, …).

    codes       how many each grid has
    size        numbers of a code's vector
    commitment  weight of the distance of a vector to its code
    factor      how much smaller the larger grid is than the picture
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
        factor: Factor = 2,
        channels: PositiveInt = 32,
        depth: NonNegativeInt = 1,
    ) -> None:
        super().__init__()
        self.field, self.shape = picture(target, factor, least=2)
        self.commitment = commitment
        shapes = {"top": grid(self.shape, 2 * factor), "bottom": grid(self.shape, factor)}
        self.spec = Spec({name: Field(vocabulary=codes, shape=shape) for name, shape in shapes.items()})
        network = {"factor": factor, "channels": channels, "depth": depth}
        width = 2 * channels
        self.encoder = Encoder(self.shape[2], width, **network)
        convolution = keras.layers.Conv2D
        self.shrink, self.below = built(down(width), width), built(Residual(width), width)
        self.to_top, self.to_bottom = built(convolution(size, 1), width), built(convolution(size, 1), 2 * width)
        self.grow = built(Up(width), size)
        self.quantizers = {name: VectorQuantizer(codes, size) for name in self.spec}
        self.decoder, self.likelihood = Decoder(self.shape[2], width + size, **network), Likelihood()
        for quantizer in self.quantizers.values():
            quantizer.build(None)
        self.finish()

    def quantized(self, pixels: tf.Tensor) -> dict[str, tuple[tf.Tensor, ...]]:
        """By grid: vectors, and what `VectorQuantizer.through` makes of them."""
        x = self.encoder(pixels)
        z = tf.cast(self.to_top(self.below(self.shrink(x))), tf.float32)
        top = (z, *self.quantizers["top"].through(z))
        decoded = tf.cast(self.grow(top[2]), tf.float32)
        z = tf.cast(self.to_bottom(tf.concat([x, decoded], -1)), tf.float32)
        return {"top": top, "bottom": (z, *self.quantizers["bottom"].through(z))}

    def decode(self, top: tf.Tensor, bottom: tf.Tensor) -> tf.Tensor:
        """The pixels of the codes' vectors."""
        return self.decoder(tf.concat([tf.cast(self.grow(top), tf.float32), bottom], -1))

    def code(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """The tokens of pixels [batch, height, width, channels]."""
        return {name: 1 + found[1] for name, found in self.quantized(pixels).items()}

    def show(self, rep: Batch) -> tf.Tensor:
        """The pixels of tokens; one that is absent is as the first."""
        return self.decode(**{
            name: quantizer.vectors(tf.maximum(rep[name] - 1, 0)) for name, quantizer in self.quantizers.items()
        })  # fmt: skip

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """−log density of the pixels in nats, by values, and the mean square of what vectors are off their codes."""
        pixels = batch["target"][self.field]
        found = self.quantized(pixels)
        mean = self.decode(**{name: code for name, (_, _, code, _) in found.items()})
        terms: dict[str, Any] = {"pixels": self.likelihood.nll(pixels, mean)}
        statistics = self.likelihood.statistics(pixels, mean)
        for name, (z, chosen, _, off) in found.items():
            off = self.commitment * tf.reduce_mean(off, [1, 2]) / z.shape[-1]
            terms[f"{name} commitment"] = (off, tf.ones_like(off))
            if noise is not None:
                used = self.quantizers[name].statistics(z, chosen, None, noises.fold_in(noise, f"quantizer {name}"))
                statistics |= {f"{name}/{key}": value for key, value in used.items()}
        return {"main": terms, **({} if noise is None else {"statistics": statistics})}

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """The density's scale and the codebooks follow."""
        self.likelihood.absorb(statistics)
        for name, quantizer in self.quantizers.items():
            keys = ("count", "total", "elected", "offered")
            quantizer.absorb({key: statistics[f"{name}/{key}"] for key in keys})

    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """log density of the pixels given Y′ in nats, [batch]."""
        return {self.field: -self.likelihood.nll(target[self.field], self.show(condition))[0]}
