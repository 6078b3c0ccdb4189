"""An autoencoder of pictures, and a denoising one: a grid of vectors as Y′.

Denoising: Vincent et al. 2008, "Extracting and composing robust features with denoising autoencoders" (ICML): a share
of the pixels is hidden from the encoder, and the whole picture asked of the decoder.
"""

from pydantic import NonNegativeInt, PositiveInt

from regenkit.ranges import Share
from regenkit.spec import Spec
from regenkit_image.networks.autoencoder import Autoencoder
from regenkit_image.networks.bottleneck import Vectors
from regenkit_image.networks.convolutional import Factor, encoder_and_decoder


def autoencoder(
    *,
    condition: Spec,
    target: Spec,
    latent_dim: PositiveInt = 4,
    noise: Share = 0.0,
    factor: Factor = 4,
    width: PositiveInt = 32,
    depth: NonNegativeInt = 1,
) -> Autoencoder:
    """Y′ is `latent`, float32 (height / factor, width / factor, latent_dim), of mean 0 and variance 1 a channel.

    latent_dim  numbers of a place of the grid
    noise       share of the pixels hidden in training; 0 = a plain autoencoder
    factor, width, depth: of the network, see `networks.convolutional`
    """
    grid, encoder, decoder = encoder_and_decoder(target, latent_dim, latent_dim, factor, width, depth)
    return Autoencoder(target, encoder, Vectors(grid, latent_dim), decoder, noise=noise)
