"""Text, as X or as Y."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
from pydantic import PositiveInt

from regenkit.data.text_encoding import decoded
from regenkit.errors import BadSource, UserError
from regenkit.files import parse_lines, write_text
from regenkit.spec import Fields, Spec, tokens
from regenkit_text.modality.units import FIELD, LANGUAGE, Name, units_of
from regenkit_text.modality.words import plain, printable, unfit

LONGEST = 100_000
"""Characters of a text that is read at all: a longer line is no text that somebody typed."""


@final
class Text:
    """A text in Unicode's composed form (NFC) with single spaces, see `words`. A value is a str.

    units       what it is cut into
    labels      the alphabet of characters, or the symbols; the data know them
    tokenizer   of sub-words: as the library `tokenizers` writes it; learned from the data, and kept in the run
    max_length  units of the texts that models learn from
    axis        "x" for X, whose steps are not Y's
    languages   that texts are in, as espeak-ng names them; where there are several, `language` is a field that a user
                gives
    """

    version = 1

    def __init__(
        self, units: Name = "bytes", labels: Sequence[str] = (), tokenizer: str | None = None,
        max_length: PositiveInt = 256, axis: Literal["", "x"] = "", languages: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.units = units_of(units, labels, tokenizer)
        self.max_length, self.languages = max_length, tuple(languages)
        self.unit, self.unit_steps = FIELD[units], 1.0
        self.field = ("x_" if axis else "") + FIELD[units]
        self.spec = Spec({self.field: tokens(self.units.labels, axis=axis)})
        if len(languages) > 1:
            self.spec |= {LANGUAGE: tokens(languages, scalar=True, optional=True)}

    # --- files -------------------------------------------------------------------------------------------------------

    def read(self, path: str | Path, encoding: str | None = None) -> list[str]:
        """The texts of a .txt file, one a line. Raises UserError, with the line, and BadSource where it is no text."""
        return parse_lines(path, lines(path, encoding), self.parse, "text")

    def parse(self, text: str) -> str:
        """In the form that models read. Raises UserError: none, too long, or with characters that cannot be read."""
        found = _form(text)
        self.units.encode(found)
        return found

    def write(self, value: str, path: str | Path) -> None:
        """Write a .txt file. Raises UserError."""
        write_text(Path(path), f"{value}\n")

    # --- fields ------------------------------------------------------------------------------------------------------

    def encode(self, value: str) -> tuple[Fields, dict[str, Any]]:
        """Raises UserError as `parse` does. A text does not say what language it is in."""
        text = _form(value)
        unsaid = {LANGUAGE: np.array(0, np.int32)} if LANGUAGE in self.spec else {}
        return {self.field: np.array(self.units.encode(text), np.int32), **unsaid}, {"title": text[:80]}

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> str:
        """The text; what belongs in none, as a model may draw it, becomes U+FFFD."""
        return printable(self.units.decode([int(token) for token in fields[self.field] if token]))

    def describe(self, value: str) -> str:
        return f"“{value}”" if value else "no text"

    # --- longer than what models learn from ---------------------------------------------------------------------------

    def cut(self, value: str) -> list[str]:
        """Parts of at most `max_length` units, between words where a word is no longer than that."""
        parts: list[str] = []
        for word in value.split(" "):
            joined = f"{parts[-1]} {word}" if parts else word
            if parts and self._fits(joined):
                parts[-1] = joined
            else:
                parts += self._pieces(word)
        return parts

    def join(self, parts: Sequence[Fields]) -> Fields:
        """One text, the parts with a space between them, or none where the alphabet has no space."""
        texts = [text for each in parts if (text := self.decode(each))]
        between = "" if self.field.endswith("character") and " " not in self.units.labels else " "
        own = {LANGUAGE: parts[0][LANGUAGE]} if LANGUAGE in self.spec else {}
        return {self.field: np.array(self.units.encode(between.join(texts)), np.int32), **own}

    def _fits(self, text: str) -> bool:
        return len(self.units.encode(text)) <= self.max_length

    def _pieces(self, word: str) -> list[str]:
        pieces: list[str] = []
        start, most = 0, self.max_length * self.units.longest  # characters that may fit; of more none are counted
        whole = self._fits(word)
        while not whole:
            window = word[start : start + self.max_length]
            end = start + max(1, self.units.fitting(window, self.max_length))
            pieces.append(word[start:end])
            start = end
            whole = len(word) - start <= most and self._fits(word[start:])
        return [*pieces, word[start:]] if word[start:] else pieces


def _form(text: str) -> str:
    if len(text) > LONGEST:
        raise UserError(f"a text of {len(text):,} characters; at most {LONGEST:,} are read: {text[:40]!r} …")
    if fault := unfit(text):
        raise UserError(f"{fault} belongs in no text: {text[:40]!r}")
    if not (found := plain(text)):
        raise UserError("an empty text")
    return found


def lines(path: str | Path, encoding: str | None) -> list[str]:
    """The lines of a text file. Raises UserError where it cannot be opened, BadSource where it is no text."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        text = decoded(data, encoding, path)
    except BadSource as error:
        raise BadSource(path, error.reason) from error
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
