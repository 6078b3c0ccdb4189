"""Text → vectors by a normalising flow, whose prior says what each symbol sounds like (Glow-TTS: Kim et al. 2020, arXiv
2005.11129; with couplings that keep volumes, as the prior of VITS, arXiv 2106.06103).

A flow makes the vectors of entries into others, of which each is a draw of its symbol's Gaussian. The best monotonic
alignment says which symbol that is. In training by `joint:` the gradient of the likelihood reaches the vectors too.
"""

from collections.abc import Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.gaussian import gaussian_nll, mean_and_log_scale
from regenkit.models.sampling import seeds_of
from regenkit.models.traced import call_traced
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Share
from regenkit.spec import END, Spec
from regenkit.stage import Batch, Losses
from regenkit_speech.models.clocks import LONGEST, vectors_of
from regenkit_speech.networks.alignment import aligned, symbol_of_entry
from regenkit_speech.networks.coupling import Couplings
from regenkit_speech.networks.durations import Durations
from regenkit_speech.networks.text_encoder import TextEncoder


@final
class Glow(keras.Model):
    """P(entries | text): one field of vectors.

    width       of all networks
    depth       blocks of attention of the text's encoder
    heads       of attention
    dropout     in the encoder
    flow_steps  couplings
    flow_depth  blocks of convolution of each
    """

    draws_length = True

    def __init__(
        self, *, condition: Spec, target: Spec, width: PositiveInt = 192, depth: PositiveInt = 3,
        heads: PositiveInt = 2, dropout: Share = 0.1, flow_steps: PositiveInt = 4, flow_depth: PositiveInt = 2,
    ) -> None:  # fmt: skip
        super().__init__()
        self.condition, self.target, self.field = condition, target, vectors_of(target)
        if len(target) > 1:
            raise ValueError(f"glow draws one field of vectors; the target is {target}")
        (self.clock,), self.size = target.clocks, int(target[self.field].shape[1] or 0)
        self.encoder = TextEncoder(condition, width, depth, heads, dropout)
        if self.encoder.clock.axis == self.clock.axis:
            raise ValueError("text and vectors run along one axis; right are two")
        small = keras.initializers.RandomNormal(stddev=0.01)
        self.prior = keras.layers.Dense(2 * self.size, kernel_initializer=small, dtype="float32")
        self.durations = Durations(width)
        self.flow = Couplings(self.size, flow_steps, width, flow_depth)
        self.prior.build((None, None, width))
        self.built = True

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> Losses:
        """−log density of the entries, given the best alignment, in nats, summed over them; and that of durations
        (`spec.END`). An example with more symbols than entries, or with neither, weighs 0."""
        target = batch["target"]
        known = tf.cast(target[self.clock.mask], tf.float32)
        hidden, symbols = self.encoder(batch["condition"], noises.fold_in(noise, "encoder"))
        mean, log_scale = mean_and_log_scale(self.prior(hidden))
        found = self.flow(tf.cast(target[self.field], tf.float32), known[..., None])
        durations = aligned(_log_likelihood(found, mean, log_scale), symbols, known)
        fits = tf.cast(tf.reduce_sum(durations, 1) > 0, tf.float32)
        known, symbols = known * fits[:, None], symbols * fits[:, None]
        symbol = symbol_of_entry(durations, tf.shape(known)[1])
        mean, log_scale = (tf.gather(each, symbol, batch_dims=1) for each in (mean, log_scale))
        nll = tf.reduce_sum(gaussian_nll(found, mean, log_scale), -1) * known
        own = tf.reduce_sum(nll, 1), tf.reduce_sum(known, 1)
        return {"main": {self.field: own, END: self.durations.loss(durations, hidden, symbols, noise)}}

    def sample(
        self, condition: Batch, *, seed: int, given: Any = None, length: PositiveInt | None = None,
        max_length: PositiveInt = LONGEST, pace: PositiveFloat = 1.0, temperature: NonNegativeFloat = 0.667,
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """Fields and the mask of their clock.

        length, max_length  steps of Y
        pace                durations are divided by it
        temperature         scales the standard deviations of the symbols
        """
        fields = {name: tf.convert_to_tensor(condition[name]) for name in (*self.condition, self.encoder.clock.mask)}
        count = int(fields[self.encoder.clock.mask].shape[0])
        if not count:
            return {self.field: np.zeros((0, 0, self.size), np.float32), self.clock.mask: np.zeros((0, 0), bool)}
        most = max(1, self.clock.entries(length or max_length))
        found, mask = call_traced(
            self, self._drawn, fields, seeds_of(seed, count), tf.constant(pace, tf.float32),
            tf.constant(temperature, tf.float32), tf.constant(most), tf.constant(length is not None),
        )  # fmt: skip
        return {self.field: found.numpy(), self.clock.mask: mask.numpy()}

    def _drawn(
        self, condition: Batch, seeds: tf.Tensor, pace: tf.Tensor, temperature: tf.Tensor, most: tf.Tensor,
        exactly: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:  # fmt: skip
        hidden, symbols = self.encoder(condition, None)
        durations, mask = self.durations.draw(hidden, symbols, pace, most, exactly)
        known = tf.cast(mask, tf.float32)[..., None]
        symbol = symbol_of_entry(durations, tf.shape(mask)[1])
        mean, log_scale = (tf.gather(each, symbol, batch_dims=1) for each in mean_and_log_scale(self.prior(hidden)))
        normal = tf.reshape(noises.normal(noises.fold_in(seeds, "vectors"), tf.size(mean[0])), tf.shape(mean))
        drawn = (mean + temperature * tf.exp(log_scale) * normal) * known
        return self.flow.inverse(drawn, known) * known, mask


def _log_likelihood(vectors: tf.Tensor, mean: tf.Tensor, log_scale: tf.Tensor) -> tf.Tensor:
    """float64 [batch, symbols, entries] of the symbols' Gaussians, without the constant.

    What is added up here cancels. In single precision an entry of a narrow Gaussian, such as that of a silence, was off
    by up to 500 nats, so that alignments were wrong.
    """
    vectors, mean, log_scale = (tf.cast(tf.stop_gradient(each), tf.float64) for each in (vectors, mean, log_scale))
    precision = tf.exp(-2 * log_scale)
    crossed = tf.matmul(mean * precision, vectors, transpose_b=True)
    squares = tf.matmul(precision, vectors**2, transpose_b=True)
    own = tf.reduce_sum(0.5 * mean**2 * precision + log_scale, -1)
    return crossed - 0.5 * squares - own[:, :, None]
