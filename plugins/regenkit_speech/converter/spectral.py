"""Y′: the spectrum of a waveform, more abstract from class to class (arXiv 2301.08846, Table 1).

Values are shifted and scaled by constants to be of order 1, as models want them.
"""

from typing import final

from pydantic import PositiveInt

from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit_speech.converter.from_wave import FromWave, vectors
from regenkit_speech.modality.audio import RATE
from regenkit_speech.signal import mel, stft

MEAN, SCALE = -5.0, 2.3
"""Of natural logarithms of mel bands, about what those of speech have."""
MFCC_SCALE = 50.0


@final
class Magnitude(FromWave):
    """`magnitude`, the logarithm of the spectrum's magnitude, [entries, n_fft / 2 + 1]; its phase is left out.

    n_fft       samples of a window
    hop_length  samples between two
    """

    def __init__(self, *, y: Spec, n_fft: PositiveInt = 1024, hop_length: PositiveInt = 256) -> None:
        stft.check(n_fft, hop_length)
        self.n_fft, self.hop_length = n_fft, hop_length
        super().__init__(y, {"magnitude": vectors(n_fft // 2 + 1, hop_length)})

    def transform(self, wave: tf.Tensor) -> dict[str, tf.Tensor]:
        found = tf.maximum(stft.spectrogram(wave, self.n_fft, self.hop_length), mel.FLOOR)
        return {"magnitude": (tf.math.log(found) - MEAN) / SCALE}


@final
class Mel(FromWave):
    """`mel`, the logarithm of mel bands of the magnitude, [entries, n_mels].

    sample_rate  of Y
    n_fft        samples of a window
    hop_length   samples between two
    n_mels       bands, from 0 to half the sample rate
    """

    def __init__(
        self, *, y: Spec, sample_rate: PositiveInt = RATE, n_fft: PositiveInt = 1024, hop_length: PositiveInt = 256,
        n_mels: PositiveInt = 80,
    ) -> None:  # fmt: skip
        stft.check(n_fft, hop_length)
        self.sample_rate, self.n_fft, self.hop_length, self.n_mels = sample_rate, n_fft, hop_length, n_mels
        super().__init__(y, {"mel": vectors(n_mels, hop_length)})

    def transform(self, wave: tf.Tensor) -> dict[str, tf.Tensor]:
        magnitude = stft.spectrogram(wave, self.n_fft, self.hop_length)
        return {"mel": (mel.log_bands(magnitude, self.sample_rate, self.n_mels) - MEAN) / SCALE}


@final
class Mfcc(FromWave):
    """`mfcc`, mel-frequency cepstral coefficients, [entries, n_mfcc]: the envelope without the pitch.

    The arguments are those of `Mel`, and
    n_mfcc  coefficients that are kept
    """

    def __init__(
        self, *, y: Spec, sample_rate: PositiveInt = RATE, n_fft: PositiveInt = 1024, hop_length: PositiveInt = 256,
        n_mels: PositiveInt = 80, n_mfcc: PositiveInt = 20,
    ) -> None:  # fmt: skip
        stft.check(n_fft, hop_length)
        if n_mfcc > n_mels:
            raise ValueError(f"n_mfcc {n_mfcc}; there are as many as mel bands at most, {n_mels}")
        self.sample_rate, self.n_fft, self.hop_length = sample_rate, n_fft, hop_length
        self.n_mels, self.n_mfcc = n_mels, n_mfcc
        super().__init__(y, {"mfcc": vectors(n_mfcc, hop_length)})

    def transform(self, wave: tf.Tensor) -> dict[str, tf.Tensor]:
        found = mel.mfcc(wave, rate=self.sample_rate, n_fft=self.n_fft, hop_length=self.hop_length,
                         n_mels=self.n_mels, n_mfcc=self.n_mfcc)  # fmt: skip
        return {"mfcc": found / MFCC_SCALE}
