"""Text → waveform by one network that is trained at once: the direct route, with no Y′ that is shown or kept.

As FastSpeech 2s (Ren et al. 2020, arXiv 2006.04558, section 2.4): inside are spectra, by which symbols are aligned, and
the waveform is rendered from the spectra that are predicted, not from the true ones.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, final

import numpy as np
from pydantic import PositiveFloat, PositiveInt

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Share
from regenkit.spec import END, Clock, Field, Spec
from regenkit.stage import Batch, Losses
from regenkit_speech.models.acoustic import fastspeech
from regenkit_speech.models.clocks import LONGEST
from regenkit_speech.models.vocoding import sampled
from regenkit_speech.models.vocos import Vocos
from regenkit_speech.networks.contest import spectral_distance
from regenkit_speech.signal import mel

INNER = "mel"


@final
class TextToWave(keras.Model):
    """P(waveform | text), without noise.

    sample_rate, hop_length, n_mels   of the waveform, and of the spectra inside
    width, depth, decoder_depth, heads, dropout   of the part that draws spectra, as of `speech/fastspeech`
    vocoder_width, vocoder_depth      of the part that renders them, as of `speech/vocos`
    """

    draws_length = True

    def __init__(
        self, *, condition: Spec, target: Spec, sample_rate: PositiveInt = 16_000, hop_length: PositiveInt = 256,
        n_mels: PositiveInt = 80, width: PositiveInt = 96, depth: PositiveInt = 2, decoder_depth: PositiveInt = 3,
        heads: PositiveInt = 2, dropout: Share = 0.1, vocoder_width: PositiveInt = 128,
        vocoder_depth: PositiveInt = 4,
    ) -> None:  # fmt: skip
        super().__init__()
        (wave,) = target.clocks or (Clock("", Fraction(1)),)
        inner = Spec({INNER: Field(kind="continuous", shape=(None, n_mels), axis=wave.axis, hop=wave.hop * hop_length)})
        self.vocoder = Vocos(condition=inner, target=target, sample_rate=sample_rate, width=vocoder_width,
                             depth=vocoder_depth)  # fmt: skip
        self.vocoder.judges.trainable = False
        self.acoustic = fastspeech(condition=condition, target=inner, width=width, depth=depth,
                                   decoder_depth=decoder_depth, heads=heads, dropout=dropout)  # fmt: skip
        self.condition, self.target, self.field = condition, target, self.vocoder.field
        self.clock, self.wave_clock = self.acoustic.clock, wave
        self.sample_rate, self.hop_length, self.n_mels = sample_rate, hop_length, n_mels
        self.built = True

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> Losses:
        """The distance of mel spectra of the waveform, and the errors of the spectra, prior and durations inside."""
        target = batch["target"]
        there = tf.cast(target[self.wave_clock.mask], tf.float32)
        real = tf.cast(target[self.field], tf.float32) * there
        spectra = mel.log_mel(real, rate=self.sample_rate, n_fft=self.vocoder.n_fft, hop_length=self.hop_length,
                              n_mels=self.n_mels)  # fmt: skip
        inside = {INNER: spectra, self.clock.mask: there[:, :: self.hop_length] > 0}
        taught = self.acoustic.taught(batch["condition"], inside, noise)
        drawn = self.acoustic.decoder.draw(taught.hidden, taught.known, tf.zeros([1, 2], tf.int32), tf.constant(0.0),
                                           tf.constant(1))  # fmt: skip
        fake = self.vocoder.render({INNER: drawn, self.clock.mask: taught.known[..., 0] > 0})[:, : tf.shape(real)[1]]
        known = taught.known[..., 0]
        weight = tf.reduce_sum(known, 1)
        wave = spectral_distance(real, fake, there, self.sample_rate) * weight
        error = tf.reduce_mean(tf.abs(drawn - spectra), -1)
        terms = {INNER: error, **taught.errors}
        found = {name: (tf.reduce_sum(value * known, 1), weight) for name, value in terms.items()}
        return {"main": {self.field: (wave, weight), **found, END: taught.length}}

    def sample(
        self, condition: Batch, *, seed: int, given: Any = None, length: PositiveInt | None = None,
        max_length: PositiveInt = LONGEST,
        pace: PositiveFloat = 1.0,
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """The waveform and the mask of its samples.

        length, max_length  samples
        pace                durations are divided by it
        """
        spectra = self.acoustic.sample(condition, seed=seed, length=length, max_length=max_length, pace=pace)
        mask = np.repeat(spectra[self.clock.mask], self.hop_length, 1)[:, : length or max_length]
        return {self.field: sampled(self.vocoder, spectra)[:, : mask.shape[1]], self.wave_clock.mask: mask}
