"""Where bars begin in a template, for laying out chords and for writing text."""

import numpy as np

from regenkit.spec import Fields
from regenkit_music.analysis.rhythm import beats, metre_of
from regenkit_music.modality.melody import BAR, onsets


def bar_numbers(rep: Fields) -> np.ndarray | None:
    """(notes,) the bar of each note, from 0, where the template carries the timing; else None."""
    if not {"metre", "position", "duration"} <= set(rep) or not int(rep["metre"]):
        return None
    if not (np.all(rep["position"] > 0) and np.all(rep["duration"] > 0)):
        return None
    return onsets(rep) // BAR[metre_of(rep)]


def has_upbeat(rep: Fields) -> bool:
    """Whether the first note begins after the first beat of its bar: that bar is an upbeat, which nobody counts.

    A note within the first beat follows a short rest, and its bar counts. Without beats no upbeat is known.
    """
    first = beats(rep) * (rep["position"] > 0) if {"metre", "position"} <= set(rep) else rep.get("beat", np.zeros(0))
    return bool(np.size(first) and first[0] > 1)


def new_bars(rep: Fields) -> np.ndarray:
    """(notes,) how many bars begin between the note before and this one; 1 at the first note.

    Exact with timing. Without, a bar begins where the beat goes back, or comes again after a cadence or a phrase's end
    (else two notes on one beat share it). Without beats too, each phrase or cadence closes one line.
    """
    count = next((len(values) for values in rep.values() if np.ndim(values)), 0)
    if not count:
        return np.zeros(0, np.int64)
    if (bars := bar_numbers(rep)) is not None:
        return np.diff(bars, prepend=bars[:1] - 1)
    closed = np.zeros(count, bool)
    if "cadence" in rep:
        closed |= rep["cadence"] > 1
    if "phrase" in rep:
        closed |= rep["phrase"] == 3
    begins = closed[:-1]
    if "beat" in rep:
        step = np.diff(np.asarray(rep["beat"], np.int64))
        begins = (step < 0) | ((step == 0) & begins)
    return np.concatenate([[1], begins.astype(np.int64)])
