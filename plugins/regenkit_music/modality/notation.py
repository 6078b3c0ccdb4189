"""Notation as written: what the readers of MusicXML and kern find in a file, before one voice of it is chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import final

Line = tuple[str, str]
"""(staff, voice) within a part."""


@final
@dataclass(frozen=True, kw_only=True)
class Word:
    """What one verse sings on one note.

    text     without hyphens and verse numbers; several words where an elision joins them ("te amo")
    goes_on  its word has a syllable after it
    """

    text: str
    goes_on: bool = False


@final
@dataclass(frozen=True, kw_only=True)
class WrittenNote:
    """A note that sounds: no rest, no grace note, no cue.

    onset, length   in quarters, from the beginning of its measure
    pitch           MIDI, as it sounds
    tied            held over from the note of this pitch before
    slurred         a slur comes from the note before
    words           verse → what it sings here; all notes of a chord have them
    extended        verses whose extender line comes from the note before
    """

    onset: Fraction
    length: Fraction
    pitch: int
    line: Line
    tied: bool = False
    slurred: bool = False
    words: Mapping[str, Word] = field(default_factory=dict)
    extended: frozenset[str] = frozenset()


@final
@dataclass(frozen=True, kw_only=True)
class Measure:
    """One part's share of what stands between two barlines.

    lines    which (staff, voice) have notes or rests here
    length   in quarters, to where the last voice ends; 0 where nothing is written
    metre    (numerator, denominator); None where none is stated
    sharps   of the key as it sounds, flats negative; None where no key signature is stated
    tempo    quarters a minute, where it is stated here
    endings  the passes that an ending bracket is for; empty where there is none
    opens    a repeat begins here, or a double bar stands before it
    closes   a repeat ends here, or a double bar stands after it
    """

    notes: tuple[WrittenNote, ...]
    lines: frozenset[Line]
    length: Fraction
    metre: tuple[int, int] | None
    sharps: int | None
    mode: str | None
    tempo: float | None = None
    endings: frozenset[int] = frozenset()
    opens: bool = False
    closes: bool = False


@final
@dataclass(frozen=True, kw_only=True)
class Part:
    """One staff or several of one player or singer.

    measures   as many in every part of a score
    remarks    what was written here and is no melody, a sentence each
    in_choir   every part of the score sings, and there are several: nobody plays a solo between words
    """

    name: str
    measures: tuple[Measure, ...]
    remarks: tuple[str, ...] = ()
    in_choir: bool = False

    @property
    def notes(self) -> int:
        return sum(len(measure.notes) for measure in self.measures)


@final
@dataclass(frozen=True, kw_only=True)
class Score:
    title: str
    parts: tuple[Part, ...]


def aligned(title: str, parts: Sequence[Part]) -> Score:
    """The score of parts that were read alone: what stands in one part and holds for all is given to all.

    Many programs write tempo, repeats and endings into the first part only, leave a resting part's measures empty,
    and leave out the rests that would fill a voice.
    """
    count = max(len(part.measures) for part in parts)
    padded = [
        (*part.measures, *[replace(part.measures[-1], notes=(), lines=frozenset(), length=Fraction(0))] * missing)
        for part in parts
        if (missing := count - len(part.measures)) < count
    ]
    columns = [_column(column) for column in zip(*padded, strict=True)]
    rows = zip(*columns, strict=True)
    named = [part for part in parts if part.measures]
    return Score(
        title=title,
        parts=tuple(replace(part, measures=row) for part, row in zip(named, rows, strict=True)),
    )


def _column(column: tuple[Measure, ...]) -> list[Measure]:
    longest = max(measure.length for measure in column)
    return [
        replace(
            measure,
            length=_length(measure, longest),
            tempo=next((each.tempo for each in column if each.tempo), None),
            endings=frozenset().union(*(each.endings for each in column)),
            opens=any(each.opens for each in column),
            closes=any(each.closes for each in column),
        )
        for measure in column
    ]


def _length(measure: Measure, longest: Fraction) -> Fraction:
    """A measure that is not full is as long as the others', but no longer than full."""
    full = Fraction(4 * measure.metre[0], measure.metre[1]) if measure.metre else longest
    if measure.length >= full:
        return measure.length
    return min(full, longest or full)
