"""Errors against the reference, as the package jiwer aligns the two: substitutions, deletions and insertions.

Each sample's value is its errors over the mean length of a reference, so that the mean over samples is the error rate
as it is usually given, all errors over all reference units.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from regenkit.components import Evaluation
from regenkit_text.arpabet import unstressed
from regenkit_text.metrics.texts import references, samples


def word_error_rate(of: Evaluation) -> np.ndarray:
    """(samples,) of words, which stand between spaces."""
    return _rates(of, lambda text: text)


def phoneme_error_rate(of: Evaluation) -> np.ndarray:
    """(samples,) of phonemes with spaces between, stress left out, as the literature counts them."""
    return _rates(of, bare)


def character_error_rate(of: Evaluation) -> np.ndarray:
    """(samples,) of characters."""
    import jiwer

    wanted, made = references(of), samples(of)
    errors = [_errors(jiwer.process_characters(one, other)) for one, other in zip(wanted, made, strict=True)]
    return np.array(errors) / np.mean([len(text) for text in wanted])


def mismatch(of: Evaluation) -> np.ndarray:
    """(samples,) 1 where a sample is not the reference, stress of phonemes left out: of single words, the word error
    rate of the literature."""
    pairs = zip(samples(of), references(of), strict=True)
    return np.array([float(bare(made) != bare(wanted)) for made, wanted in pairs])


def length_difference(of: Evaluation) -> np.ndarray:
    """(samples,) by how much of the reference's length a sample is longer or shorter, in characters."""
    pairs = zip(samples(of), references(of), strict=True)
    return np.array([abs(len(made) - len(wanted)) / len(wanted) for made, wanted in pairs])


def bare(text: str) -> str:
    """Phonemes without their stress; other words as they are."""
    return " ".join(map(unstressed, text.split()))


def _rates(of: Evaluation, form: Callable[[str], str]) -> np.ndarray:
    import jiwer

    wanted, made = [form(text) for text in references(of)], [form(text) for text in samples(of)]
    errors = [_errors(jiwer.process_words(one, other)) for one, other in zip(wanted, made, strict=True)]
    return np.array(errors) / np.mean([len(text.split()) for text in wanted])


def _errors(found: Any) -> int:
    return int(found.substitutions + found.deletions + found.insertions)
