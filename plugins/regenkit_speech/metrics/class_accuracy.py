"""Whether a sound is of the class that was asked for, as a classifier of the training sounds hears it."""

from collections.abc import Sequence

import numpy as np

from regenkit.components import Evaluation
from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Fields
from regenkit_speech.modality.audio import RATE, WAVE
from regenkit_speech.signal import mel

HOP, N_FFT, BANDS = 256, 1024, 40
PARTS = 6
"""Of a sound, each twice as long as the one before: what is heard of a stroke is mostly its beginning."""
SECONDS = 1.0
"""What of a sound is heard."""
FLOOR = 10.0
"""How far below the loudest band of a sound its bands are heard, in natural logarithms."""


def class_accuracy(of: Evaluation) -> np.ndarray:
    """(samples,) 1 where a logistic regression on the training pairs takes a sample for its condition's class.

    Classes count alike in its training, however many sounds they have, and loudness does not matter. How good the
    regression itself is, the references' own score says. Raises UserError where X is no label.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rate = getattr(of.y, "sample_rate", RATE)
    wanted, known = _labels(of.conditions), _labels(of.training_conditions)
    if len(set(known.tolist())) < 2:
        raise UserError(
            "sound/class_accuracy: the training pairs have fewer than two classes; there is nothing to tell"
        )
    judge = make_pipeline(StandardScaler(), LogisticRegression(C=0.02, max_iter=1000, class_weight="balanced"))
    judge.fit(_heard(of.training, rate), known)
    return np.asarray(judge.predict(_heard(of.samples, rate)) == wanted, np.float64)


def _labels(conditions: Sequence[Fields]) -> np.ndarray:
    if not all("label" in each for each in conditions):
        raise UserError("sound/class_accuracy: X is no label; right is a dataset of sounds by class")
    return np.array([int(each["label"]) for each in conditions])


def _heard(values: Sequence[Fields], rate: int) -> np.ndarray:
    """[sounds, PARTS × BANDS]: mean log-mel bands of parts of the sound, beside the loudest of them; silence follows
    where it ends.
    """
    samples = round(SECONDS * rate)
    waves = np.zeros((len(values), samples), np.float32)
    for row, value in enumerate(values):
        wave = np.asarray(value[WAVE], np.float32)[:samples]
        waves[row, : len(wave)] = wave / max(np.abs(wave).max(initial=0.0), 1e-8)
    bands = mel.log_mel(tf.constant(waves), rate=rate, n_fft=N_FFT, hop_length=HOP, n_mels=BANDS).numpy()
    ends = np.unique(np.ceil(bands.shape[1] / 2.0 ** np.arange(PARTS)[::-1]).astype(int))
    parts = np.split(bands, ends[:-1], axis=1)
    means = np.concatenate([part.mean(1) for part in parts], axis=1)
    return np.maximum(means - means.max(1, keepdims=True), -FLOOR)
