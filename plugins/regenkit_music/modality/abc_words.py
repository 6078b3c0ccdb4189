"""The words ("w:" lines) of ABC, aligned to the notes of a line of music. (ABC 2.1, section 5.)"""

import re
from collections.abc import Sequence

WORD = re.compile(r"[^\s\-_*|]+|[-_*|]|\s+")
NUMBER = re.compile(r"\d+\s*[.):]*$")
"""A verse's number, which nobody sings; one without a sign may be a word."""
NUMBERED = re.compile(r"^[(\[]?\d+\s*[.):\]]+\s*(?=\S)")
HYPHEN = "\x01"
"""Stands for "\\-", a hyphen that is sung to one note."""
HELD = "_"
"""In place of a syllable: the note holds the syllable before."""


def aligned(words: str, bars: Sequence[int]) -> tuple[list[str], int]:
    """(A syllable for each note of one line of music, how many syllables found no note.)

    words   of a w: line
    bars    of each note, the number of its bar within the line

    A syllable is "" where a note has none, and HELD where it holds the one before; one that its word goes on from ends
    in "-". A number without a sign at the beginning is a verse's number where with it the notes are too few.
    """
    found = _syllables(words, bars, numbered=False)
    if _lost(found, bars):
        found = _syllables(words, bars, numbered=True)
    return [*found, *[""] * len(bars)][: len(bars)], _lost(found, bars)


def _lost(found: Sequence[str], bars: Sequence[int]) -> int:
    return sum(syllable not in ("", HELD) for syllable in found[len(bars) :])


def _syllables(words: str, bars: Sequence[int], *, numbered: bool) -> list[str]:
    """What stands for each note; there may be more of them than notes. `numbered`: "2" at the beginning is no word."""
    found: list[str] = []
    joined, begun, bar = False, False, 0  # whether a hyphen here stands right after a syllable
    for word in WORD.findall(words.replace("\\-", HYPHEN)):
        if word == "-":
            _go_on(found)
            if not joined:  # after a space or another hyphen it is a syllable of its own
                found.append(HELD)
        joined = word not in "-|" and not word.isspace()
        if word == "-" or word.isspace():
            continue
        if word == "|":
            bar = max(bar + 1, bars[len(found) - 1] + 1 if 0 < len(found) <= len(bars) else 0)
            found += [""] * (sum(place < bar for place in bars) - len(found))
        elif word in "_*":
            found.append(HELD if word == "_" else "")
        else:
            syllable = word.replace("~", " ").replace(HYPHEN, "-").strip()
            if not begun:
                begun = True
                if NUMBER.fullmatch(syllable) and (numbered or not syllable.isdecimal()):
                    continue
                syllable = NUMBERED.sub("", syllable)
            if syllable:
                found.append(syllable)
    return found


def _go_on(found: list[str]) -> None:
    """Mark the last syllable as one that its word goes on from."""
    for place in reversed(range(len(found))):
        if found[place] not in ("", HELD):
            found[place] = found[place].rstrip("-") + "-"
            return
