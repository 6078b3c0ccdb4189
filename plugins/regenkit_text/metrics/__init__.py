"""Scores of text."""

from regenkit_text.metrics.coverage import fact_coverage
from regenkit_text.metrics.diversity import distinct_1, distinct_2
from regenkit_text.metrics.errors import (
    character_error_rate,
    length_difference,
    mismatch,
    phoneme_error_rate,
    word_error_rate,
)
from regenkit_text.metrics.overlap import bleu, chrf, self_bleu

__all__ = [
    "bleu", "character_error_rate", "chrf", "distinct_1", "distinct_2", "fact_coverage", "length_difference",
    "mismatch", "phoneme_error_rate", "self_bleu", "word_error_rate",
]  # fmt: skip
