"""Y′: mel bands, and beside them the pitch and the energy, which a person can edit."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, final

import numpy as np
from pydantic import PositiveInt

from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf
from regenkit.rep_text import from_text, to_text
from regenkit.spec import Field, Fields, Spec, tokens
from regenkit_speech.converter.from_wave import FromWave, numbers, vectors
from regenkit_speech.converter.spectral import MEAN, SCALE
from regenkit_speech.modality.audio import RATE, WAVE
from regenkit_speech.signal import mel, pitch, stft

UNVOICED, VOICED = 1, 2
ENERGY_SCALE = 2.0


@final
class Prosody(FromWave):
    """`mel` as of `Mel`; `pitch` in octaves above 100 Hz; `voiced`; `energy`, the logarithm of the spectrum's norm.

    In the text of Y′ the pitch is in Hertz, 0 where there is no voice, which says what `voiced` is. The arguments are
    those of `Mel`.
    """

    def __init__(
        self, *, y: Spec, sample_rate: PositiveInt = RATE, n_fft: PositiveInt = 1024, hop_length: PositiveInt = 256,
        n_mels: PositiveInt = 80,
    ) -> None:  # fmt: skip
        stft.check(n_fft, hop_length)
        self.sample_rate, self.n_fft, self.hop_length, self.n_mels = sample_rate, n_fft, hop_length, n_mels
        marks = Field(vocabulary=2, hop=Fraction(hop_length), labels=tokens(("unvoiced", "voiced")).labels)
        super().__init__(y, {
            "mel": vectors(n_mels, hop_length), "pitch": numbers(hop_length), "voiced": marks,
            "energy": numbers(hop_length),
        })  # fmt: skip

    def transform(self, wave: tf.Tensor) -> dict[str, tf.Tensor]:
        magnitude = stft.spectrogram(wave, self.n_fft, self.hop_length)
        norm = tf.norm(magnitude, axis=-1)
        return {
            "mel": (mel.log_bands(magnitude, self.sample_rate, self.n_mels) - MEAN) / SCALE,
            "energy": tf.math.log(tf.maximum(norm, 1e-3)) / ENERGY_SCALE,
        }

    def convert_all(self, ys: Sequence[Fields]) -> list[Fields]:
        """The tracker takes one example after the other."""
        return [{**found, **self._pitch(y[WAVE])} for y, found in zip(ys, super().convert_all(ys), strict=True)]

    def _pitch(self, wave: np.ndarray) -> Fields:
        octaves, voiced = pitch.octaves(pitch.track(wave, self.sample_rate, self.hop_length))
        return {"pitch": octaves, "voiced": np.where(voiced, VOICED, UNVOICED).astype(np.int32)}

    def to_text(self, rep: Fields, meta: Mapping[str, Any]) -> str:
        hertz = pitch.hertz(rep["pitch"], rep["voiced"] == VOICED)
        return to_text(self.spec.without(["voiced"]), {**rep, "pitch": hertz.astype(np.float32)}, meta)

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        rep, meta = from_text(self.spec.without(["voiced"]), text)
        if (rep["pitch"] < 0).any():
            raise UserError("pitch is below 0; right are Hertz, and 0 where there is no voice")
        octaves, voiced = pitch.octaves(rep["pitch"])
        return {**rep, "pitch": octaves, "voiced": np.where(voiced, VOICED, UNVOICED).astype(np.int32)}, meta
