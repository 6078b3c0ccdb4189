"""Does the melody keep to its template? (TeleMelody: "TA", "CA", "RA", "AA")

Each is the share of notes that do. NaN where the template says nothing of it.
"""

from collections.abc import Callable

import numpy as np

from regenkit.components import Evaluation
from regenkit.spec import Fields
from regenkit_music.analysis.cadence import cadences
from regenkit_music.analysis.chord import TONES
from regenkit_music.analysis.rhythm import beats
from regenkit_music.modality.melody import LOWEST

_SCALES = np.zeros((3, 12), bool)
_SCALES[1, [0, 2, 4, 5, 7, 9, 11]] = True
_SCALES[2, [9, 11, 0, 2, 4, 5, 7, 6, 8]] = True  # A minor with both forms of its sixth and seventh


def _pitch_classes(fields: Fields) -> np.ndarray:
    classes: np.ndarray = (np.asarray(fields["pitch"], np.int64) - 1 + LOWEST) % 12
    return classes


def _shares(of: Evaluation, name: str, obeys: Callable[[Fields, np.ndarray], np.ndarray]) -> np.ndarray:
    shares = np.full(len(of.samples), np.nan)
    for index, (sample, rep) in enumerate(zip(of.samples, of.reps, strict=True)):
        if name not in rep or not len(sample["pitch"]):
            continue
        wanted = np.broadcast_to(rep[name], sample["pitch"].shape)
        if (said := wanted > 0).any():
            shares[index] = obeys(sample, wanted)[said].mean()
    return shares


def tonality_adherence(of: Evaluation) -> np.ndarray:
    """(samples,) share of notes in the scale of the template's mode; in the minor also of its melodic form."""
    return _shares(of, "mode", lambda y, mode: _SCALES[mode, _pitch_classes(y)])


def chord_adherence(of: Evaluation) -> np.ndarray:
    """(samples,) share of notes that belong to the chord over them; notes under N.C. always do."""
    return _shares(of, "chord", lambda y, chord: TONES[chord, _pitch_classes(y)] | (chord == 1))


def rhythm_adherence(of: Evaluation) -> np.ndarray:
    """(samples,) share of notes that begin in the template's beat."""
    return _shares(of, "beat", lambda y, beat: beats(y) == beat)


def cadence_adherence(of: Evaluation) -> np.ndarray:
    """(samples,) balanced share of notes whose cadence is the template's: the mean over none, half and authentic.

    Balanced, since nine notes in ten are none: a melody without any cadence would score 0.9.
    """
    scores = []
    for sample, rep in zip(of.samples, of.reps, strict=True):
        wanted = rep.get("cadence", np.zeros(0, np.int32))
        found = cadences(sample)
        kinds = [kind for kind in np.unique(wanted) if kind > 0]
        scores.append(np.mean([(found == kind)[wanted == kind].mean() for kind in kinds]) if kinds else np.nan)
    return np.array(scores)
