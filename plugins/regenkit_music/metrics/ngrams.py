"""Interval-duration n-grams: how much of a sample is new, and how much is idiomatic."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from regenkit.components import Evaluation
from regenkit.spec import Fields

N = 4
"""Moves in an n-gram: five notes."""


def moves(fields: Fields) -> np.ndarray:
    """(notes − 1, 2) semitones to the next note, and its duration against this one's in steps of a half octave (√2)."""
    interval = np.diff(np.asarray(fields["pitch"], np.int64))
    ratio = np.diff(2 * np.log2(np.maximum(fields["duration"], 1)))
    return np.stack([interval, np.rint(ratio).astype(np.int64)], axis=1)


def ngrams(fields: Fields, n: int = N) -> Iterator[bytes]:
    """The n-grams of a melody, independent of key and tempo; none where it has n notes or fewer."""
    steps = np.ascontiguousarray(moves(fields).astype(np.int8))
    return (steps[start : start + n].tobytes() for start in range(len(steps) - n + 1))


def ngram_novelty(of: Evaluation) -> np.ndarray:
    """(samples,) share of a sample's n-grams that no training melody has: 0 copies, 1 is foreign to the style.

    To be compared with the references' own value. NaN where a sample is too short to have any.
    """
    known = {gram for fields in of.training for gram in ngrams(fields)}
    return np.array([_share(list(ngrams(fields)), known, absent=True) for fields in of.samples])


def ngram_coverage(of: Evaluation) -> np.ndarray:
    """() share of all n-grams of the references, by frequency, that the samples together have."""
    made = {gram for fields in of.samples for gram in ngrams(fields)}
    wanted = Counter(gram for fields in of.references for gram in ngrams(fields))
    total = sum(wanted.values())
    return np.array(sum(count for gram, count in wanted.items() if gram in made) / total if total else np.nan)


def _share(grams: list[bytes], known: set[bytes], *, absent: bool) -> float:
    return float(np.mean([(gram in known) != absent for gram in grams])) if grams else float("nan")
