"""Overlap of a sample's and its reference's histograms (SongMASS, TeleMelody: "PD" and "DD")."""

import numpy as np

from regenkit.components import Evaluation
from regenkit.spec import Fields
from regenkit_music.modality.melody import SPEC


def _overlap(of: Evaluation, name: str) -> np.ndarray:
    size = (SPEC[name].vocabulary or 0) + 1

    def share(fields: Fields) -> np.ndarray:
        counts = np.bincount(fields[name], minlength=size)
        return counts / max(counts.sum(), 1)

    pairs = zip(of.samples, of.references, strict=True)
    return np.array([np.minimum(share(sample), share(reference)).sum() for sample, reference in pairs])


def pitch_overlap(of: Evaluation) -> np.ndarray:
    """(samples,) Σ min(p, q) over pitches (in C major or A minor), 0…1; 1 where both use every pitch equally often."""
    return _overlap(of, "pitch")


def duration_overlap(of: Evaluation) -> np.ndarray:
    """(samples,) Σ min(p, q) over durations, 0…1."""
    return _overlap(of, "duration")
