"""Humdrum kern (Humdrum Reference Manual: **kern, **text, **silbe) to notation as written.

Pitches are sounding ones in every kern file: "*ITr" says how to print them. Read directly: music21 passes over **silbe,
and neither it nor partitura keeps the words of several verses.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import final

from regenkit.data.text_encoding import decoded
from regenkit.errors import BadSource
from regenkit_music.modality.kern_spines import Column, Row, rows
from regenkit_music.modality.notation import Line, Measure, Part, Score, Word, WrittenNote, aligned
from regenkit_music.modality.syllable_text import word

WORDS = ("**text", "**silbe", "**lyrics")
STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
RECIPROCAL = re.compile(r"(\d+)(?:%(\d+))?(\.*)")
PITCH = re.compile(r"(([a-gA-G])\2*)(#+|-+|n)?")
METRE = re.compile(r"\*M(\d+)/(\d+)$")
SIGNATURE = re.compile(r"\*k\[(.*)\]$")
KEY = re.compile(r"\*([A-Ga-g])([#-]?):(\w*)")
TEMPO = re.compile(r"\*MM(\d+(?:\.\d+)?)$")
NAME = re.compile(r'\*I[":]\[?([^\]]+)')
ENDING = re.compile(r"\*>[A-Za-z]+(\d+)$")
TITLE = re.compile(r"^!!!OTL[^:]*:\s*(.+)$", re.MULTILINE)
MODES = {"dor": "dorian", "phr": "phrygian", "lyd": "lydian", "mix": "mixolydian", "loc": "locrian"}
UMLAUT = re.compile(r"\\([aouAOU])3")
HELD = ("|", "_")
ENDLESS = re.compile(r"\d{1000}")


def read_kern(path: Path, encoding: str | None = None) -> Score:
    """All parts of a score, the highest staff first (kern writes the lowest first), each with the words beside it.

    encoding   see `encoding.decoded`

    Raises BadSource: no kern, a line that is none, a note without a duration.
    """
    text = decoded(path.read_bytes(), encoding, path)
    if ENDLESS.search(text):  # which Python refuses to read as a number
        raise BadSource(path, "holds a number of a thousand digits, which no score has")
    reader = _Reader(path)
    for number, row in rows(text, path):
        reader.row(number, row)
    parts = reader.parts()
    if not parts:
        raise BadSource(path, "has no **kern spine with a measure")
    title = TITLE.search(text)
    return aligned(_umlauts(title[1].strip()) if title else "", parts[::-1])


@dataclass
class _Part:
    """A kern spine as it is read; notes of the measure at hand have their onsets from its beginning."""

    name: str = ""
    metre: tuple[int, int] | None = None
    sharps: int | None = None
    mode: str | None = None
    tempo: float | None = None
    measures: list[Measure] = field(default_factory=list)
    notes: list[WrittenNote] = field(default_factory=list)
    lines: set[Line] = field(default_factory=set)
    slurs: dict[Line, int] = field(default_factory=dict)
    aside: Counter[str] = field(default_factory=Counter)
    hidden: dict[str, Word] = field(default_factory=dict)  # words of grace notes, for the note that they ornament


@final
class _Reader:
    """Rows in order: a row lasts until the first of its notes ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parts: dict[int, _Part] = {}
        self._ends: dict[Column, Fraction] = {}
        self._now, self._began = Fraction(0), Fraction(0)
        self._endings: frozenset[int] = frozenset()
        self._opens = False

    def row(self, number: int, row: Row) -> None:
        self._ends = {column: end for column, end in self._ends.items() if any(column == each for each, _ in row)}
        for column, _ in row:
            if column.kind == "**kern":
                self._parts.setdefault(column.spine, _Part())
        first = next((token for column, token in row if column.kind == "**kern"), ".")
        if first.startswith("="):
            self._barline(first)
        elif first.startswith("*"):
            for column, token in row:
                if column.kind == "**kern":
                    self._sign(self._parts[column.spine], token)
        elif not first.startswith("!"):
            self._data(number, row)

    def parts(self) -> list[Part]:
        if any(part.notes for part in self._parts.values()):
            self._barline("=")
        return [
            Part(
                name=part.name,
                measures=tuple(part.measures),
                remarks=tuple(f"{what}, left out: {count}" for what, count in sorted(part.aside.items()) if count),
            )
            for part in self._parts.values()
            if part.measures
        ]

    def _barline(self, token: str) -> None:
        length = self._now - self._began
        closes = re.search(r":[|!]|\|\||==", token) is not None
        if length:
            for part in self._parts.values():
                part.measures.append(
                    Measure(
                        notes=tuple(part.notes),
                        lines=frozenset(part.lines),
                        length=length,
                        metre=part.metre,
                        sharps=part.sharps,
                        mode=part.mode,
                        tempo=part.tempo,
                        endings=self._endings,
                        opens=self._opens,
                        closes=closes,
                    )
                )
                part.notes, part.lines = [], set()
            self._opens = False
        self._opens = self._opens or re.search(r"[|!]:", token) is not None
        self._began = self._now

    def _sign(self, part: _Part, token: str) -> None:
        if metre := METRE.match(token):
            part.metre = int(metre[1]), int(metre[2])
        elif signature := SIGNATURE.match(token):
            part.sharps = signature[1].count("#") - signature[1].count("-")
            part.mode = None
        elif key := KEY.match(token):
            self._key(part, *key.groups())
        elif tempo := TEMPO.match(token):
            part.tempo = float(tempo[1])
        elif name := NAME.match(token):
            part.name = name[1].strip()
        elif token.startswith("*>") and "[" not in token:
            ending = ENDING.match(token)
            self._endings = frozenset({int(ending[1])}) if ending else frozenset()

    def _key(self, part: _Part, letter: str, sign: str, mode: str) -> None:
        """Stated for analysts; a key that is not the signature's (G mixolydian) leaves the mode to the notes."""
        stated = MODES.get(mode[:3], "major" if letter.isupper() else "minor")
        tonic = STEPS[letter.lower()] + {"#": 1, "-": -1, "": 0}[sign]
        sharps = (7 * (tonic - (9 if stated == "minor" else 0)) + 5) % 12 - 5
        if stated in MODES.values():
            part.mode = stated
        elif part.sharps is None or (part.sharps - sharps) % 12 == 0:
            part.sharps, part.mode = part.sharps if part.sharps is not None else sharps, stated

    def _data(self, number: int, row: Row) -> None:
        """A row of notes. Words belong to a spine: where it is split, to each of its notes that begin in their row."""
        words = self._words(row)
        sung: set[int] = set()
        timed = False
        for column, token in row:
            if column.kind != "**kern" or token == ".":
                continue
            part = self._parts[column.spine]
            line = ("1", column.way or "a")
            part.lines.add(line)
            here, held = words.get(column.spine, ({}, frozenset()))
            if "r" not in token:
                sung.add(column.spine)
            if "q" in token.lower():
                part.aside["grace notes"] += PITCH.search(token) is not None
                part.hidden.update(here)
                continue
            length = self._length(token, number)
            timed = True
            self._ends[column] = self._now + length
            self._notes(part, line, token, length, here, held)
        for spine in words.keys() - sung:
            self._parts[spine].aside["syllables where no note begins"] += len(words[spine][0])
        if timed:
            self._now = min(end for end in self._ends.values() if end > self._now)

    def _notes(
        self, part: _Part, line: Line, token: str, length: Fraction, words: dict[str, Word], held: frozenset[str]
    ) -> None:
        """The notes of a token, several in a chord."""
        slurred = part.slurs.get(line, 0) > 0
        part.slurs[line] = max(part.slurs.get(line, 0) + token.count("(") - token.count(")"), 0)
        if "r" in token:
            part.slurs[line] = 0
            return
        words = {**part.hidden, **words}
        part.hidden = {}
        part.notes += [
            WrittenNote(
                onset=self._now - self._began,
                length=length,
                pitch=_pitch(found),
                line=line,
                tied="]" in each or "_" in each,
                slurred=slurred,
                words=words,
                extended=held,
            )
            for each in token.split()
            if (found := PITCH.search(each))
        ]

    def _length(self, token: str, number: int) -> Fraction:
        found = RECIPROCAL.search(token)
        if not found:
            raise BadSource(self._path, f"line {number}: {token!r} has no duration")
        whole = found[1]
        base = Fraction(4 * 2 ** len(whole)) if not whole.strip("0") else Fraction(4 * int(found[2] or 1), int(whole))
        if not base:
            raise BadSource(self._path, f"line {number}: {token!r} lasts no time")
        return base * (2 - Fraction(1, 2 ** len(found[3])))

    def _words(self, row: Row) -> dict[int, tuple[dict[str, Word], frozenset[str]]]:
        """Spine of notes → what is sung now, and the verses that hold on. Words stand right of their staff."""
        found: dict[int, tuple[dict[str, Word], frozenset[str]]] = {}
        staff: int | None = None
        verses: dict[int, str] = {}
        for column, token in row:
            if column.kind == "**kern":
                if column.spine != staff:
                    staff, verses = column.spine, {}
            elif column.kind in WORDS and staff is not None:
                verse = verses.setdefault(column.spine, str(len(verses) + 1))
                sung, held = found.setdefault(staff, ({}, frozenset()))
                if token in HELD:
                    found[staff] = sung, held | {verse}
                elif token not in (".", "%") and (each := word(_umlauts(token))):
                    sung[verse] = each
        return found


def _pitch(found: re.Match[str]) -> int:
    """ "c" is C4, "cc" C5, "C" C3, "CC" C2."""
    letters, accidental = found[1], found[3] or ""
    octave = 3 + len(letters) if letters.islower() else 4 - len(letters)
    return STEPS[letters[0].lower()] + 12 * (octave + 1) + accidental.count("#") - accidental.count("-")


def _umlauts(text: str) -> str:
    r"""The Humdrum Reference Manual's ASCII for umlauts ("f\u3r") as letters."""
    return unicodedata.normalize("NFC", UMLAUT.sub("\\1\u0308", text))
