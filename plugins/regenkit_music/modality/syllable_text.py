"""The text under a note, as editions and programs write it, without what is not sung."""

import re

from regenkit_music.modality.notation import Word

HYPHENS = "-‐‑–—\u00ad~_"
WORD_GOES_ON = ("-", "‐", "‑", "\u00ad")
VERSE_NUMBER = re.compile(r"^\W*(?:\d+\s*[.):\]]+\s*)+(?!\d)")
"""Before a word; the colon of "9:30" is none of its signs."""
NUMBER_ALONE = re.compile(r"\W*(?:\d+\s*[.):\]]+\s*)+")
FIGURES = re.compile(r"[\d#b♭♮♯+/\s,.\-–()\[\]]*")
"""Figured bass, fingerings, numbers of verses: no words."""


def word(text: str, *, goes_on: bool = False) -> Word | None:
    """What is sung of a text; None where nothing is. A number without a word stays, for it may be sung ("24.").

    goes_on   the format says so; a hyphen at the text's end says it as well
    """
    spaced = text.replace("\u203f", " ").replace("\u00a0", " ").strip()
    raw = spaced if NUMBER_ALONE.fullmatch(spaced) else VERSE_NUMBER.sub("", spaced).strip()
    sung = " ".join(raw.strip(HYPHENS + " ").split())
    return Word(text=sung, goes_on=goes_on or raw.endswith(WORD_GOES_ON)) if sung else None


def joined(first: Word, then: Word) -> Word:
    """Two syllables on one note: of one word without anything between them, of two words with a space.

    A verse's number ("1.") before the other is not sung.
    """
    if NUMBER_ALONE.fullmatch(first.text):
        return then
    between = "" if first.goes_on else " "
    return Word(text=f"{first.text}{between}{then.text}", goes_on=then.goes_on)


def are_words(words: list[Word]) -> bool:
    """Whether a verse is sung, and not figured bass or fingerings written where the words go."""
    figures = sum(FIGURES.fullmatch(each.text) is not None for each in words)
    return 2 * figures < len(words)
