"""Scores of melodies.

Every metric is called as `metric(samples, references, conditions, reps, training)`, lists of fields, of which the first
four run parallel:

    samples     melodies (`melody.SPEC`) to be judged
    references  the real melodies that belong to the same conditions
    conditions  the words (`lyrics.SPEC`); an empty mapping where there are none
    reps        the Y′ that each sample was rendered from; an empty mapping where there was none
    training    the melodies the model learned from

and returns one value a sample, shape (samples,), NaN where the metric has nothing to go by; or one value for all of
them, shape (). Which of them tell real melodies from trivial ones is measured in `benchmarks/metrics.py`: the overlaps
and the distance, customary in the literature, do not.
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
