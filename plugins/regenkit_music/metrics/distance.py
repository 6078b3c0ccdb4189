"""Distance of melodies after dynamic time warping (SongMASS, TeleMelody: "MD")."""

import numpy as np

from regenkit.components import Evaluation
from regenkit.spec import Fields
from regenkit_music.modality.melody import onsets


def curve(fields: Fields) -> np.ndarray:
    """(steps,) the pitch in each sixteenth from the first onset, less the mean; a note sounds on until the next."""
    start = onsets(fields)
    length = np.append(np.diff(start), fields["duration"][-1:])
    pitch = np.repeat(fields["pitch"].astype(np.float64), length)
    return pitch - pitch.mean()


def melody_distance(of: Evaluation) -> np.ndarray:
    """(samples,) semitones: the cost of the best warping path over its length; 0 where the curves agree.

    NaN where either is empty.
    """
    from librosa.sequence import dtw

    def distance(sample: Fields, reference: Fields) -> float:
        if not len(sample["pitch"]) or not len(reference["pitch"]):
            return float("nan")
        if sample is reference:
            return 0.0
        cost, path = dtw(curve(sample)[None], curve(reference)[None], metric="euclidean")
        return float(cost[-1, -1] / len(path))

    return np.array([distance(*pair) for pair in zip(of.samples, of.references, strict=True)])
