"""What the modalities learn from a dataset: the alphabet, or the sub-words."""

from collections.abc import Iterable, Mapping
from typing import Any, final

from regenkit.errors import UserError
from regenkit.spec import Fields
from regenkit_text.modality import Knowledge, Text
from regenkit_text.modality.units import Name, learn_alphabet, learn_subwords
from regenkit_text.modality.words import plain, unfit

ALPHABET, SUBWORDS = 256, 1000
"""How many, unless told otherwise."""
BEYOND = 8
"""A text of so many times more characters than units that it may have is not worth to be encoded."""


@final
class Side:
    """How the text of a dataset is cut into units.

    vocabulary  the most characters; of sub-words, how many; None = 256, 1000
    max_length  units; a longer text is left out
    """

    def __init__(self, units: Name, vocabulary: int | None, max_length: int) -> None:
        if units == "subwords" and (vocabulary or SUBWORDS) < 256:
            raise UserError(f"vocabulary: {vocabulary}; right is 256 or more: every byte is a sub-word")
        self.units, self.vocabulary, self.max_length = units, vocabulary, max_length

    def learned(self, texts: Iterable[str]) -> dict[str, Any]:
        """The arguments of `Text`, for all texts of the dataset; of those that do not fit nothing is learned."""
        texts = filter(self.fits, texts)
        found: dict[str, Any] = {"units": self.units, "max_length": self.max_length}
        if self.units == "characters":
            found["labels"] = learn_alphabet(map(plain, texts), self.vocabulary or ALPHABET)
        elif self.units == "symbols":
            found["labels"] = sorted({symbol for text in texts for symbol in text.split()})
        elif self.units == "subwords":
            found["tokenizer"] = learn_subwords(map(plain, texts), self.vocabulary or SUBWORDS)
        if not found.get("labels", "some"):
            raise UserError(
                f"no text of the data can be used; right is one of at most {self.max_length} {self.units}, without "
                "control characters"
            )
        return found

    def fits(self, text: str) -> bool:
        """Whether `encode` may take a text. How many sub-words it has is known only when they have been learned."""
        if len(text) > BEYOND * self.max_length or unfit(text) or not (said := plain(text)):
            return False
        units = {"characters": said, "bytes": said.encode(), "symbols": said.split()}.get(self.units, "")
        return len(units) <= self.max_length

    def values(self, values: Iterable[str], y: Mapping[str, Any]) -> dict[str, Any]:
        """The units of facts: characters of an alphabet of their own where Y's are, else bytes."""
        if self.units != "characters":
            return {"units": "bytes"}
        return {"units": "characters", "labels": learn_alphabet(values, self.vocabulary or ALPHABET)}

    def encode(self, modality: Text, text: str) -> tuple[Fields, dict[str, Any]]:
        """(fields, meta). Raises UserError where the text cannot be said in these units, or is too long."""
        too_long = f"is longer than {self.max_length} {self.units}"
        if len(text) > BEYOND * self.max_length:
            raise UserError(too_long)
        fields, meta = modality.encode(text)
        if len(fields[modality.field]) > self.max_length:
            raise UserError(too_long)
        return fields, meta

    @staticmethod
    def built(options: Mapping[str, Mapping[str, Any]]) -> tuple[Any, Any]:
        """(the modality of X, that of Y) of a dataset whose `modalities` are `options`."""
        x = options["x"]
        return (Knowledge if "keys" in x else Text)(**x), Text(**options["y"])
