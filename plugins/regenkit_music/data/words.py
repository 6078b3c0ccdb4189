"""Words as scanned editions and old files leave them: what can be mended is, and how much stays damaged.

The madrigals' words were read by a machine: in ten of them the hyphen is "?" or "ú", and
"mi-" became "ml-", "so-" became "sv-". Other files have their words in the wrong encoding.
"""

import re
import unicodedata
from dataclasses import replace

from regenkit.data.words import is_word
from regenkit_music.modality.language import detect
from regenkit_music.modality.melody import Melody

HYPHENS_MISREAD = ("?", "ú")
OFTEN = 0.15  # share of syllables ending in one of these: no text does that, so in this song it is the hyphen
VOWELS = "aeiouyàáâäæèéêëìíîïòóôöœùúûü"
VOWELLED = ("it", "la")  # languages of the scans in which every syllable has a vowel; Czech sings "krt", Russian "в"
ACCENTED = 0.5  # share of accented letters that no language in Latin script reaches: "Òèõî" is Cyrillic, misread
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


def damage(melody: Melody) -> float:
    """Share of syllables that can't be text of any language: signs, digits and capitals in their midst, two scripts in
    one, letters of an encoding misread; in Italian and Latin also those without a vowel."""
    syllables = [note.syllable for note in melody.notes]
    letters = [char for syllable in syllables for char in syllable if char.isalpha()]
    if sum("\x80" <= char < "\u0250" for char in letters) > ACCENTED * max(len(letters), 1):
        return 1.0
    vowelled = detect(" ".join(syllables).replace("- ", "")) in VOWELLED
    return sum(_damaged(syllable, vowelled) for syllable in syllables) / max(len(syllables), 1)


def _damaged(syllable: str, vowelled: bool) -> bool:
    core = _without_edges(syllable)
    return (
        (not _has_vowel(core) if vowelled else not core)
        or re.search(r"[^\W\d_][^\w'’‘` ‿·・׳״]+[^\W\d_]|[\d{}\[\]|$!]", core) is not None
        or re.search(r"[a-z][A-Z]", core) is not None
        or not all(map(is_word, core.split()))
    )


def _without_edges(syllable: str) -> str:
    """A syllable's letters with what stands between them; punctuation, spaces and accents fall, braces do not."""
    plain = "".join(char for char in syllable if unicodedata.category(char) not in ("Mn", "Mc", "Cf"))
    marks = "".join(char for char in plain if unicodedata.category(char)[0] in "PZ" and char not in "{}")
    return plain.strip(marks + "`´ ")


def _has_vowel(syllable: str) -> bool:
    return any(letter in VOWELS for letter in syllable.casefold())
