"""Finite scalar quantisation: codes without a codebook, which could fall into disuse.

Mentzer et al. 2024, arXiv 2309.15505 (section 3 and appendix A.1): each of a few numbers is bounded by tanh and rounded
to one of its levels, gradients pass straight through, and the index is the levels as digits of mixed radix.
"""

import math
from typing import final

import numpy as np

from regenkit.layers.quantizer import Quantized, Quantizer
from regenkit.quiet import tensorflow as tf

MARGIN = 1e-3
"""By which the bound stays off the point half-way to a level that does not exist."""

MOST = 2**31 - 1
"""Codes, whose numbers are int32."""


@final
class FiniteScalarQuantizer(Quantizer):
    """Of `levels` L of a number, its codes are (−⌊L / 2⌋ … ⌈L / 2⌉ − 1) / ⌊L / 2⌋, in [−1, 1]; absent is the first."""

    def __init__(self, levels: tuple[int, ...]) -> None:
        if not levels or min(levels) < 3:  # of two levels, the bound's shift would be infinite
            raise ValueError(f"levels is {list(levels)}; right are a few numbers from 3 on, such as [8, 6, 5]")
        if math.prod(levels) > MOST:
            raise ValueError(
                f"levels is {list(levels)}: that is {math.prod(levels):,} codes; right are at most {MOST:,}"
            )
        super().__init__(dtype="float32")
        self.dim, self.codebook_size = len(levels), math.prod(levels)
        self.levels = np.array(levels, np.float32)
        self.half = self.levels // 2
        self.basis = np.cumprod([1, *levels[:-1]]).astype(np.int32)  # what a digit of the index counts
        self.built = True

    def bound(self, z: tf.Tensor) -> tf.Tensor:
        """[..., dim] → between the least level and the greatest, 0 for 0."""
        half = (self.levels - 1) / 2 * (1 - MARGIN)
        offset = np.where(self.levels % 2, 0.0, 0.5).astype(np.float32)
        return tf.tanh(z + np.arctanh(offset / half)) * half - offset

    def call(self, z: tf.Tensor, known: tf.Tensor | None = None, seeds: tf.Tensor | None = None) -> Quantized:
        bound = self.bound(z)
        codes = (bound + tf.stop_gradient(tf.round(bound) - bound)) / self.half
        return Quantized(codes, self.codes_to_indices(codes), None, {})

    def codes_to_indices(self, codes: tf.Tensor) -> tf.Tensor:
        digits = tf.cast(tf.round(codes * self.half + self.half), tf.int32)
        return tf.reduce_sum(digits * self.basis, -1)

    def indices_to_codes(self, indices: tf.Tensor) -> tf.Tensor:
        digits = tf.maximum(indices, 0)[..., None] // self.basis % self.levels.astype(np.int32)
        return (tf.cast(digits, tf.float32) - self.half) / self.half
