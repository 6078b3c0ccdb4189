"""Does a text say the facts that it is made from?"""

import re

import numpy as np

from regenkit.components import Evaluation
from regenkit.errors import UserError
from regenkit_text.metrics.texts import references, samples
from regenkit_text.modality import Knowledge

WORDS = re.compile(r"[^\W_]+")


def fact_coverage(of: Evaluation) -> np.ndarray:
    """(samples,) share of the facts that the reference says which the sample says too. A text says a fact if all
    words of its value are among its own, whatever their case. NaN where the reference says none.

    Raises UserError where X has no facts.
    """
    if not isinstance(of.x, Knowledge):
        raise UserError("text/fact_coverage is of facts, and X has none: take it out of the recipe's evaluate")
    found = []
    for sample, reference, condition in zip(samples(of), references(of), of.conditions, strict=True):
        values = {value for _, value in of.x.decode(condition)} if condition else set()
        wanted = [said for value in values if (said := _words(value)) and said <= _words(reference)]
        found.append(np.mean([said <= _words(sample) for said in wanted]) if wanted else np.nan)
    return np.array(found, np.float64)


def _words(text: str) -> set[str]:
    return set(WORDS.findall(text.casefold()))
