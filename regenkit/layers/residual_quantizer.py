"""Residual vector quantisation: a vector as a sum of codes, each of what the ones before it left over.

SoundStream: Zeghidour et al. 2021, arXiv 2107.03312 (algorithm 1; quantiser dropout, section III-C): in training an
example keeps only a random number of its first codes, so that the first ones alone say something.
"""

from collections.abc import Mapping
from typing import final

from regenkit.layers import noise
from regenkit.layers.quantizer import Quantized, Quantizer
from regenkit.layers.statistics import of_part, prefixed
from regenkit.layers.vector_quantizer import VectorQuantizer
from regenkit.quiet import tensorflow as tf


@final
class ResidualQuantizer(Quantizer):
    """`num_quantizers` codebooks of `codebook_size` codes each; an absent code adds nothing.

    dropout  share of the examples that keep a random number of their first codes in training; SoundStream's is 1
    """

    def __init__(self, num_quantizers: int, codebook_size: int, dim: int, *, dropout: float = 0.0) -> None:
        super().__init__(dtype="float32")
        self.num_quantizers, self.codebook_size, self.dim = num_quantizers, codebook_size, dim
        self.dropout = dropout
        self.quantizers = [VectorQuantizer(codebook_size, dim) for _ in range(num_quantizers)]

    def build(self, _shape: object = None) -> None:
        for quantizer in self.quantizers:
            quantizer.build(None)
        self.built = True

    def call(self, z: tf.Tensor, known: tf.Tensor | None = None, seeds: tf.Tensor | None = None) -> Quantized:
        """As of `Quantizer`; the distance is the mean over all codebooks, of which one that is not kept counts 0."""
        rest, total, distance = z, tf.zeros_like(z), tf.zeros_like(z[..., 0])
        known = tf.ones_like(distance) if known is None else known
        indices: list[tf.Tensor] = []
        statistics: dict[str, tf.Tensor] = {}
        for number, (quantizer, kept) in enumerate(zip(self.quantizers, self.kept(tf.shape(z)[0], seeds), strict=True)):
            kept = tf.reshape(kept, [-1] + [1] * (z.shape.rank - 2))
            found = quantizer(rest, known=known * kept, seeds=noise.fold_in(seeds, "quantizer", number))
            code = tf.stop_gradient(found.codes)
            total += code * kept[..., None]
            distance += found.distance * kept
            statistics |= prefixed(str(number), found.statistics)
            indices.append(found.indices)
            rest -= code
        codes = z + tf.stop_gradient(total - z)
        return Quantized(codes, tf.stack(indices, -1), distance / len(self.quantizers), statistics)

    def codes_to_indices(self, codes: tf.Tensor) -> tf.Tensor:
        """Of any vectors, code by code: the nearest codes of a sum of codes need not be its parts."""
        return self(codes).indices

    def indices_to_codes(self, indices: tf.Tensor) -> tf.Tensor:
        each = tf.unstack(indices, axis=-1)
        present = [tf.cast(number >= 0, tf.float32)[..., None] for number in each]
        codes = [quantizer.indices_to_codes(number) for quantizer, number in zip(self.quantizers, each, strict=True)]
        return tf.add_n([code * one for code, one in zip(codes, present, strict=True)])

    def kept(self, count: tf.Tensor, seeds: tf.Tensor | None) -> list[tf.Tensor]:
        """By quantiser, 1 where an example keeps its code, else 0; float32 [count]."""
        total = len(self.quantizers)
        if seeds is None:
            return [tf.ones([count])] * total
        drawn = noise.uniform(noise.fold_in(seeds, "kept"), 2)
        last = tf.where(drawn[:, 0] < self.dropout, tf.floor(drawn[:, 1] * total), total - 1.0)
        return [tf.cast(number <= last, tf.float32) for number in range(total)]

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        """The codebooks follow."""
        for number, quantizer in enumerate(self.quantizers):
            quantizer.absorb(of_part(str(number), statistics))
