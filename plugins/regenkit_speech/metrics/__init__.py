"""Scores of speech: what a judge understands, whose voice it is, how far spectra and pitch are from the recording's.

Entries of a sample are paired with those of its recording by dynamic time warping, so that a voice need not speak at
the same pace.
"""

from regenkit_speech.metrics.class_accuracy import class_accuracy
from regenkit_speech.metrics.distances import (
    duration_ratio,
    f0_rmse,
    mel_cepstral_distortion,
    stft_distance,
    voicing_error,
)
from regenkit_speech.metrics.frechet import frechet_distance
from regenkit_speech.metrics.judge import character_error_rate, word_error_rate
from regenkit_speech.metrics.speaker_similarity import speaker_similarity

__all__ = [
    "character_error_rate",
    "class_accuracy",
    "duration_ratio",
    "f0_rmse",
    "frechet_distance",
    "mel_cepstral_distortion",
    "speaker_similarity",
    "stft_distance",
    "voicing_error",
    "word_error_rate",
]
