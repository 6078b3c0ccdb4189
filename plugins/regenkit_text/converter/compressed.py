"""Learned codes of a text on a slower clock: one code for every few units (VQ-VAE, van den Oord et al. 2017, arXiv
1711.00937, with the network of `regenkit.models.autoencoder`)."""

from typing import Any

from pydantic import PositiveInt

from regenkit.models.autoencoder import TokenAutoencoder
from regenkit.ranges import Share
from regenkit.spec import Spec


def compressed(
    *, condition: Spec, target: Spec, hop: PositiveInt = 4, codebook_size: PositiveInt = 512,
    latent_dim: PositiveInt = 32, width: PositiveInt = 128, depth: PositiveInt = 2, heads: PositiveInt = 4,
    dropout: Share = 0.1,
) -> Any:  # fmt: skip
    """hop            units of Y that one code covers
    codebook_size  how many codes
    """
    return TokenAutoencoder(
        condition=condition, target=target, bottleneck="vq", hop=hop, codebook_size=codebook_size,
        latent_dim=latent_dim, width=width, depth=depth, heads=heads, dropout=dropout,
    )  # fmt: skip
