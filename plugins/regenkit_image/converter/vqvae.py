"""A VQ-VAE of pictures: a grid of codes as Y′.

van den Oord et al. 2017, arXiv 1711.00937 (equation 3): each vector of the encoder is replaced by the nearest of a few
codes; gradients pass straight through; the codebook follows by a moving average (appendix A.1), and dead codes are
revived (`regenkit.layers.vector_quantizer`).
"""

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers.vector_quantizer import VectorQuantizer
from regenkit.spec import Spec
from regenkit_image.networks.autoencoder import Autoencoder
from regenkit_image.networks.bottleneck import Codes
from regenkit_image.networks.convolutional import Factor, encoder_and_decoder


def vqvae(
    *,
    condition: Spec,
    target: Spec,
    codebook_size: PositiveInt = 256,
    latent_dim: PositiveInt = 8,
    commitment_weight: NonNegativeFloat = 0.25,
    factor: Factor = 4,
    width: PositiveInt = 32,
    depth: NonNegativeInt = 1,
) -> Autoencoder:
    """Y′ is `code`, tokens (height / factor, width / factor).

    codebook_size      how many codes there are
    latent_dim         numbers of a code's vector
    commitment_weight  of the distance of a vector to its code (β of the paper)
    factor, width, depth: of the network, see `networks.convolutional`
    """
    grid, encoder, decoder = encoder_and_decoder(target, latent_dim, latent_dim, factor, width, depth)
    quantizer = VectorQuantizer(codebook_size, latent_dim)
    return Autoencoder(target, encoder, Codes(grid, quantizer, commitment_weight), decoder)
