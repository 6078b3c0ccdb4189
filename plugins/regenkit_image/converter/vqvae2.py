"""VQ-VAE-2 of pictures: two grids of codes as Y′, a small one of the whole and a larger one of what it leaves open.

Razavi et al. 2019, arXiv 1906.00446 (figure 2a, algorithm 1): the encoder goes on to half the resolution, whose codes
are decoded and read, beside the encoder's own vectors, by the larger grid's quantiser; the decoder reads both.
"""

from collections.abc import Mapping
from typing import final

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise
from regenkit.layers.convolution import Residual, Up, down
from regenkit.layers.quantizer import Quantized
from regenkit.layers.statistics import of_part, prefixed
from regenkit.layers.vector_quantizer import VectorQuantizer
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit_image.networks.autoencoder import Autoencoder
from regenkit_image.networks.bottleneck import Bottleneck, Grid, Passed, commitment
from regenkit_image.networks.convolutional import Decoder, Encoder, Factor, built, grid, picture


def vqvae2(
    *,
    condition: Spec,
    target: Spec,
    codebook_size: PositiveInt = 256,
    latent_dim: PositiveInt = 8,
    commitment_weight: NonNegativeFloat = 0.25,
    factor: Factor = 2,
    width: PositiveInt = 32,
    depth: NonNegativeInt = 1,
) -> Autoencoder:
    """Y′ is `top`, tokens (height / factor / 2, width / factor / 2), and `bottom`, (height / factor, width / factor).

    codebook_size      how many codes each grid has
    latent_dim         numbers of a code's vector
    commitment_weight  of the distance of a vector to its code
    factor, width, depth: of the network, see `networks.convolutional`; the larger grid is smaller by `factor`
    """
    _, shape = picture(target, factor, least=2)
    network = {"factor": factor, "width": width, "depth": depth}
    features = 2 * width
    encoder = Encoder(shape[2], features, **network)
    bottleneck = TwoLevels(grid(shape, factor), features, codebook_size, latent_dim, commitment_weight)
    return Autoencoder(target, encoder, bottleneck, Decoder(shape[2], features + latent_dim, **network))


@final
class TwoLevels(Bottleneck):
    """Features of the larger grid → codes of both; a decoder reads `features` + `latent_dim` numbers a place."""

    def __init__(
        self, grid: Grid, features: int, codebook_size: int, latent_dim: int, commitment_weight: float
    ) -> None:
        super().__init__()
        shapes = {"top": (grid[0] // 2, grid[1] // 2), "bottom": grid}
        self.spec = Spec({name: Field(vocabulary=codebook_size, shape=shape) for name, shape in shapes.items()})
        self.latent_dim, self.commitment_weight = latent_dim, commitment_weight
        convolution = keras.layers.Conv2D
        self.shrink, self.below = built(down(features), features), built(Residual(features), features)
        self.to_top = built(convolution(latent_dim, 1), features)
        self.to_bottom = built(convolution(latent_dim, 1), 2 * features)
        self.grow = built(Up(features), latent_dim)
        self.quantizers = {name: VectorQuantizer(codebook_size, latent_dim) for name in self.spec}

    def build(self, _shape: object = None) -> None:
        for quantizer in self.quantizers.values():
            quantizer.build(None)
        self.built = True

    def quantized(self, z: tf.Tensor, seeds: tf.Tensor | None = None) -> dict[str, Quantized]:
        """Of each grid."""
        top = tf.cast(self.to_top(self.below(self.shrink(z))), tf.float32)
        found = {"top": self.quantizers["top"](top, seeds=noise.fold_in(seeds, "top"))}
        decoded = tf.cast(self.grow(found["top"].codes), tf.float32)
        bottom = tf.cast(self.to_bottom(tf.concat([z, decoded], -1)), tf.float32)
        return {**found, "bottom": self.quantizers["bottom"](bottom, seeds=noise.fold_in(seeds, "bottom"))}

    def compress(self, z: tf.Tensor, seeds: tf.Tensor | None) -> Passed:
        penalties: dict[str, tf.Tensor] = {}
        statistics: dict[str, tf.Tensor] = {}
        found = self.quantized(z, seeds)
        for name, each in found.items():
            penalties[f"{name} commitment"] = self.commitment_weight * commitment(each.distance, self.latent_dim)
            statistics |= prefixed(name, each.statistics)
        return Passed(self._joined(found["top"].codes, found["bottom"].codes), penalties, statistics)

    def to_rep(self, z: tf.Tensor) -> dict[str, tf.Tensor]:
        return {name: 1 + each.indices for name, each in self.quantized(z).items()}

    def from_rep(self, rep: Mapping[str, tf.Tensor]) -> tf.Tensor:
        return self._joined(*(self.quantizers[name].indices_to_codes(rep[name] - 1) for name in self.spec))

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        for name, quantizer in self.quantizers.items():
            quantizer.absorb(of_part(name, statistics))

    def _joined(self, top: tf.Tensor, bottom: tf.Tensor) -> tf.Tensor:
        return tf.concat([tf.cast(self.grow(top), tf.float32), bottom], -1)
