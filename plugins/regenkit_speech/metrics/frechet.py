"""Fréchet distance between Gaussians that are fitted to features of sounds (for sounds first: Kilgour et al. 2019, FAD,
arXiv 1812.08466).

Not the FAD, whose network is VGGish: the features are what the encoder of Whisper tiny makes of a sound, 384 numbers,
their mean over time. It was trained to understand speech, and hears what is said, by whom, and in what noise, together.
The features count as independent: their covariance is diagonal. A full one of 384 features wants thousands of sounds,
and of fewer it is singular, so that its distance is mostly bias. What only correlations tell apart is not seen.

A figure compares with others of as many sounds: it shrinks as there are more, to 0 where both come from one
distribution.
"""

import hashlib

import numpy as np

from regenkit.components import Evaluation
from regenkit_speech.metrics.judge import HEARS, whisper
from regenkit_speech.modality.audio import RATE, WAVE
from regenkit_speech.modality.decoding import resampled

SHORTEST, LONGEST = HEARS // 10, 30 * HEARS
"""Samples that the encoder gets at once: a shorter sound is followed by silence, a longer one is heard in parts."""


def frechet_distance(of: Evaluation) -> np.ndarray:
    """() between all samples and all references; NaN with fewer than two.

    Raises UserError where Whisper is not here.
    """
    rate = getattr(of.y, "sample_rate", RATE)
    one, other = (
        np.array([encoded(np.asarray(each[WAVE], np.float32), rate) for each in sounds])
        for sounds in (of.samples, of.references)
    )
    return between(one, other)


def between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """() ‖μ₁ − μ₂‖² + ‖σ₁ − σ₂‖² of features [sounds, d]: the distance of two Gaussians of diagonal covariance."""
    if min(len(one), len(other)) < 2:
        return np.array(np.nan)
    means = one.mean(0) - other.mean(0)
    deviations = one.std(0, ddof=1) - other.std(0, ddof=1)
    return np.array(np.square(means).sum() + np.square(deviations).sum())


_encoded: dict[bytes, np.ndarray] = {}
"""By a digest of the samples: recordings are heard once for all routes."""


def encoded(wave: np.ndarray, rate: int) -> np.ndarray:
    """float64 [384]: the encoder's output, its mean over the time that the sound lasts."""
    samples = resampled(wave, rate, HEARS)
    samples = np.pad(samples, (0, max(0, SHORTEST - len(samples))))
    key = hashlib.blake2b(samples.tobytes(), digest_size=16).digest()
    if key not in _encoded:
        parts = [_part(samples[start : start + LONGEST]) for start in range(0, len(samples), LONGEST)]
        _encoded[key] = np.concatenate(parts).mean(0, dtype=np.float64)
    return _encoded[key]


def _part(samples: np.ndarray) -> np.ndarray:
    """[steps of 20 ms, 384]"""
    model = whisper()
    spectra = model.feature_extractor(samples)
    return np.asarray(model.encode(spectra[:, : len(spectra[0]) // 2 * 2]))[0]
