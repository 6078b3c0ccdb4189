"""From a part of a score to the one voice that is read: its line, its verse, its endings; then to melodies."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import final

from regenkit_music.modality.line import Sung
from regenkit_music.modality.notation import Line, Measure, Part, Word, WrittenNote
from regenkit_music.modality.reading import Reading
from regenkit_music.modality.verses import fullest, path, sung_by, syllables
from regenkit_music.modality.voice import Bar, read_voice

Notes = list[tuple[WrittenNote, ...]]
"""Of one line, a tuple a measure."""


@final
@dataclass(frozen=True)
class Chosen:
    """What of a part is read.

    notes   of the line with the words, else of the first staff
    verses  verse → syllables, those with words; verse: the one that is sung, None where none is
    """

    notes: Notes
    verses: dict[str, int]
    verse: str | None

    @property
    def syllables(self) -> int:
        return self.verses[self.verse] if self.verse else 0


def choose(part: Part) -> Chosen:
    """The line with the most words (under a descant it is the lower one), and its fullest verse."""
    lines: Counter[Line] = Counter()
    for measure in part.measures:
        lines.update(note.line for note in measure.notes for _ in note.words)
    if lines:
        main = max(lines, key=lambda line: lines[line])
        notes: Notes = [_of_line(measure, main) for measure in part.measures]
        verses = syllables(note for each in notes for note in {note.onset: note for note in each}.values())
        if verse := fullest(verses):
            return Chosen(notes, verses, verse)
    staff = min((line[0] for measure in part.measures for line in measure.lines), default="1")
    return Chosen([tuple(n for n in each.notes if n.line[0] == staff) for each in part.measures], {}, None)


def _of_line(measure: Measure, main: Line) -> tuple[WrittenNote, ...]:
    """The main line's notes; those of another line where it has nothing written and the other has words, or is alone.

    Programs number voices by where the stems point, so that a song sung by voice 2 under a descant goes on in voice 1.
    """
    line = main
    if main not in measure.lines and measure.lines:
        words = Counter(note.line for note in measure.notes if note.words)
        line = max(words, key=lambda each: words[each]) if words else min(measure.lines)
    return tuple(note for note in measure.notes if note.line == line)


def read_part(part: Part, *, name: str = "", title: str = "") -> Reading:
    """The melodies of a part, by `voice.read_voice`; what of it is not read is among the remarks of the first."""
    chosen = choose(part)
    verses = list(chosen.verses)
    number = verses.index(chosen.verse) + 1 if chosen.verse else 1
    taken = path(part.measures, chosen.notes, chosen.verse, number)
    counts: Counter[str] = Counter()
    reading = read_voice(_bars(part, taken, chosen, counts), name=name, title=title)
    if not reading.tunes:
        return reading
    counts["endings"] = len(part.measures) - len(taken)
    counts["lines"] = part.notes - sum(map(len, chosen.notes))
    first, *others = reading.tunes
    remarks = (*first.remarks, *part.remarks, *_remarks(chosen, counts))
    return replace(reading, tunes=(replace(first, remarks=remarks), *others))


def _bars(part: Part, taken: Sequence[int], chosen: Chosen, counts: Counter[str]) -> list[Bar]:
    measures = part.measures
    written = [note for index in taken for note in chosen.notes[index]]
    words = iter(sung_by(chosen.verse, written, list(chosen.verses)) if chosen.verse else [None] * len(written))
    bars: list[Bar] = []
    tempo: float | None = None
    ended = False  # an ending has ended, and no syllable has begun since
    for place, index in enumerate(taken):
        measure = measures[index]
        before, after = measures[index - 1 : index], measures[index + 1 : index + 2]
        jumps = bool(place) and taken[place - 1] != index - 1
        ended = ended or jumps or any(each.endings and each.endings != measure.endings for each in before)
        notes: list[Sung] = []
        for note in chosen.notes[index]:
            word = next(words)
            counts["borrowed"] += word is not None and chosen.verse not in note.words
            sung = _sung(note, word, chosen.verse)
            ended = ended and not (sung.syllable or sung.tied or sung.held)
            if ended and chosen.verse:
                counts["ended"] += 1
            else:
                notes.append(replace(sung, held=sung.held or part.in_choir))
        tempo = measure.tempo or tempo
        bars.append(
            Bar(
                notes=tuple(notes),
                length=measure.length,
                metre=measure.metre,
                sharps=measure.sharps,
                mode=measure.mode,
                tempo=tempo,
                plain=not (measure.closes or any(each.opens for each in after) or (place and _is_cut(measure, after))),
                ending=bool(measure.endings),
            )
        )
    return bars


def _is_cut(measure: Measure, after: Sequence[Measure]) -> bool:
    """Whether the measure and the next one are one bar, cut in two where a line of the text ends ("4" and "4a")."""
    if measure.metre is None or not after:
        return False
    full = Fraction(4 * measure.metre[0], measure.metre[1])
    return measure.length < full and measure.length + after[0].length == full


def _sung(note: WrittenNote, word: Word | None, verse: str | None) -> Sung:
    syllable = "" if word is None else f"{word.text}-" if word.goes_on else word.text
    held = note.slurred or verse in note.extended
    return Sung(note.onset, note.onset + note.length, note.pitch, syllable, tied=note.tied, held=held)


def _remarks(chosen: Chosen, counts: Counter[str]) -> list[str]:
    said = {
        "ended": "notes after an ending before a syllable begins, left out",
        "endings": "measures of other endings, not read",
        "lines": "notes of other voices of the part, not read",
    }
    others = {f"verse {verse}": count for verse, count in chosen.verses.items() if verse != chosen.verse}
    not_read = sum(others.values()) - counts["borrowed"]
    return [
        *(f"{sentence}: {counts[what]}" for what, sentence in said.items() if counts[what]),
        *([f"syllables of other verses ({', '.join(others)}), not read: {not_read}"] if not_read > 0 else []),
    ]
