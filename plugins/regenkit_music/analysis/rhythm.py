"""Where in the bar a note begins, and how strong that place is."""

import numpy as np

from regenkit.spec import Fields
from regenkit_music.modality.melody import BAR, BEAT, METRES

BEATS = ("1", "2", "3", "4")
"""No metre that is modelled has more: compound metres beat in dotted values."""


def metre_of(fields: Fields) -> str:
    """The metre of `fields`; 4/4 where it is absent."""
    return METRES[max(int(fields["metre"]), 1) - 1]


def beats(fields: Fields) -> np.ndarray:
    """(notes,) tokens 1…4: the beat of the bar in which each note begins (TeleMelody's BEAT_0 … BEAT_3)."""
    beat = BEAT[metre_of(fields)]
    bar = BAR[metre_of(fields)]
    return (((np.asarray(fields["position"], np.int64) - 1) % bar) // beat + 1).astype(np.int32)


def _weights(metre: str) -> np.ndarray:
    bar, beat = BAR[metre], BEAT[metre]
    weights = np.zeros(bar)
    weights[::2] = 1  # eighths
    if beat == 6:
        weights[::beat] = 2
    else:
        weights[::4] = 2
        weights[::beat] = max(2, weights[0])
    if metre in ("4/4", "12/8", "6/4"):
        weights[bar // 2] = 3
    weights[0] = 4
    return weights


_WEIGHTS = {metre: _weights(metre) for metre in METRES}


def metrical_weights(fields: Fields) -> np.ndarray:
    """(notes,) 4 downbeat, 3 half bar, 2 beat, 1 eighth, 0 sixteenth (Lerdahl & Jackendoff's metrical grid)."""
    weights = _WEIGHTS[metre_of(fields)]
    return weights[(np.asarray(fields["position"], np.int64) - 1) % len(weights)]
