"""Words as scanned editions leave them: what can be mended is, and how much stays damaged.

The madrigals' words were read by a machine: in ten of them the hyphen is "?" or "ú", and
"mi-" became "ml-", "so-" became "sv-".
"""

import re
from dataclasses import replace

from regenkit_music.modality.melody import Melody, Note

HYPHENS_MISREAD = ("?", "ú")
OFTEN = 0.15  # share of syllables ending in one of these: no text does that, so in this song it is the hyphen
VOWELS = "aeiouyàáâäæèéêëìíîïòóôöœùúûü"
EDGES = "-.,;:!?…\"“”«»()[]'’‘`„ "
MISREAD = {"l": "i", "v": "o", "c": "e"}
ACCENTS = str.maketrans({"e": "è", "a": "à", "i": "ì", "o": "ò", "u": "ù"})


def repaired(melody: Melody) -> Melody:
    """The melody with its syllables mended, as far as that is sure."""
    notes, goes_on = [], False
    hyphens = [
        sign
        for sign in HYPHENS_MISREAD
        if sum(note.syllable.endswith(sign) for note in melody.notes) > OFTEN * len(melody.notes)
    ]
    for note in melody.notes:
        syllable = note.syllable
        for sign in hyphens:
            syllable = f"{text}-" if (text := syllable.rstrip(sign)) and text != syllable else syllable
        syllable = _mended(syllable, goes_on)
        goes_on = syllable.endswith("-")
        notes.append(replace(note, syllable=syllable))
    return replace(melody, notes=tuple(notes))


def _mended(syllable: str, goes_on: bool) -> str:
    syllable = re.sub(r"^\d+\.\s*|[\u00ad~_]", "", syllable)  # a verse's number, soft hyphens, extender lines
    syllable = re.sub(r"[`{]([eaiou])\b", lambda found: found[1].translate(ACCENTS), syllable)
    syllable = re.sub(r"(?<=\w)!(?=-|\w)|\}(?=-)", "l", syllable)
    if goes_on and re.match(r"I[^\W\d_]", syllable):
        syllable = "l" + syllable[1:]  # a capital within a word
    if not _has_vowel(syllable):
        # without a vowel the last letter is one misread: "ml-" is "mi-", "sv-" is "so-", "lc" is "le"
        syllable = re.sub(
            r"(?<=[^\W\d_])[lvc](?=\W*$)", lambda found: {"l": "i", "v": "o", "c": "e"}[found[0]], syllable
        )
    return syllable


def sung(melody: Melody) -> Melody:
    """The melody with every note a syllable: one without words prolongs the note that it follows, or is left out."""
    notes: list[Note] = []
    for note in melody.notes:
        if any(map(str.isalnum, note.syllable)):
            notes.append(note)
        elif notes and notes[-1].onset + notes[-1].duration == note.onset:
            notes[-1] = replace(notes[-1], duration=notes[-1].duration + note.duration)
    return replace(melody, notes=tuple(notes))


def damage(melody: Melody) -> float:
    """Share of syllables that can't be ones: no vowel, or signs, digits and capitals in their midst."""
    return sum(map(_damaged, (note.syllable for note in melody.notes))) / max(len(melody.notes), 1)


def _damaged(syllable: str) -> bool:
    core = syllable.strip(EDGES)
    return (
        not _has_vowel(core)
        or re.search(r"[^\W\d_][^\w'’‘` ]+[^\W\d_]|[\d{}\[\]|$!]", core) is not None
        or re.search(r"[a-z][A-Z]", core) is not None
    )


def _has_vowel(syllable: str) -> bool:
    return any(letter in VOWELS for letter in syllable.casefold())
