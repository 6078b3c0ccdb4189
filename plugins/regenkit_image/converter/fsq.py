"""Finite scalar quantisation of pictures: a grid of codes as Y′, without a codebook that could fall into disuse.

Mentzer et al. 2024, arXiv 2309.15505: `regenkit.layers.finite_scalar_quantizer` says how.
"""

from pydantic import NonNegativeInt, PositiveInt

from regenkit.layers.finite_scalar_quantizer import FiniteScalarQuantizer
from regenkit.spec import Spec
from regenkit_image.networks.autoencoder import Autoencoder
from regenkit_image.networks.bottleneck import Codes
from regenkit_image.networks.convolutional import Factor, encoder_and_decoder


def fsq(
    *,
    condition: Spec,
    target: Spec,
    levels: tuple[int, ...] = (8, 6, 5),
    factor: Factor = 4,
    width: PositiveInt = 32,
    depth: NonNegativeInt = 1,
) -> Autoencoder:
    """Y′ is `code`, tokens (height / factor, width / factor) of a vocabulary of the product of `levels`.

    levels  of each number of a place; the paper's are (8, 6, 5) for about 2⁸, (8, 5, 5, 5) 2¹⁰, (7, 5, 5, 5, 5) 2¹²
    factor, width, depth: of the network, see `networks.convolutional`
    """
    quantizer = FiniteScalarQuantizer(levels)
    grid, encoder, decoder = encoder_and_decoder(target, quantizer.dim, quantizer.dim, factor, width, depth)
    return Autoencoder(target, encoder, Codes(grid, quantizer), decoder)
