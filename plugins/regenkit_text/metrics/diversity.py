"""How many different n-grams of words there are among all (Li et al. 2016, arXiv 1510.03055)."""

import numpy as np

from regenkit.components import Evaluation
from regenkit_text.metrics.texts import samples


def distinct_1(of: Evaluation) -> np.ndarray:
    """() 0…1, of words."""
    return _distinct(samples(of), 1)


def distinct_2(of: Evaluation) -> np.ndarray:
    """() 0…1, of pairs of words."""
    return _distinct(samples(of), 2)


def _distinct(texts: list[str], n: int) -> np.ndarray:
    grams = [tuple(words[start : start + n]) for words in map(str.split, texts) for start in range(len(words) - n + 1)]
    return np.array(len(set(grams)) / len(grams) if grams else np.nan)
