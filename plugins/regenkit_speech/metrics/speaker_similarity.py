"""Whether a sample has the voice of its recording, as a discriminant of the training recordings' speakers hears it.

A voice is the mean and the deviation over time of each mel-frequency cepstral coefficient but the zeroth, which is the
loudness. Linear discriminant analysis (Fisher 1936; covariance shrunk by Ledoit and Wolf 2004) of the training
recordings finds what of it tells the speakers apart, one number less than there are of them.

It knows no other voices than theirs, and hears how they were recorded as well. It does not say whether a sample is a
voice at all: noise is nearer to one of the speakers than to the others, and may be as near as a recording.
"""

from collections.abc import Sequence

import numpy as np

from regenkit.components import Evaluation
from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Fields
from regenkit_speech.modality.audio import RATE, SPEAKER, WAVE
from regenkit_speech.signal import mel

HOP, N_FFT, BANDS, CEPSTRA = 256, 1024, 80, 20
QUIET = 40.0
"""Decibels below the loudest entry: what is quieter counts for silence."""


def speaker_similarity(of: Evaluation) -> np.ndarray:
    """(samples,) the cosine, −1 to 1, of a sample and its recording in the space of the discriminant, whose origin is
    the mean of the speakers. Where there are two speakers it is −1 or 1.

    NaN where one of the two is shorter than a window. Raises UserError where the training recordings do not have two
    speakers of two recordings each.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rate = getattr(of.y, "sample_rate", RATE)
    heard = _heard(of.training, rate)
    who = np.array([int(each.get(SPEAKER, 0)) for each in of.training])
    who[~np.isfinite(heard).all(1)] = 0
    names, counts = np.unique(who[who > 0], return_counts=True)
    names = names[counts > 1]
    if len(names) < 2:
        raise UserError(
            "speech/speaker_similarity: the training recordings have fewer than two speakers of two recordings each; "
            "there is nothing to tell"
        )
    even = np.full(len(names), 1 / len(names))
    judge = make_pipeline(StandardScaler(), LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto", priors=even))
    learned = np.isin(who, names)
    judge.fit(heard[learned], who[learned])
    discriminant = judge[-1]
    origin = discriminant.transform(discriminant.means_.mean(0, keepdims=True))  # by this solver it takes off no mean
    one, other = (_heard(sounds, rate) for sounds in (of.samples, of.references))
    found = np.full(len(one), np.nan)
    known = np.isfinite(one).all(1) & np.isfinite(other).all(1)
    if known.any():
        drawn, true = (judge.transform(each[known]) - origin for each in (one, other))
        lengths = np.linalg.norm(drawn, axis=1) * np.linalg.norm(true, axis=1)
        found[known] = (drawn * true).sum(1) / np.maximum(lengths, 1e-12)
    return found


def _heard(sounds: Sequence[Fields], rate: int) -> np.ndarray:
    """[sounds, 2 × (CEPSTRA − 1)]; NaN of one that is shorter than a window."""
    found = np.full((len(sounds), 2 * (CEPSTRA - 1)), np.nan)
    for row, sound in enumerate(sounds):
        wave = np.asarray(sound[WAVE], np.float32)
        if len(wave) >= N_FFT:
            cepstra = mel.mfcc(
                tf.constant(wave[None]), rate=rate, n_fft=N_FFT, hop_length=HOP, n_mels=BANDS, n_mfcc=CEPSTRA
            )[0].numpy()
            loudness = cepstra[:, 0] / np.sqrt(BANDS)  # of the orthonormal transform: decibels, the mean of the bands
            voice = cepstra[loudness > loudness.max() - QUIET, 1:]
            found[row] = np.concatenate([voice.mean(0), voice.std(0)])
    return found
