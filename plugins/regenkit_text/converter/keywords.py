"""The keywords of a text, in its order: what a sentence is about, without how it is said (Yao et al. 2019,
Plan-and-Write, arXiv 1811.05701). They are spelled in Y's units, with a mark between them, on an axis of their own.
"""

from collections.abc import Mapping
from typing import Any, final

import numpy as np
from pydantic import PositiveInt

from regenkit.errors import BadSource, UserError
from regenkit.spec import Fields, Spec, tokens
from regenkit_text.converter.tagger import tagged
from regenkit_text.converter.template import MARKS, PIECE, field_of_words, in_capitals, is_function_word
from regenkit_text.modality.units import BYTES, Bytes, Characters, text_of

BETWEEN = "⟨,⟩"
WEIGHT = {"NOUN": 2, "NOUNS": 2, "VERBING": 1, "VERB": 1, "VERBS": 1, "VERBED": 1, "ADJ": 1}
"""Nouns go before other words. Adverbs are none."""


@final
class Keywords:
    """y     the spec of a text
    most  keywords of a text: nouns first, then longer words
    """

    version = 3

    def __init__(self, y: Spec, most: PositiveInt = 3) -> None:
        self.y, self.most, field = y, most, field_of_words(y, "keywords are")
        self.units = Characters(y[field].labels) if field.endswith("character") else Bytes()
        self.labels = (BETWEEN, *(self.units.labels if field.endswith("character") else BYTES))
        self.spec = Spec({"keyword": tokens(self.labels, axis="keyword")})

    def convert(self, y: Fields) -> Fields:
        """Raises BadSource where a text has no content word."""
        pieces = PIECE.findall(text_of(self.y, y))
        capitals = in_capitals(pieces)
        weights = {
            place: (WEIGHT.get(kind, 0), len(piece))
            for place, (piece, kind) in enumerate(zip(pieces, tagged(pieces) if pieces else [], strict=True))
            if kind in WEIGHT and not is_function_word(piece, capitals=capitals) and piece not in MARKS
        }
        chosen = sorted(weights, key=lambda place: weights[place], reverse=True)[: self.most]
        if not chosen:
            raise BadSource("y", "has no word that could be a keyword")
        return self._fields([pieces[place] for place in sorted(chosen)])

    def to_text(self, rep: Fields, meta: Mapping[str, Any]) -> str:
        """A keyword a line."""
        words: list[list[int]] = [[]]
        for token in (int(token) for token in rep["keyword"] if token):
            if token == 1:
                words.append([])
            else:
                words[-1].append(token - 1)
        return "".join(f"{self.units.decode(word)}\n" for word in words if word)

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        words = [word for line in text.split("\n") if (word := line.strip())]
        if not words:
            raise UserError("there are no keywords; write one a line")
        return self._fields(words), {}

    def _fields(self, words: list[str]) -> Fields:
        found: list[int] = []
        for word in words:
            found += [1] * bool(found) + [unit + 1 for unit in self.units.encode(word)]
        return {"keyword": np.array(found, np.int32)}
