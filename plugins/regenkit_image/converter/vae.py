"""A variational autoencoder of pictures: a grid of vectors as Y′, held near a normal distribution.

VAE: Kingma and Welling 2014, arXiv 1312.6114 (equation 10). β: Higgins et al. 2017 (ICLR). Free bits: Kingma et al.
2016, arXiv 1606.04934 (equation 15), here of each picture and channel, not of a batch's mean: no picture may depend on
its batch, so that the bound is a little looser.
"""

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.spec import Spec
from regenkit_image.networks.autoencoder import Autoencoder
from regenkit_image.networks.bottleneck import Gaussian
from regenkit_image.networks.convolutional import Factor, encoder_and_decoder


def vae(
    *,
    condition: Spec,
    target: Spec,
    latent_dim: PositiveInt = 4,
    beta: NonNegativeFloat = 1.0,
    free_bits: NonNegativeFloat = 0.0,
    factor: Factor = 4,
    width: PositiveInt = 32,
    depth: NonNegativeInt = 1,
) -> Autoencoder:
    """Y′ is `latent`, the posterior's mean, float32 (height / factor, width / factor, latent_dim).

    latent_dim  numbers of a place of the grid
    beta        weight of the divergence from the normal distribution; 1 = the evidence lower bound
    free_bits   nats of each channel of a picture that cost nothing
    factor, width, depth: of the network, see `networks.convolutional`
    """
    grid, encoder, decoder = encoder_and_decoder(target, 2 * latent_dim, latent_dim, factor, width, depth)
    bottleneck = Gaussian(grid, latent_dim, beta=beta, free_bits=free_bits)
    return Autoencoder(target, encoder, bottleneck, decoder)
