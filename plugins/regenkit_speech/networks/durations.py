"""How many entries each symbol of a text lasts: learned from alignments, predicted for drawing."""

import math
from typing import final

from regenkit.layers import noise
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit_speech.networks.convnext import Backbone

LARGEST = 6.0
"""The logarithm of the most entries that are predicted."""
DROPOUT = 0.5
"""As in FastSpeech 2. It slows the first 1,000 steps down; after 3,000, twenty minutes of speech are predicted better
than with 0.2 (spectra of validation 0.294 and 0.311, one seed each)."""


@final
class Durations(keras.layers.Layer):
    """What predicts durations from what symbols say; it does not move the encoder (FastSpeech 2, arXiv 2006.04558)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.lengths = Backbone(width, width, 2, kernel=3, dropout=DROPOUT)
        usual = keras.initializers.Constant(math.log(5.0))
        self.log_length = keras.layers.Dense(1, bias_initializer=usual, dtype="float32")
        self.lengths.build(None)
        self.log_length.build((None, None, width))
        self.built = True

    def logs(self, hidden: tf.Tensor, symbols: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
        """[batch, symbols]; symbols: float32 [batch, symbols], which exist."""
        x = self.lengths(tf.stop_gradient(hidden), symbols[..., None], None, noise.fold_in(seeds, "durations"))
        return self.log_length(x)[..., 0]

    def loss(
        self, durations: tf.Tensor, hidden: tf.Tensor, symbols: tf.Tensor, seeds: tf.Tensor | None
    ) -> tf.Tensor:  # fmt: skip
        """(the deviance summed over the symbols, how many there are), each [batch]."""
        each = deviance(tf.cast(durations, tf.float32), self.logs(hidden, symbols, seeds)) * symbols
        return tf.reduce_sum(each, 1), tf.reduce_sum(symbols, 1)

    def draw(
        self, hidden: tf.Tensor, symbols: tf.Tensor, pace: tf.Tensor, most: tf.Tensor, exactly: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:  # fmt: skip
        """(durations int32 [batch, symbols], which entries exist: bool [batch, entries]).

        pace     by which durations are divided
        most     entries of an example at most, or of each one if `exactly`
        """
        lengths = tf.exp(tf.minimum(self.logs(hidden, symbols, None), LARGEST)) / pace * symbols
        lengths = tf.maximum(lengths, symbols)
        total = tf.cast(tf.round(tf.reduce_sum(lengths, 1)), tf.int32)
        total = tf.where(exactly, most, tf.clip_by_value(total, 1, most))
        return scaled(lengths, total), tf.sequence_mask(total, tf.reduce_max(total))


def scaled(durations: tf.Tensor, total: tf.Tensor) -> tf.Tensor:
    """Durations float32 [batch, symbols] as whole numbers that sum to `total` int32 [batch]."""
    ends = tf.cumsum(durations, axis=1)
    factor = tf.cast(total, tf.float32)[:, None] / tf.maximum(ends[:, -1:], 1e-6)
    whole = tf.cast(tf.round(ends * factor), tf.int32)
    return whole - tf.pad(whole[:, :-1], [[0, 0], [1, 0]])


def deviance(durations: tf.Tensor, logs: tf.Tensor, largest: float = LARGEST) -> tf.Tensor:
    """Half the deviance of a Poisson distribution of mean exp(logs), of durations float32 of the same shape.

    It is least at the mean of the durations, so that what is predicted is as long as what is true on the whole. A
    squared distance of logarithms is least at their geometric mean: texts drawn by it were too short.

    largest  logarithm that is predicted at most
    """
    logs = tf.minimum(logs, largest)
    return tf.exp(logs) - durations + durations * (tf.math.log(tf.maximum(durations, 1.0)) - logs)
