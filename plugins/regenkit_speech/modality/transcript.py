"""What is said, as X of speech: characters, or the phones of a pronouncing dictionary."""

from pathlib import Path
from typing import Any, Literal, final

import numpy as np
from pydantic import PositiveInt

from regenkit.errors import UserError, warn
from regenkit.files import parse_lines, read_text, write_text
from regenkit.spec import Fields, Spec, tokens
from regenkit_speech.modality import pronunciation
from regenkit_speech.modality import spoken as characters
from regenkit_speech.modality.spoken import Language, spoken

LONGEST = 1000
"""Characters of one text, unless told otherwise."""


@final
class Transcript:
    """A text as it is spoken; the field `text`. A space stands at both ends, for the silence there.

    language    whose numbers and abbreviations are said as words
    units       "characters" of any language, or "phones" of English words (CMU dictionary)
    max_length  characters that are read
    """

    version = 2

    def __init__(
        self, language: Language = "en", units: Literal["characters", "phones"] = "characters",
        max_length: PositiveInt = LONGEST,
    ) -> None:  # fmt: skip
        if units == "phones" and language != "en":
            raise ValueError(f"units phones, language {language}; the dictionary is of English: right is characters")
        self.language, self.units, self.max_length = language, units, max_length
        self.symbols = pronunciation.SYMBOLS if units == "phones" else characters.SYMBOLS
        self._tokens = {symbol: token for token, symbol in enumerate(self.symbols, 1)}
        self.spec = Spec({"text": tokens(self.symbols, axis="x")})

    def read(self, path: str | Path) -> list[str]:
        """The texts of a .txt file, one a line. Raises UserError, with the line."""
        return parse_lines(path, read_text(Path(path)).split("\n"), self.parse, "text")

    def parse(self, text: str) -> str:
        """The text, if there is something to say in it; what of it is not spoken is logged. Raises UserError."""
        text = self._checked(text)
        warn(f"“{text[:40]}”", self.remarks(text))
        return text

    def _checked(self, text: str) -> str:
        if len(text) > self.max_length:
            raise UserError(f"a text of {len(text)} characters; at most {self.max_length} are read: {text[:40]!r} …")
        if not any(character.isalpha() for character in spoken(text, self.language)[0]):
            raise UserError(f"{text[:40]!r} has nothing that can be spoken; write some words")
        return text

    def write(self, value: str, path: str | Path) -> None:
        """Write a .txt file. Raises UserError."""
        write_text(Path(path), f"{value}\n")

    def encode(self, value: str) -> tuple[Fields, dict[str, Any]]:
        """The tokens of what is spoken. Raises UserError where nothing is."""
        said, _ = spoken(self._checked(value), self.language)
        units = pronunciation.phones(said) if self.units == "phones" else tuple(said)
        found = [self._tokens[unit] for unit in (" ", *units, " ")]
        return {"text": np.array(found, np.int32)}, {"title": value}

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> str:
        """The text, of phones where `meta` does not have it. A "|" stands between words of phones."""
        known = [self.symbols[token - 1] for token in np.asarray(fields["text"]) if token]
        if self.units == "characters":
            return "".join(known).strip()
        said = meta.get("title", "") if meta else ""
        return str(said) or " ".join("|" if each == " " else each for each in known).strip("| ")

    def describe(self, value: str) -> str:
        return f"“{value}”" if value else "no text"

    def remarks(self, value: str) -> tuple[str, ...]:
        """What of a text is not spoken."""
        return spoken(value, self.language)[1]
