"""Finite scalar quantisation of pictures: a grid of codes as Y′, without a codebook that could fall into disuse.

Mentzer et al. 2024, arXiv 2309.15505 (section 3 and appendix A.1): each of a few numbers a place is bounded by tanh and
rounded to one of its levels, gradients pass straight through, and the token is the levels as digits of mixed radix. The
decoder's likelihood is a Gaussian of one scale (`likelihood`).
"""

import math
from collections.abc import Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeInt, PositiveInt

from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit_image.autoencoders.coder import Batch, Coder
from regenkit_image.autoencoders.likelihood import Likelihood
from regenkit_image.autoencoders.network import Decoder, Encoder, Factor, grid, picture

MARGIN = 1e-3
"""By which the bound stays off the place half-way to a level that does not exist."""


@final
class Levels:
    """Vectors of so many numbers ↔ levels ↔ tokens; the levels of a number are −⌊L / 2⌋ … ⌈L / 2⌉ − 1."""

    def __init__(self, levels: tuple[int, ...]) -> None:
        if not levels or min(levels) < 3:  # of two levels, the bound's shift would be infinite
            raise ValueError(f"levels is {list(levels)}; right are a few numbers from 3 on, such as [8, 6, 5]")
        self.levels = np.array(levels, np.float32)
        self.places = np.cumprod([1, *levels[:-1]]).astype(np.int32)  # what a digit counts

    def bound(self, z: tf.Tensor) -> tf.Tensor:
        """[..., numbers] → between the least level and the greatest, 0 for 0."""
        half = (self.levels - 1) / 2 * (1 - MARGIN)
        offset = np.where(self.levels % 2, 0.0, 0.5).astype(np.float32)
        return tf.tanh(z + np.arctanh(offset / half)) * half - offset

    def rounded(self, z: tf.Tensor) -> tf.Tensor:
        """The levels of vectors, float32 [..., numbers], with the gradient of `bound` straight through."""
        bound = self.bound(z)
        return bound + tf.stop_gradient(tf.round(bound) - bound)

    def tokens(self, levels: tf.Tensor) -> tf.Tensor:
        """Levels [..., numbers] → tokens int32 [...]."""
        digits = tf.cast(tf.round(levels + self.levels // 2), tf.int32)
        return 1 + tf.reduce_sum(digits * self.places, -1)

    def of_tokens(self, tokens: tf.Tensor) -> tf.Tensor:
        """The levels of tokens, the inverse; an absent one is as the first."""
        digits = tf.maximum(tokens - 1, 0)[..., None] // self.places % self.levels.astype(np.int32)
        return tf.cast(digits, tf.float32) - self.levels // 2


@final
class Fsq(Coder):
    """Y → Y′ → Y. Y′ is `code`, tokens (height / factor, width / factor) of a vocabulary of the product of `levels`.

    levels    of each number of a place; the paper's are (8, 6, 5) for about 2⁸, (8, 5, 5, 5) 2¹⁰, (7, 5, 5, 5, 5) 2¹²
    factor    how much smaller the grid is than the picture
    channels  of the network at half the picture's resolution
    depth     residual blocks at each resolution
    """

    def __init__(
        self,
        *,
        condition: Spec,
        target: Spec,
        levels: tuple[int, ...] = (8, 6, 5),
        factor: Factor = 4,
        channels: PositiveInt = 32,
        depth: NonNegativeInt = 1,
    ) -> None:
        super().__init__()
        self.levels = Levels(levels)
        self.field, self.shape = picture(target, factor)
        self.spec = Spec({"code": Field(vocabulary=math.prod(levels), shape=grid(self.shape, factor))})
        network = {"factor": factor, "channels": channels, "depth": depth}
        self.encoder = Encoder(self.shape[2], len(levels), **network)
        self.decoder, self.likelihood = Decoder(self.shape[2], len(levels), **network), Likelihood()
        self.finish()

    def decode(self, levels: tf.Tensor) -> tf.Tensor:
        """The pixels of levels, which the decoder reads as numbers in [−1, 1]."""
        return self.decoder(levels / (self.levels.levels // 2))

    def code(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """The tokens of pixels [batch, height, width, channels]."""
        return {"code": self.levels.tokens(self.levels.rounded(self.encoder(pixels)))}

    def show(self, rep: Batch) -> tf.Tensor:
        """The pixels of tokens."""
        return self.decode(self.levels.of_tokens(rep["code"]))

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """−log density of the pixels in nats, by values."""
        pixels = batch["target"][self.field]
        mean = self.decode(self.levels.rounded(self.encoder(pixels)))
        losses: dict[str, Any] = {"main": {"pixels": self.likelihood.nll(pixels, mean)}}
        if noise is not None:
            losses["statistics"] = self.likelihood.statistics(pixels, mean)
        return losses

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """The density's scale follows."""
        self.likelihood.absorb(statistics)

    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """log density of the pixels given Y′ in nats, [batch]."""
        return {self.field: -self.likelihood.nll(target[self.field], self.show(condition))[0]}
