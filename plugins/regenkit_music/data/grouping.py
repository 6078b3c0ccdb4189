"""Keys by which a split keeps related songs together.

81 of 320 Bach hymns share their melodic opening with another text, and words travel between melodies: a split by
either alone lets the test set leak. `groups` name what two songs may share; `fingerprints` are the ten-interval
n-grams that a held-out melody must not share with training.
"""

import hashlib
import itertools
import unicodedata
from collections.abc import Sequence

from regenkit_music.modality.melody import Melody

OPENING_WORDS = 32  # letters: about eight words of one or two syllables
OPENING_NOTES = 9
NGRAM = 10  # intervals
TRIVIAL = 3  # distinct intervals; fewer make a scale or repeated notes, which no two songs share by descent


def stable_hash(text: str) -> int:
    """A signed 64-bit hash that is the same in every process and on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def letters(syllables: Sequence[str]) -> str:
    """The words as lower-case letters alone: "Gló-", "ri-", "a," → "gloria"."""
    text = unicodedata.normalize("NFKD", "".join(syllables)).casefold()
    return "".join(character for character in text if character.isalpha())


def groups(melody: Melody) -> tuple[str, ...]:
    """Keys of a whole song: its opening words, all its words, its melodic opening (transposition-free).

    An opening that is trivial tells nothing; there it is all notes and their lengths, so that copies stay together.
    """
    keys = []
    if words := letters([note.syllable for note in melody.notes]):
        keys += [f"words:{stable_hash(words[:OPENING_WORDS]):x}", f"text:{stable_hash(words):x}"]
    steps = intervals(melody)
    opening = steps[: OPENING_NOTES - 1]  # all of a melody of eight notes
    if len(set(opening)) >= TRIVIAL:
        keys.append(f"incipit:{','.join(map(str, opening))}")
    else:
        keys.append(f"notes:{stable_hash(repr((steps, [note.duration for note in melody.notes]))):x}")
    return tuple(keys)


def fingerprints(melody: Melody) -> tuple[int, ...]:
    """Sorted hashes of the n-grams of ten intervals, without scales and repeated notes."""
    steps = intervals(melody)
    grams = {tuple(steps[start : start + NGRAM]) for start in range(len(steps) - NGRAM + 1)}
    return tuple(sorted(stable_hash(repr(gram)) for gram in grams if len(set(gram)) >= TRIVIAL))


def intervals(melody: Melody) -> list[int]:
    """Semitones from each note to the next."""
    pitches = [note.pitch for note in melody.notes]
    return [after - before for before, after in itertools.pairwise(pitches)]
