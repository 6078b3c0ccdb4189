"""Do words and melody go together: stresses with strong places, line ends with long notes?"""

import numpy as np
from scipy.stats import rankdata

from regenkit.components import Evaluation
from regenkit_music.analysis.rhythm import metrical_weights
from regenkit_music.modality.melody import onsets

UNSTRESSED, STRESSED = 1, 2
PHRASE_END = 3
"""Tokens of the lyrics' `stress` and `boundary`; a line's end (4) ends a phrase too."""


def _area(values: np.ndarray, positive: np.ndarray, negative: np.ndarray) -> float:
    """P(value at a positive place > value at a negative one), ties half (area under the ROC curve); NaN if none."""
    count, others = int(positive.sum()), int(negative.sum())
    if not count or not others:
        return float("nan")
    ranks = rankdata(np.concatenate([values[positive], values[negative]]))[:count]
    return float((ranks.sum() - count * (count + 1) / 2) / (count * others))


def stress_on_beat(of: Evaluation) -> np.ndarray:
    """(samples,) probability that a stressed syllable stands on a stronger place of the bar than an unstressed one.

    0.5 is chance. Strength is the metrical grid's (downbeat, half bar, beat, eighth, sixteenth).
    """
    scores = []
    for sample, words in zip(of.samples, of.conditions, strict=True):
        stress = words.get("stress", np.zeros(len(sample["pitch"]), np.int32))
        scores.append(_area(metrical_weights(sample), stress == STRESSED, stress == UNSTRESSED))
    return np.array(scores)


def phrase_end_length(of: Evaluation) -> np.ndarray:
    """(samples,) probability that a phrase's last syllable is held longer, rest included, than another. 0.5 is chance.

    The song's last note is left out: what follows it is unknown, and every melody can end long.
    """
    scores = []
    for sample, words in zip(of.samples, of.conditions, strict=True):
        ends = words.get("boundary", np.zeros(len(sample["pitch"]), np.int32)) >= PHRASE_END
        scores.append(
            _area(np.diff(onsets(sample)), ends[:-1], ~ends[:-1]) if len(ends) == len(sample["pitch"]) else np.nan
        )
    return np.array(scores)
