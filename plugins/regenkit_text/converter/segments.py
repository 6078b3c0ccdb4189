"""Phonemes without their stress: the Y′ of pronunciations. A word's letters tell its sounds better than its stress,
which the renderer learns from pronunciations alone."""

from typing import final

import numpy as np

from regenkit.errors import UserError
from regenkit.spec import Fields, Spec, tokens
from regenkit_text.arpabet import unstressed


@final
class Segments:
    """A segment a symbol, shape [symbols].

    y  the spec of symbols in ARPAbet
    """

    version = 1

    def __init__(self, y: Spec) -> None:
        if list(y) != ["symbol"]:
            raise UserError(f"text/segments is of phonemes, as the symbols of text/lexicon; Y has {', '.join(y)}")
        bare = [unstressed(label) for label in y["symbol"].labels]
        labels = tuple(dict.fromkeys(bare))
        self.table = np.array([0, *(1 + labels.index(label) for label in bare)], np.int32)
        self.spec = Spec({"segment": tokens(labels)})

    def convert(self, y: Fields) -> Fields:
        return {"segment": self.table[y["symbol"]]}
