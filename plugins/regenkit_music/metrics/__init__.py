"""Scores of melodies.

Each is a function of one `regenkit.Evaluation` of melodies (`melody.SPEC`) and words (`lyrics.SPEC`), and returns one
value a sample, shape (samples,), NaN where it has nothing to go by; or one value for all of them, shape (). Which of
them tell real melodies from trivial ones is measured in `benchmarks/metrics.py`: the overlaps and the distance,
customary in the literature, do not.
"""

from regenkit_music.metrics.adherence import (
    cadence_adherence,
    chord_adherence,
    rhythm_adherence,
    tonality_adherence,
)
from regenkit_music.metrics.distance import melody_distance
from regenkit_music.metrics.ngrams import ngram_coverage, ngram_novelty
from regenkit_music.metrics.overlap import duration_overlap, pitch_overlap
from regenkit_music.metrics.two_sample import two_sample
from regenkit_music.metrics.words import phrase_end_length, stress_on_beat

__all__ = [
    "cadence_adherence",
    "chord_adherence",
    "duration_overlap",
    "melody_distance",
    "ngram_coverage",
    "ngram_novelty",
    "phrase_end_length",
    "pitch_overlap",
    "rhythm_adherence",
    "stress_on_beat",
    "tonality_adherence",
    "two_sample",
]
