"""A VQ-VAE over space and time: a grid of codes (time, height, width) as Y′.

VideoGPT: Yan et al. 2021, arXiv 2104.10157; the codebook follows its vectors by a moving average (van den Oord et al.
2017, arXiv 1711.00937, appendix A.1), and dead codes are revived (`regenkit.layers.vector_quantizer`).
"""

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers.vector_quantizer import VectorQuantizer
from regenkit.spec import Spec
from regenkit_video.converter.networks import between
from regenkit_video.networks.autoencoder import Autoencoder
from regenkit_video.networks.convolutional import Factor, TimeFactor


def vqvae(
    *,
    condition: Spec,
    target: Spec,
    codebook_size: PositiveInt = 256,
    latent_dim: PositiveInt = 8,
    commitment_weight: NonNegativeFloat = 0.25,
    time_factor: TimeFactor = 4,
    factor: Factor = 4,
    width: PositiveInt = 24,
    depth: NonNegativeInt = 1,
) -> Autoencoder:
    """Y′ is `code`, tokens (frames / time_factor, height / factor, width / factor).

    codebook_size      how many codes there are
    latent_dim         numbers of a code's vector
    commitment_weight  of the distance of a vector to its code (β of the paper)
    time_factor, factor, width, depth: of the network, see `networks.convolutional`
    """
    grid, encoder, decoder = between(target, latent_dim, time_factor, factor, width, depth)
    return Autoencoder(target, grid, encoder, VectorQuantizer(codebook_size, latent_dim), decoder, commitment_weight)
