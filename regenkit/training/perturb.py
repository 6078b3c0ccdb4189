"""Noise on the condition of a stage in training: `train.renderer.rep_noise`.

The noise is a function of the example's seed, the field and the position, as a model's own noise is. What is absent (0)
stays absent. Noise on the condition of a second stage: Ho et al. 2022, arXiv 2106.15282.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from regenkit.layers import noise
from regenkit.quiet import tensorflow as tf


@final
@dataclass(frozen=True, kw_only=True)
class Perturb:
    """(fields and mask of a batch, seeds int32 [batch, 2]) → the same, perturbed.

    share       by token field: the fraction of tokens to replace, and the number of tokens to draw from, uniformly
    confusion   by token field: P(replacement | token), float64 [vocabulary, vocabulary], rows of sum 1
    deviation   by continuous field: the standard deviation of the Gaussian noise
    """

    share: Mapping[str, tuple[float, int]]
    confusion: Mapping[str, np.ndarray]
    deviation: Mapping[str, float]

    def __call__(self, condition: Mapping[str, tf.Tensor], seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        found = dict(condition)
        seeds = noise.fold_in(seeds, "perturb")
        for name in sorted([*self.share, *self.confusion, *self.deviation]):
            value, own = condition[name], noise.fold_in(seeds, f"field {name}")
            if name in self.deviation:
                found[name] = _shaken(value, self.deviation[name], own)
                continue
            drawn = noise.uniform(noise.fold_in(own, "chosen"), _entries(value))
            flat = tf.reshape(value, tf.shape(drawn))
            if name in self.share:
                share, vocabulary = self.share[name]
                other = noise.uniform(noise.fold_in(own, "other"), _entries(value)) * float(vocabulary)
                token = tf.where(drawn < share, 1 + tf.cast(other, flat.dtype), flat)
            else:
                token = _confused(flat, self.confusion[name], drawn)
            found[name] = tf.reshape(tf.where(flat > 0, token, flat), tf.shape(value))
        return found


def _entries(value: tf.Tensor) -> tf.Tensor:
    """The number of values of each example."""
    return tf.reduce_prod(tf.shape(value)[1:])


def _confused(tokens: tf.Tensor, confusion: np.ndarray, drawn: tf.Tensor) -> tf.Tensor:
    """The inverse of each token's cumulative distribution at `drawn`. All rows are one sorted table; the values of row
    t − 1 are in (t − 1, t]. So a lookup takes no memory that grows with the vocabulary."""
    size = len(confusion)
    cumulative = np.cumsum(confusion, axis=1)
    cumulative[:, -1] = 1.0  # the same, apart from rounding
    table = tf.constant((np.minimum(cumulative, 1.0) + np.arange(size)[:, None]).reshape(-1), tf.float64)
    row = tf.maximum(tokens - 1, 0)
    wanted = tf.cast(row, tf.float64) + tf.cast(drawn, tf.float64)
    place = tf.searchsorted(table, tf.reshape(wanted, [-1]), side="right")
    return 1 + tf.reshape(tf.cast(place, tokens.dtype), tf.shape(tokens)) - row * size


def _shaken(value: tf.Tensor, deviation: float, seeds: tf.Tensor) -> tf.Tensor:
    """An entry that is 0 throughout is absent."""
    added = deviation * tf.reshape(noise.normal(seeds, _entries(value)), tf.shape(value))
    there = tf.reduce_any(value != 0, axis=list(range(2, len(value.shape))), keepdims=True)
    return tf.where(there, value + added, value)
