"""Residual vector quantisation of pictures: several codes a place as Y′, each of what the ones before it left over.

SoundStream: Zeghidour et al. 2021, arXiv 2107.03312: `regenkit.layers.residual_quantizer` says how.
"""

from typing import Annotated

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers.residual_quantizer import ResidualQuantizer
from regenkit.spec import Spec
from regenkit_image.networks.autoencoder import Autoencoder
from regenkit_image.networks.bottleneck import Codes
from regenkit_image.networks.convolutional import Factor, encoder_and_decoder


def rvq(
    *,
    condition: Spec,
    target: Spec,
    num_quantizers: PositiveInt = 4,
    codebook_size: PositiveInt = 256,
    latent_dim: PositiveInt = 16,
    commitment_weight: NonNegativeFloat = 0.25,
    quantizer_dropout: Annotated[float, Field(ge=0, le=1)] = 0.5,
    factor: Factor = 4,
    width: PositiveInt = 32,
    depth: NonNegativeInt = 1,
) -> Autoencoder:
    """Y′ is `code1`, `code2` …, tokens (height / factor, width / factor) each; an absent one adds nothing.

    num_quantizers     codes a place
    codebook_size      how many each has to choose from
    latent_dim         numbers of a code's vector
    commitment_weight  of the distance of a vector to its code
    quantizer_dropout  share of the pictures that keep a random number of their first codes in training
    factor, width, depth: of the network, see `networks.convolutional`
    """
    grid, encoder, decoder = encoder_and_decoder(target, latent_dim, latent_dim, factor, width, depth)
    quantizer = ResidualQuantizer(num_quantizers, codebook_size, latent_dim, dropout=quantizer_dropout)
    return Autoencoder(target, encoder, Codes(grid, quantizer, commitment_weight), decoder)
