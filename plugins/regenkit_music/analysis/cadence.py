"""Cadences as TeleMelody (arXiv 2109.09617) finds them: by length and by tonic.

Their rule also lets a third or fifth end a phrase with probability 0.3; that is left out, for Y′ must be a
function of Y.
"""

import numpy as np

from regenkit.spec import Fields
from regenkit_music.analysis.chord import chords, tonic_chords
from regenkit_music.analysis.rhythm import metre_of
from regenkit_music.modality.melody import BEAT, LOWEST, MODES, home, onsets

CADENCES = ("none", "half", "authentic")


def cadences(fields: Fields, chord: np.ndarray | None = None) -> np.ndarray:
    """(notes,) tokens: 1 none, 2 half, 3 authentic.

    A note of at least one beat, at least 1.5 beats before the next, ends a phrase: authentic where the next is 2 beats
    away and the note is the tonic or stands in the tonic triad, else half. The last note needs only its beat.

    chord  (notes,) what `chord.chords` gives, where it is at hand already
    """
    if not len(fields["pitch"]):
        return np.zeros(0, np.int32)
    chord = chords(fields) if chord is None else chord
    mode = MODES[max(int(fields["mode"]), 1) - 1]
    beat = BEAT[metre_of(fields)]
    duration = np.asarray(fields["duration"], np.float64) / beat
    interval = np.append(np.diff(onsets(fields)) / beat, np.inf)
    pitch_class = (np.asarray(fields["pitch"], np.int64) - 1 + LOWEST) % 12
    tonic = (pitch_class == home(mode)) | np.isin(chord, tonic_chords(mode))
    ends = (interval >= 1.5) & (duration >= 1)
    return np.where(ends, np.where((interval >= 2) & tonic, 3, 2), 1).astype(np.int32)
