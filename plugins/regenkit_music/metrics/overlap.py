"""Overlap of a sample's and its reference's histograms (SongMASS, TeleMelody: "PD" and "DD")."""

from collections.abc import Sequence

import numpy as np

from regenkit.spec import Fields
from regenkit_music.modality.melody import SPEC


def _overlap(name: str, samples: Sequence[Fields], references: Sequence[Fields]) -> np.ndarray:
    size = (SPEC[name].vocabulary or 0) + 1

    def share(fields: Fields) -> np.ndarray:
        counts = np.bincount(fields[name], minlength=size)
        return counts / max(counts.sum(), 1)

    pairs = zip(samples, references, strict=True)
    return np.array([np.minimum(share(sample), share(reference)).sum() for sample, reference in pairs])


def pitch_overlap(
    samples: Sequence[Fields],
    references: Sequence[Fields],
    conditions: Sequence[Fields],
    reps: Sequence[Fields],
    training: Sequence[Fields],
) -> np.ndarray:
    """(samples,) Σ min(p, q) over pitches (in C major or A minor), 0…1; 1 where both use every pitch equally often."""
    return _overlap("pitch", samples, references)


def duration_overlap(
    samples: Sequence[Fields],
    references: Sequence[Fields],
    conditions: Sequence[Fields],
    reps: Sequence[Fields],
    training: Sequence[Fields],
) -> np.ndarray:
    """(samples,) Σ min(p, q) over durations, 0…1."""
    return _overlap("duration", samples, references)
