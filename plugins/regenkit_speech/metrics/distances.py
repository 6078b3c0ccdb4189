"""Distances of a sample to its own recording."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from regenkit.components import Evaluation
from regenkit.quiet import tensorflow as tf
from regenkit_speech.modality.audio import RATE, WAVE
from regenkit_speech.signal import mel, pitch, stft

HOP, N_FFT, BANDS, CEPSTRA = 256, 1024, 80, 13
RESOLUTIONS = ((512, 128), (1024, 256), (2048, 512))
"""(n_fft, hop)."""
ALIKE = 512
"""Samples by which two lengths may differ and count as one: a waveform is rendered in whole entries of Y′, which are up
to so long in most recipes (of the codec 320)."""
NEPERS_TO_DB = 10.0 / np.log(10.0) * np.sqrt(2.0)
"""Of a distance of cepstra c_m of the magnitude, of which log |H(ω)| = Σ c_m cos mω (Kubichek 1993): it is then that of
the two log spectra in decibels, root mean square."""


class Pair(NamedTuple):
    """A sample and its recording, and which entries of them belong together."""

    sample: np.ndarray
    reference: np.ndarray
    path: tuple[np.ndarray, np.ndarray]
    distance: float  # mean Euclidean distance of cepstra along the path
    rate: int


def mel_cepstral_distortion(of: Evaluation) -> np.ndarray:
    """Decibels: 10 √2 / ln 10 times the distance of 13 mel cepstra without the loudness, along the best path."""
    return np.array([NEPERS_TO_DB * pair.distance if pair else np.nan for pair in _pairs(of)])


def f0_rmse(of: Evaluation) -> np.ndarray:
    """Cents: root mean square distance of log-f0 where both have a voice; NaN where they never have."""
    found = []
    for one, other in _pitches(of):
        both = (one > 0) & (other > 0)
        apart = 1200 * np.log2(one[both] / other[both])
        found.append(float(np.sqrt(np.mean(apart**2))) if both.any() else np.nan)
    return np.array(found)


def voicing_error(of: Evaluation) -> np.ndarray:
    """Share of the entries along the path of which one has a voice and the other has none."""
    return np.array([float(((one > 0) != (other > 0)).mean()) if len(one) else np.nan for one, other in _pitches(of)])


def stft_distance(of: Evaluation) -> np.ndarray:
    """Mean of spectral convergence and of the distance of log magnitudes over three resolutions (Yamamoto et al. 2020,
    Parallel WaveGAN, arXiv 1910.11480); NaN where the lengths differ by more than ALIKE, as samples' own do."""
    found = []
    for sample, reference in zip(of.samples, of.references, strict=True):
        one, other = sample[WAVE], reference[WAVE]
        length = min(len(one), len(other))
        if not length or abs(len(one) - len(other)) > ALIKE:
            found.append(np.nan)
            continue
        total = 0.0
        for n_fft, hop in RESOLUTIONS:
            drawn, true = (
                stft.magnitude(tf.constant(wave[None, :length]), n_fft, hop)[0].numpy() for wave in (one, other)
            )
            convergence = np.linalg.norm(true - drawn) / max(float(np.linalg.norm(true)), 1e-5)
            logs = np.abs(np.log(np.maximum(true, 1e-5)) - np.log(np.maximum(drawn, 1e-5))).mean()
            total += float(convergence + logs)
        found.append(total / len(RESOLUTIONS))
    return np.array(found)


def duration_ratio(of: Evaluation) -> np.ndarray:
    """How long a sample is beside its recording; 1 is as long."""
    return np.array([len(sample[WAVE]) / max(1, len(reference[WAVE]))
                     for sample, reference in zip(of.samples, of.references, strict=True)])  # fmt: skip


def _pairs(of: Evaluation) -> Iterator[Pair | None]:
    from librosa.sequence import dtw

    rate = getattr(of.y, "sample_rate", RATE)
    for sample, reference in zip(of.samples, of.references, strict=True):
        waves = [np.asarray(each[WAVE], np.float32) for each in (sample, reference)]
        if min(map(len, waves)) < HOP:
            yield None
            continue
        cepstra = [_cepstra(wave, rate) for wave in waves]
        _, path = dtw(cepstra[0].T, cepstra[1].T)
        places = (path[::-1, 0], path[::-1, 1])
        apart = np.linalg.norm(cepstra[0][places[0]] - cepstra[1][places[1]], axis=1)
        yield Pair(waves[0], waves[1], places, float(apart.mean()), rate)


def _cepstra(wave: np.ndarray, rate: int) -> np.ndarray:
    """[entries, CEPSTRA] of natural logarithms of mel bands of the magnitude, without the zeroth."""
    bands = mel.log_mel(tf.constant(wave[None]), rate=rate, n_fft=N_FFT, hop_length=HOP, n_mels=BANDS)
    cosines = mel.cosines(BANDS, CEPSTRA + 1)[:, 1:] * np.sqrt(2.0 / BANDS)  # the cepstrum, not an orthonormal one
    found: np.ndarray = bands[0].numpy() @ cosines
    return found


def _pitches(of: Evaluation) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Hertz of a sample and of its recording along the path, 0 where there is no voice."""
    for pair in _pairs(of):
        if pair is None:
            yield np.zeros(0), np.zeros(0)
            continue
        tracks = [pitch.track(wave, pair.rate, HOP) for wave in (pair.sample, pair.reference)]
        yield tracks[0][pair.path[0]], tracks[1][pair.path[1]]
