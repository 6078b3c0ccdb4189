"""A waveform of spectra without anything learned: fast Griffin-Lim finds the phase (`signal.griffin_lim`)."""

from collections.abc import Mapping
from typing import Annotated, Any, final

import numpy as np
from pydantic import Field, PositiveInt

from regenkit.models.sampling import seeds_of
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit.stage import Batch, Losses
from regenkit_speech.converter.spectral import MEAN, MFCC_SCALE, SCALE
from regenkit_speech.models.clocks import coarse
from regenkit_speech.signal import mel, stft
from regenkit_speech.signal.griffin_lim import griffin_lim, magnitude_of_mel

LOUDEST = 8.0
"""Of a logarithm of a magnitude. What is predicted may be anything."""
Momentum = Annotated[float, Field(ge=0, lt=1)]


@final
class GriffinLim(keras.Model):
    """P(waveform | spectra) by a rule. Y′ is `mel` of the converters speech/mel or speech/prosody, `magnitude` of
    speech/stft, or `mfcc` of speech/mfcc. There is nothing to learn: `train.renderer.steps: 0`.

    sample_rate  of the waveform, as the converter's
    n_fft        samples of a window, as the converter's
    n_mels       mel bands that cepstra are of, as the converter's
    """

    def __init__(
        self, *, condition: Spec, target: Spec, sample_rate: PositiveInt = 16_000, n_fft: PositiveInt = 1024,
        n_mels: PositiveInt = 80,
    ) -> None:  # fmt: skip
        super().__init__()
        self.clock, self.ratio = coarse(condition, target, "griffin_lim")
        (self.field,) = target
        self.condition, self.target, self.n_fft = condition, target, n_fft
        stft.check(n_fft, self.ratio)
        known = [name for name in ("mel", "magnitude", "mfcc") if name in condition]
        if not known:
            raise ValueError(f"griffin_lim draws from mel, magnitude or mfcc; the condition has {', '.join(condition)}")
        self.name, size = known[0], int(condition[known[0]].shape[1] or 0)
        self.filters = tf.constant(mel.filters(sample_rate, n_fft, size if self.name == "mel" else n_mels))
        if self.name == "mfcc":
            if size > n_mels:
                raise ValueError(f"{size} cepstra of {n_mels} mel bands; right is the n_mels of the converter")
            self.cosines = tf.constant(mel.cosines(n_mels, size), tf.float32)
        tensors = [tf.TensorSpec([None, None, None]), tf.TensorSpec([None, None], tf.bool),
                   tf.TensorSpec([None, 2], tf.int32), tf.TensorSpec([], tf.int32), tf.TensorSpec([])]  # fmt: skip
        self._graph = tf.function(self._drawn, tensors, autograph=False)
        self.built = True

    def losses(self, batch: Mapping[str, Any], *, noise: tf.Tensor | None) -> Losses:
        """0 for each example."""
        nothing = tf.zeros([tf.shape(batch["condition"][self.name])[0]])
        return {"main": {"nothing": (nothing, tf.ones_like(nothing))}}

    def sample(
        self, condition: Batch, *, seed: int, given: Any = None, iterations: PositiveInt = 32, momentum: Momentum = 0.99
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """The waveform; the seed draws the phases at the start.

        iterations  projections
        momentum    0 is Griffin and Lim's own method; 0.99 gets further in as many
        """
        mask = np.asarray(condition[self.clock.mask])
        if not mask.size:
            return {self.field: np.zeros((len(mask), 0), np.float32)}
        spectra = tf.convert_to_tensor(condition[self.name], tf.float32)
        found = self._graph(spectra, tf.constant(mask), seeds_of(seed, len(mask)), tf.constant(iterations),
                            tf.constant(momentum, tf.float32))  # fmt: skip
        return {self.field: found.numpy()}

    def _drawn(
        self, spectra: tf.Tensor, mask: tf.Tensor, seeds: tf.Tensor, iterations: tf.Tensor, momentum: tf.Tensor
    ) -> tf.Tensor:  # fmt: skip
        there = tf.cast(mask, tf.float32)
        size = self._magnitude(spectra) * there[..., None]
        return griffin_lim(size, there, n_fft=self.n_fft, hop_length=self.ratio, iterations=iterations,
                           momentum=momentum, seeds=seeds)  # fmt: skip

    def _magnitude(self, spectra: tf.Tensor) -> tf.Tensor:
        """Of Y′: [batch, entries, n_fft / 2 + 1]."""
        if self.name == "mfcc":
            decibels = spectra @ tf.transpose(self.cosines) * MFCC_SCALE
            return tf.sqrt(magnitude_of_mel(tf.minimum(decibels * (np.log(10.0) / 10), 2 * LOUDEST), self.filters))
        logs = tf.minimum(spectra * SCALE + MEAN, LOUDEST)
        return tf.exp(logs) if self.name == "magnitude" else magnitude_of_mel(logs, self.filters)
