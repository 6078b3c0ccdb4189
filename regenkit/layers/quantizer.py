"""What every quantiser of vectors is: a layer that replaces a vector by a code, and knows codes by their indices."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NamedTuple

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf


class Quantized(NamedTuple):
    """What a quantiser makes of vectors."""

    codes: tf.Tensor  # float32 [..., dim]; the gradient goes straight through to the vectors (arXiv 1308.3432)
    indices: tf.Tensor  # int32, as of `codes_to_indices`
    distance: tf.Tensor | None  # float32 [...], squared, of vectors to codes; it moves the vectors. None: free
    statistics: dict[str, tf.Tensor]  # for `absorb`; empty in evaluation


class Quantizer(keras.layers.Layer, ABC):
    """Vectors [batch, ..., dim] to one of `codebook_size` codes, or to a sum of `num_quantizers` such codes.

    Indices are int32 from 0, [batch, ...]; of a sum of codes [batch, ..., num_quantizers]. To quantise is to call it:
    what Keras's layers name `quantize` is about their weights.
    """

    dim: int
    codebook_size: int
    num_quantizers: int | None = None

    @abstractmethod
    def call(self, z: tf.Tensor, known: tf.Tensor | None = None, seeds: tf.Tensor | None = None) -> Quantized:
        """Codes of vectors z, float32 [batch, ..., dim].

        known  float32 [batch, ...], 1 where a vector counts in the statistics, which the first ones of an example do;
               None: all
        seeds  int32 [batch, 2]; None = evaluation
        """

    @abstractmethod
    def codes_to_indices(self, codes: tf.Tensor) -> tf.Tensor:
        """The indices of codes, float32 [..., dim]."""

    @abstractmethod
    def indices_to_codes(self, indices: tf.Tensor) -> tf.Tensor:
        """The inverse, float32 [..., dim]. What an index below 0, an absent one, means, the class says."""

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        """Learn from sums of `Quantized.statistics` over the whole batch."""
