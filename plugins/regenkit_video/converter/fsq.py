"""Finite scalar quantisation over space and time: a grid of codes as Y′, without a codebook.

Mentzer et al. 2024, arXiv 2309.15505: `regenkit.layers.finite_scalar_quantizer` says how.
"""

from pydantic import NonNegativeInt, PositiveInt

from regenkit.layers.finite_scalar_quantizer import FiniteScalarQuantizer
from regenkit.spec import Spec
from regenkit_video.converter.networks import between
from regenkit_video.networks.autoencoder import Autoencoder
from regenkit_video.networks.convolutional import Factor, TimeFactor


def fsq(
    *,
    condition: Spec,
    target: Spec,
    levels: tuple[int, ...] = (8, 6, 5),
    time_factor: TimeFactor = 4,
    factor: Factor = 4,
    width: PositiveInt = 24,
    depth: NonNegativeInt = 1,
) -> Autoencoder:
    """Y′ is `code`, tokens of the grid, of a vocabulary of the product of `levels`.

    levels  of each number of a place; the paper's are (8, 6, 5) for about 2⁸, (8, 5, 5, 5) 2¹⁰
    time_factor, factor, width, depth: of the network, see `networks.convolutional`
    """
    quantizer = FiniteScalarQuantizer(levels)
    grid, encoder, decoder = between(target, quantizer.dim, time_factor, factor, width, depth)
    return Autoencoder(target, grid, encoder, quantizer, decoder)
