"""MusicXML (W3C MusicXML 4.0) to notation as written, element by element.

Read directly and not through music21 or partitura: a score's extender lines, names of verses, elisions, cue notes,
endings and lines of time are what tells which notes are sung, and neither keeps all of them.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from regenkit.errors import BadSource
from regenkit_music.modality.musicxml_file import root_of
from regenkit_music.modality.musicxml_signs import Signs, barline, tempo
from regenkit_music.modality.notation import Line, Measure, Part, Score, Word, WrittenNote, aligned
from regenkit_music.modality.syllable_text import joined, word

if TYPE_CHECKING:
    from lxml.etree import _Element

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
FILE_NAME = re.compile(r"\.(?:mxl|(?:music)?xml|musx?|sib|mscz|mid)$", re.IGNORECASE)
"""What programs write as the title of a score that has none."""


def read_musicxml(path: Path, encoding: str | None = None) -> Score:
    """All parts of a score, with sounding pitches. See `musicxml_file.root_of` for `encoding`.

    Raises BadSource: no MusicXML, no parts, a number that is none.
    """
    root = root_of(path, encoding)
    names = {
        part.get("id", ""): " ".join(part.findtext("part-name", "").split())
        for part in root.iterfind("part-list/*[@id]")
    }
    measures = _measures(root)
    if not any(measures.values()):
        raise BadSource(path, "has no measures")
    parts: list[Part] = []
    for name, elements in measures.items():
        reader = _PartReader()
        try:
            written = tuple(reader.measure(element) for element in elements)
        except (ValueError, ArithmeticError, KeyError) as error:
            raise BadSource(path, f"part {name}, measure {reader.number}: a value that is none ({error})") from error
        parts.append(Part(name=names.get(name, ""), measures=written, remarks=reader.remarks))
    return aligned(_title(root), parts)


def _measures(root: "_Element") -> dict[str, list["_Element"]]:
    """Part → its measures, from either of MusicXML's two orders."""
    if root.tag == "score-partwise":
        return {part.get("id", ""): part.findall("measure") for part in root.iterfind("part")}
    found: dict[str, list[_Element]] = defaultdict(list)
    for measure in root.iterfind("measure"):
        for part in measure.iterfind("part"):
            part.set("number", measure.get("number", ""))
            found[part.get("id", "")].append(part)
    return found


def _title(root: "_Element") -> str:
    credits = (
        credit.findtext("credit-words", "")
        for credit in root.iterfind("credit")
        if credit.findtext("credit-type") == "title"
    )
    found = (root.findtext("work/work-title", ""), root.findtext("movement-title", ""), *credits)
    titles = (" ".join(title.split()) for title in found)
    return next((title for title in titles if title and not FILE_NAME.search(title)), "")


class _PartReader:
    """Reads one part's measures in order: signs, slurs, extenders and endings last beyond the barline."""

    def __init__(self) -> None:
        self.number = ""
        self._signs = Signs()
        self._slurs: dict[Line, set[str]] = defaultdict(set)
        self._extended: dict[Line, set[str]] = defaultdict(set)
        self._endings: frozenset[int] = frozenset()
        self._aside: Counter[str] = Counter()

    @property
    def remarks(self) -> tuple[str, ...]:
        said = {
            "cue": "cue notes, which another part plays",
            "grace": "grace notes",
            "unpitched": "notes without a pitch (percussion, speech)",
            "unsung": "syllables under rests, cues and notes without a pitch",
        }
        left_out = [
            f"{sentence}, left out: {self._aside[what]}" for what, sentence in said.items() if self._aside[what]
        ]
        quarter_tones = self._aside["quarter tones"]
        return (*left_out, *([f"quarter tones, rounded: {quarter_tones}"] if quarter_tones else []))

    def measure(self, element: "_Element") -> Measure:
        self.number = element.get("number", "")
        notes: list[WrittenNote] = []
        lines: set[Line] = set()
        before: dict[Line, Mapping[str, Word]] = {}  # words of grace notes, for the note that they ornament
        cursor, onset, length = Fraction(0), Fraction(0), Fraction(0)
        first: Signs | None = None
        quarters_a_minute: float | None = None
        opens = closes = ends = False
        for child in element:
            if child.tag == "attributes":
                self._signs.read(child)
            elif child.tag in ("direction", "sound"):
                quarters_a_minute = quarters_a_minute or tempo(child)
            elif child.tag == "barline":
                starts, here = barline(child)
                opens, closes = opens or starts, closes or here
                ends = self._ending(child) or ends or here
            elif child.tag in ("backup", "forward"):
                cursor += self._signs.quarters(child) * (-1 if child.tag == "backup" else 1)
                cursor = max(cursor, Fraction(0))
            elif child.tag == "note":
                first = first or replace(self._signs)
                if child.find("grace") is not None:
                    self._grace(child, before)
                    continue
                if child.find("chord") is None:
                    onset = cursor
                    cursor += self._signs.quarters(child)
                line = _line(child)
                lines.add(line)
                if note := self._note(child, onset, line, before):
                    notes.append(note)
            length = max(length, cursor)
        signs = first or self._signs
        found = Measure(
            notes=tuple(_with_chords(notes)),
            lines=frozenset(lines),
            length=length,
            metre=signs.metre,
            sharps=signs.sharps,
            mode=signs.mode,
            tempo=quarters_a_minute,
            endings=self._endings,
            opens=opens,
            closes=closes,
        )
        if ends:
            self._endings = frozenset()
        return found

    def _ending(self, barline: "_Element") -> bool:
        """Follows ending brackets. Returns whether one ends with this measure."""
        ending = barline.find("ending")
        if ending is None:
            return False
        if ending.get("type") == "start":
            numbers = (each.strip() for each in ending.get("number", "").replace(" ", ",").split(","))
            self._endings = frozenset(int(each) for each in numbers if each.isdecimal()) or frozenset({1})
            return False
        return True

    def _grace(self, element: "_Element", before: dict[Line, Mapping[str, Word]]) -> None:
        """Grace notes have no time of their own. What is sung on one is sung on the note that it ornaments."""
        self._aside["grace"] += element.find("rest") is None
        line = _line(element)
        if words := self._words(element, line):
            before[line] = {**words, **before.get(line, {})}

    def _note(
        self, element: "_Element", onset: Fraction, line: Line, before: dict[Line, Mapping[str, Word]]
    ) -> WrittenNote | None:
        pitch, is_rest, is_cue = (
            element.find("pitch"),
            element.find("rest") is not None,
            element.find("cue") is not None,
        )
        if pitch is None or is_cue:
            self._aside["cue" if is_cue else "unpitched"] += not is_rest
            self._aside["unsung"] += len(self._words(element, line))
            self._slurs[line].clear()
            self._extended[line].clear()
            return None
        chord = element.find("chord") is not None
        slurred, extended = bool(self._slurs[line]) and not chord, frozenset(self._extended[line])
        self._slur(element, line)
        words = {**before.pop(line, {}), **self._words(element, line)}
        alter = float(pitch.findtext("alter", "0") or 0)
        self._aside["quarter tones"] += alter % 1 != 0
        sounding = STEPS[pitch.findtext("step", "").strip()] + 12 * (int(pitch.findtext("octave", "")) + 1) + alter
        return WrittenNote(
            onset=onset,
            length=self._signs.quarters(element),
            pitch=round(sounding) + self._signs.semitones(line[0]),
            line=line,
            tied=any(
                tie.get("type") == "stop" for tie in (*element.iterfind("tie"), *element.iterfind("notations/tied"))
            ),
            slurred=slurred,
            words=words,
            extended=extended,
        )

    def _slur(self, element: "_Element", line: Line) -> None:
        for slur in element.iterfind("notations/slur"):
            number = slur.get("number", "1")
            if slur.get("type") == "stop":
                self._slurs[line].discard(number)
            elif slur.get("type") == "start":
                self._slurs[line].add(number)

    def _words(self, element: "_Element", line: Line) -> dict[str, Word]:
        """Verse → what is sung, of all lyrics of one note; follows their extender lines."""
        found: dict[str, Word] = {}
        for lyric in element.iterfind("lyric"):
            verse = lyric.get("number") or lyric.get("name") or "1"
            extend = lyric.find("extend")
            sung = _sung(lyric)
            if sung is not None:
                found[verse] = joined(found[verse], sung) if verse in found else sung
            if extend is None:
                if sung is not None:
                    self._extended[line].discard(verse)
            elif extend.get("type") == "stop":
                self._extended[line].discard(verse)
            else:
                self._extended[line].add(verse)
        return found


def _line(note: "_Element") -> Line:
    return note.findtext("staff", "1").strip(), note.findtext("voice", "1").strip()


def _with_chords(notes: list[WrittenNote]) -> Iterator[WrittenNote]:
    """The notes, each with the words of all that its chord has: they are written under one of its notes."""
    words: dict[tuple[Line, Fraction], dict[str, Word]] = defaultdict(dict)
    for note in notes:
        words[note.line, note.onset].update(note.words)
    for note in notes:
        yield replace(note, words=words[note.line, note.onset])


def _sung(lyric: "_Element") -> Word | None:
    """What one lyric sings: one syllable, or several that elisions join."""
    found: Word | None = None
    goes_on = False
    for child in lyric:
        if child.tag == "syllabic":
            goes_on = (child.text or "").strip() in ("begin", "middle")
        elif child.tag == "text" and (each := word(child.text or "", goes_on=goes_on)):
            found = joined(found, each) if found else each
    return found
