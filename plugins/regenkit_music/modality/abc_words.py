"""The words ("w:" lines) of ABC tunes, which music21's reader passes over. By the ABC standard 2.1, section 5."""

import re
from typing import Any

NO_NOTES = re.compile(r'%.*|"[^"]*"|![^!\n]*!|\+[^+\n]*\+|\{[^}]*\}|\[[A-Za-z]:[^\]]*\]')
"""Comments, chord symbols and annotations, decorations, grace notes, fields within a line."""
NOTE_OR_BAR = re.compile(r"\[[^\]|:\d][^\]|]*\]|[_^=]*[A-Ga-g]|\|")
WORD = re.compile(r"[^\s\-_*|]+|[-_*|]|\s+")
ESCAPED = "\x01"  # stands for "\\-", a hyphen that is sung to one note


def tunes(text: str) -> list[str]:
    """The text of each tune of a file, as music21 parts them: from one "X:" line to the next."""
    return [f"X:{tune}" for tune in re.split(r"^X:", text, flags=re.MULTILINE)[1:]]


def add_words(tune: str, score: Any) -> None:
    """Put the first verse under the notes of music21's score of this tune; none where the two count differently."""
    syllables = _syllables(tune)
    notes = [note for note in score.recurse().notes if not note.duration.isGrace and "ChordSymbol" not in note.classes]
    if not any(syllables) or len(syllables) != len(notes):
        return
    for note, syllable in zip(notes, syllables, strict=True):
        if syllable:
            note.addLyric(syllable.removesuffix("-"), applyRaw=True)
            note.lyrics[0].syllabic = "begin" if syllable.endswith("-") else "single"


def _syllables(tune: str) -> list[str]:
    """One a note of the tune, "" where the note has none or holds the one before."""
    found: list[str] = []
    bars: list[int] = []  # of each note of the last line of music, its bar in that line
    in_body = False
    for line in tune.splitlines():
        if line.startswith("w:"):
            if bars:
                found[-len(bars) :] = _aligned(line[2:], bars)
            bars = []  # further verses are not sung
        elif re.match(r"[A-Za-z]:", line):
            in_body = in_body or line.startswith("K:")
        elif in_body:
            symbols = NOTE_OR_BAR.findall(NO_NOTES.sub("", line))
            bars = [symbols[:index].count("|") for index, symbol in enumerate(symbols) if symbol != "|"]
            found += [""] * len(bars)
    return found


def _aligned(words: str, bars: list[int]) -> list[str]:
    """The words of one line, one a note."""
    found: list[str] = []
    hyphen = False
    for word in WORD.findall(words.replace("\\-", ESCAPED)):
        if word == "-":
            if hyphen or not found:
                found.append("")  # one more note on the same syllable
            else:
                found[-1] += "-"
            hyphen = True
            continue
        hyphen = False
        if word in "_*":
            found.append("")
        elif word == "|":
            bar = bars[len(found) - 1] if 0 < len(found) <= len(bars) else 0
            found += [""] * (sum(place <= bar for place in bars) - len(found))
        elif not word.isspace():
            found.append(word.replace("~", " ").replace(ESCAPED, "-"))
    return [*found, *[""] * len(bars)][: len(bars)]
