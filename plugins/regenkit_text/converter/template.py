"""A template of a text: its function words and its word classes, and what is likely to come from X spelled out.

    the Python library for parsing CSV files   →   the ⟨NAME⟩Python ⟨NOUN⟩ for ⟨VERBING⟩ ⟨NAME⟩CSV ⟨NOUNS⟩

So Y′ bears the syntax of Y and is delexicalised (Wen et al. 2015, arXiv 1508.01745): what Y says in words that
anybody might choose is a class, and the renderer chooses the words. A rule of Y alone cannot know what X says. It takes
as slots what a general lexicon lacks: names (with a capital or a digit within, or unknown) and numbers. They are
spelled in Y's own units, so that a generator can copy them from X and a renderer from Y′.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, final

import numpy as np

from regenkit.errors import BadSource, UserError
from regenkit.nearest import did_you_mean
from regenkit.spec import Fields, Spec, tokens
from regenkit_text.converter.function_words import WORDS
from regenkit_text.converter.tagger import NAMES, is_known, tagged
from regenkit_text.modality.units import BYTES, LANGUAGE, Bytes, Characters, text_of

SHORT = "|".join(re.escape(word) for word in WORDS if word.endswith("."))
PIECE = re.compile(
    rf"(?<![^\W_])(?i:{SHORT})(?![^\W_])"
    r"|(?:[^\W_]|['’_+#](?=[^\W_])|[-.](?=[^\W_])|(?<=[^\W_])[+#]+(?![^\W_]))+"
    r"|\S"
)
"""A function word that ends in a point ("i.e."), a word with the marks within it ("command-line", "C++"), or a mark."""
MARKS = tuple(".,;:!?()[]{}\"'`/\\-–—&+*=<>%@#$|~^_")
ENDS = frozenset(".!?:")
"""Marks after which a sentence begins."""
SLOTS = ("NAME", "NUMBER")
SIGN = "⟨{}⟩"
OPEN = tuple(map(SIGN.format, SLOTS))
BLANK = "␣"
ESCAPED = re.compile(r"\\(?:u([0-9a-f]{4})|\\)")
AXIS = "template"


@final
class Template:
    """y  the spec of a text"""

    version = 3

    def __init__(self, y: Spec) -> None:
        self.y, field = y, field_of_words(y, "a template is")
        self.units = Characters(y[field].labels) if field.endswith("character") else Bytes()
        spelled = self.units.labels if field.endswith("character") else BYTES
        self.labels = (*(SIGN.format(name) for name in (*SLOTS, *NAMES)), *(f" {word}" for word in WORDS),
                       *(f" {mark}" for mark in MARKS), *spelled)  # fmt: skip
        self.token = {label: number for number, label in enumerate(self.labels, 1)}
        self.first = len(self.labels) - len(spelled)
        self.spec = Spec({"template": tokens(self.labels, axis=AXIS)})

    def convert(self, y: Fields) -> Fields:
        """Raises BadSource where a text has no words."""
        pieces = PIECE.findall(text_of(self.y, y))
        if not pieces:
            raise BadSource("y", "has no words")
        return {"template": np.array([token for each in self._items(pieces) for token in self._said(*each)], np.int32)}

    def _items(self, pieces: list[str]) -> Iterator[tuple[str, str]]:
        """(class, "") of a content word; (slot, the word) of a name; (the word, "") of a function word or a mark."""
        kinds, capitals = tagged(pieces), in_capitals(pieces)
        for place, (piece, kind) in enumerate(zip(pieces, kinds, strict=True)):
            if is_function_word(piece, capitals=capitals) or piece in MARKS:
                yield f" {piece.lower()}", ""
            elif piece[0].isdigit() and not any(map(str.isalpha, piece)):
                yield SIGN.format("NUMBER"), piece
            elif is_name(piece, first=place == 0 or pieces[place - 1] in ENDS):
                yield SIGN.format("NAME"), piece
            else:
                yield SIGN.format(kind), ""

    def _said(self, label: str, spelled: str) -> list[int]:
        return [self.token[label], *(self.first + unit for unit in (self.units.encode(spelled) if spelled else []))]

    # --- as a person reads it ----------------------------------------------------------------------------------------

    def to_text(self, rep: Fields, meta: Mapping[str, Any]) -> str:
        """A line: words as they are, classes and slots in brackets, and after a slot its word ("⟨NAME⟩Python")."""
        return " ".join(label.strip(" ") + _escaped(spelled) for label, spelled in self._parts(rep)) + "\n"

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        """Raises UserError that names what is no part of a template."""
        found: list[int] = []
        for part in text.split():
            sign, bracket, spelled = part.partition("⟩")
            label = f"{sign}{bracket}" if bracket else f" {part}"
            if label not in self.token:
                raise UserError(f"{part!r} is no part of a template{did_you_mean(label, self.labels)}")
            if spelled and label not in OPEN:
                raise UserError(f"{part!r}: only {' and '.join(OPEN)} have a word after them")
            found += self._said(label, _unescaped(spelled))
        if not found:
            raise UserError("an empty template")
        return {"template": np.array(found, np.int32)}, {}

    def _parts(self, rep: Fields) -> Iterator[tuple[str, str]]:
        """(label, what is spelled after it); what a model spells after something else than a slot is left out."""
        label, units = "", list[int]()
        for token in [*(int(token) for token in rep["template"] if token), 0]:
            if token > self.first:
                units += [token - self.first] if label in OPEN else []
                continue
            if label:
                yield label, self.units.decode(units)
            label, units = self.labels[token - 1] if token else "", []


def field_of_words(y: Spec, what: str) -> str:
    """The field of a text in words of one language. Raises UserError, `what` being its subject."""
    if LANGUAGE in y:
        raise UserError(f"{what} of English; the texts of this dataset are in {', '.join(y[LANGUAGE].labels)}")
    (field,) = y
    if field.endswith("symbol"):
        raise UserError(f"{what} of words; the text of this dataset is symbols")
    return field


def in_capitals(words: Sequence[str]) -> bool:
    """Whether none of a text's words has a small letter."""
    return not any(map(str.islower, "".join(words)))


def is_function_word(word: str, *, capitals: bool) -> bool:
    """Whether a word holds the sentence together. In capitals ("US", "IT") it is a name, unless the whole text is."""
    return word.lower() in WORDS and (capitals or not word[1:].isupper())


def is_name(word: str, *, first: bool) -> bool:
    """Whether a word is likely to be a name: it has a digit, or a capital that no sentence gives it, or the lexicon
    has neither it, nor its singular, nor its parts."""
    if any(map(str.isdigit, word)) or any(map(str.isupper, word[1:] if first else word)):
        return True
    parts = [part for part in re.split(r"[-/.]", word.lower()) if part]
    return not all(is_known(part) or is_known(part.removesuffix("s")) for part in parts)


def _escaped(spelled: str) -> str:
    """Without blanks, which part a template's words: a space as ␣, others and ␣ itself as \\u and their number."""
    kept = (rf"\u{ord(each):04x}" if _is_escaped(each) else each for each in spelled.replace("\\", r"\\"))
    return "".join(kept).replace(" ", BLANK)


def _unescaped(spelled: str) -> str:
    """What `_escaped` was given."""

    def meant(found: re.Match[str]) -> str:
        character = chr(int(found[1], 16)) if found[1] else "\\"
        return character if not found[1] or _is_escaped(character) else found[0]

    return ESCAPED.sub(meant, spelled.replace(BLANK, " "))


def _is_escaped(character: str) -> bool:
    return character == BLANK or (character.isspace() and character != " ")
