"""A VQ-GAN of pictures: a grid of codes as Y′, and a decoder that must pass a judge.

Esser et al. 2021, arXiv 2012.09841 (equations 4 to 7): a VQ-VAE whose error is absolute and perceptual, against a
discriminator of patches (`networks.adversary`). The paper's perceptual term is LPIPS; ours: `networks.perceptual`.
"""

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers.vector_quantizer import VectorQuantizer
from regenkit.spec import Spec
from regenkit_image.networks.adversary import Adversary
from regenkit_image.networks.autoencoder import Autoencoder
from regenkit_image.networks.bottleneck import Codes
from regenkit_image.networks.convolutional import Factor, encoder_and_decoder
from regenkit_image.networks.perceptual import Kind, Perceptual


def vqgan(
    *,
    condition: Spec,
    target: Spec,
    codebook_size: PositiveInt = 256,
    latent_dim: PositiveInt = 8,
    commitment_weight: NonNegativeFloat = 0.25,
    perceptual: Kind = "pyramid",
    disc_weight: NonNegativeFloat = 0.2,
    disc_start: NonNegativeInt = 500,
    factor: Factor = 4,
    width: PositiveInt = 32,
    depth: NonNegativeInt = 1,
) -> Autoencoder:
    """Y′ is `code`, tokens (height / factor, width / factor). There is no density: no `field_log_prob`.

    codebook_size      how many codes there are
    latent_dim         numbers of a code's vector
    commitment_weight  of the distance of a vector to its code
    perceptual         beside the absolute error: of bands ("pyramid"), of a classifier's features ("efficientnet":
                       slow, its weights must have been fetched), or "none"
    disc_weight        what the discriminator's gradient is to be at the decoder's last layer, as a share of the errors'
    disc_start         updates after which the generator minds the discriminator
    factor, width, depth: of the network, see `networks.convolutional`
    """
    grid, encoder, decoder = encoder_and_decoder(target, latent_dim, latent_dim, factor, width, depth)
    quantizer = VectorQuantizer(codebook_size, latent_dim)
    bottleneck = Codes(grid, quantizer, commitment_weight)
    adversary = Adversary(decoder.colours, width, weight=disc_weight, start=disc_start)
    return Autoencoder(target, encoder, bottleneck, decoder, Perceptual(perceptual), adversary)
