"""A class → a waveform by one network that is trained at once: the direct route of sounds.

A vector of the class, and noise that says which of its sounds, are laid out along the entries and rendered as Vocos
renders spectra (arXiv 2306.00814). It learns from the true sound's spectra and, from `adversarial_start` on, against
judges, which the noise is for.
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise as noises
from regenkit.models.sampling import seeds_of
from regenkit.models.traced import call_traced
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import END, Clock, Field, Spec
from regenkit.stage import Batch
from regenkit_speech.models.clocks import LONGEST
from regenkit_speech.models.vocoding import compared
from regenkit_speech.models.vocos import Vocos
from regenkit_speech.networks.durations import deviance

INNER = "hidden"
FADES = 7
"""Of a place: exp(−entry / 2ᵏ), because most sounds of classes are strokes."""


@final
class LabelToWave(keras.Model):
    """P(waveform | labels).

    sample_rate, hop_length  of the waveform
    width, depth             of the network
    noise_size               numbers that say which sound of the class it is
    adversarial_start, judges_width   as of `speech/vocos`
    segment                  entries that are judged at least, as many as the longest sound has: what is judged then
                             does not depend on what else is in the batch
    """

    draws_length = True

    def __init__(
        self, *, condition: Spec, target: Spec, sample_rate: PositiveInt = 16_000, hop_length: PositiveInt = 256,
        width: PositiveInt = 128, depth: PositiveInt = 4, noise_size: PositiveInt = 16,
        adversarial_start: NonNegativeInt = 1000, judges_width: PositiveInt = 8, segment: PositiveInt = 64,
    ) -> None:  # fmt: skip
        super().__init__()
        if not condition or any(not field.vocabulary or field.shape for field in condition.values()):
            raise ValueError(f"label2wave draws from tokens, one an example; the condition is {condition}")
        (wave,) = target.clocks or (Clock("", Fraction(1)),)
        inner = Field(kind="continuous", shape=(None, width), axis=wave.axis, hop=wave.hop * hop_length)
        self.vocoder = Vocos(condition=Spec({INNER: inner}), target=target, sample_rate=sample_rate, width=width,
                             depth=depth, adversarial_start=adversarial_start, judges_width=judges_width,
                             segment=segment)  # fmt: skip
        self.condition, self.target, self.field = condition, target, self.vocoder.field
        self.clock, self.wave_clock = self.vocoder.clock, wave
        self.hop_length, self.noise_size = hop_length, noise_size
        self.largest = math.log(self.clock.entries(LONGEST))
        self.tables = [keras.layers.Embedding((field.vocabulary or 0) + 1, width) for field in condition.values()]
        self.mixed = keras.layers.Dense(width, dtype="float32")
        usual = keras.initializers.Constant(math.log(20.0))
        self.log_length = keras.layers.Dense(1, bias_initializer=usual, dtype="float32")
        for table in self.tables:
            table.build(None)
        self.mixed.build((None, None, width + noise_size + FADES))
        self.log_length.build((None, width))
        self.built = True

    def groups(self) -> dict[str, list]:
        """An optimiser for what draws and one for the judges."""
        inner = self.vocoder.groups()
        own = [each for layer in (*self.tables, self.mixed, self.log_length) for each in layer.trainable_variables]
        return {**inner, "generator": [*own, *inner["generator"]]}

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """As of a vocoder, and that of the length. In evaluation the noise is 0."""
        target = batch["target"]
        there = target[self.wave_clock.mask]
        known = there[:, :: self.hop_length]
        vector = self._vector(batch["condition"])
        count = tf.shape(vector)[0]
        which = (
            tf.zeros([count, self.noise_size])
            if noise is None
            else noises.normal(noises.fold_in(noise, "which"), self.noise_size)
        )
        fake = self._rendered(vector, which, known)
        losses = compared(self.vocoder, tf.cast(target[self.field], tf.float32), fake, known, noise)
        entries = tf.reduce_sum(tf.cast(known, tf.float32), 1)
        losses["generator"][END] = (
            deviance(entries, self.log_length(vector)[:, 0], self.largest),
            tf.ones_like(entries),
        )
        return losses

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        self.vocoder.absorb(statistics)

    def sample(
        self, condition: Batch, *, seed: int, given: Any = None, length: PositiveInt | None = None,
        max_length: PositiveInt | None = None, temperature: NonNegativeFloat = 1.0,
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """The waveform and the mask of its samples; length, max_length in samples, temperature of the noise."""
        fields = {name: tf.convert_to_tensor(condition[name]) for name in self.condition}
        count = int(next(iter(fields.values())).shape[0])
        if not count:
            return {self.field: np.zeros((0, 0), np.float32), self.wave_clock.mask: np.zeros((0, 0), bool)}
        steps = length or max_length or LONGEST
        most = max(1, self.clock.entries(steps))
        found, mask = call_traced(
            self,
            self._drawn,
            fields,
            seeds_of(seed, count),
            tf.constant(most),
            tf.constant(length is not None),
            tf.constant(temperature, tf.float32),
        )
        known = np.repeat(mask.numpy(), self.hop_length, 1)[:, :steps]
        return {self.field: found.numpy()[:, : known.shape[1]], self.wave_clock.mask: known}

    def _drawn(
        self, condition: Batch, seeds: tf.Tensor, most: tf.Tensor, exactly: tf.Tensor, temperature: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        vector = self._vector(condition)
        logs = tf.minimum(self.log_length(vector)[:, 0], self.largest)
        entries = tf.clip_by_value(tf.cast(tf.round(tf.exp(logs)), tf.int32), 1, most)
        entries = tf.where(exactly, most, entries)
        known = tf.sequence_mask(entries, tf.reduce_max(entries))
        which = temperature * noises.normal(noises.fold_in(seeds, "which"), self.noise_size)
        return self._rendered(vector, which, known), known

    def _vector(self, condition: Batch) -> tf.Tensor:
        """[batch, width]"""
        each = [table(condition[name]) for name, table in zip(self.condition, self.tables, strict=True)]
        return tf.cast(tf.add_n(each), tf.float32)

    def _rendered(self, vector: tf.Tensor, which: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
        """known: bool [batch, entries] → waveforms [batch, entries × hop_length]."""
        shape = tf.shape(known)
        said = tf.tile(tf.concat([vector, which], -1)[:, None], [1, shape[1], 1])
        entry = tf.cast(tf.range(shape[1]), tf.float32)[:, None]
        fades = tf.exp(-entry / 2.0 ** tf.range(FADES, dtype=tf.float32)[None])
        places = tf.tile(fades[None], [shape[0], 1, 1])
        hidden = self.mixed(tf.concat([said, places], -1))
        return self.vocoder.render({INNER: hidden, self.clock.mask: known})
