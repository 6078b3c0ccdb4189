"""What describes a melody as a whole, for telling two sets of melodies apart."""

import numpy as np

from regenkit.spec import Fields
from regenkit_music.analysis.key import pitch_classes
from regenkit_music.analysis.rhythm import metrical_weights
from regenkit_music.modality.melody import LOWEST, MODES, home, onsets

FEATURES = (
    *(f"pitch class {step} above the tonic" for step in range(12)),
    *(f"interval {name}" for name in ("repeated", "second", "third", "fourth or fifth", "wider")),
    "mean interval",
    "direction kept",
    "leap returned",
    "range",
    "final tonic",
    "final fall",
    *(f"strength {weight}" for weight in range(5)),
    "duration repeated",
    "duration entropy",
    "rests",
    "last note's length",
    "long notes on strong places",
    "bars alike",
    "motifs again",
)


def features(fields: Fields) -> np.ndarray:
    """(len(FEATURES),) numbers of order 1, of a melody's fields; nothing in them depends on key or tempo."""
    pitch = np.asarray(fields["pitch"], np.int64) - 1 + LOWEST
    duration = np.asarray(fields["duration"], np.float64)
    tonic = home(MODES[max(int(fields["mode"]), 1) - 1])
    interval = np.diff(pitch)
    size = np.abs(interval)
    gaps = np.diff(onsets(fields))
    weights = metrical_weights(fields)
    moving = np.sign(interval[interval != 0])
    leaps = np.flatnonzero(size[:-1] > 4)
    _, counts = np.unique(duration, return_counts=True)
    share = counts / counts.sum()
    time = pitch_classes(pitch - tonic, duration)
    values = [
        *(time / time.sum()),
        *(_mean((low <= size) & (size <= high)) for low, high in ((0, 0), (1, 2), (3, 4), (5, 7), (8, 99))),
        _mean(size) / 4,
        _mean(moving[1:] == moving[:-1]),
        _mean((np.sign(interval[leaps + 1]) == -np.sign(interval[leaps])) & (size[leaps + 1] <= 4)),
        np.ptp(pitch) / 12,
        float(pitch[-1] % 12 == tonic),
        float(len(interval) > 0 and interval[-1] in (-1, -2)),
        *(_mean(weights == weight) for weight in range(5)),
        _mean(duration[1:] == duration[:-1]),
        -float((share * np.log2(share)).sum()) / 2,
        _mean(gaps > duration[:-1]),
        float(np.log2(duration[-1] / np.median(duration))),
        _mean((weights >= 2)[duration > duration.mean()]),
        _alike(fields["position"], fields["duration"]),
        _again(interval),
    ]
    return np.array(values, np.float64)


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else 0.0


def _alike(position: np.ndarray, duration: np.ndarray) -> float:
    """Share of rhythmic pairs (place and length of two notes) that come again: bars alike in rhythm."""
    return _again(np.asarray(position, np.int64) * 64 + np.asarray(duration, np.int64))


def _again(symbols: np.ndarray) -> float:
    """Share of runs of three that occur more than once."""
    runs = [tuple(symbols[start : start + 3].tolist()) for start in range(len(symbols) - 2)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0
