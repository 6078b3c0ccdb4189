"""From notes as written to one line on the grid of sixteenths: the steps that `voice.read_voice` is made of."""

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import final

from regenkit.errors import BadSource
from regenkit_music.modality.melody import BAR, STEPS_PER_QUARTER, Note

MODELLED_AS = {
    **{metre: (metre, Fraction(1)) for metre in BAR},
    "2/2": ("4/4", Fraction(1)), "4/2": ("4/4", Fraction(1, 2)), "2/1": ("4/4", Fraction(1, 2)),
    "8/4": ("4/4", Fraction(1)), "8/8": ("4/4", Fraction(1)), "4/8": ("4/4", Fraction(2)),
    "1/1": ("4/4", Fraction(1)), "4/1": ("4/4", Fraction(1, 4)),
    "3/8": ("3/4", Fraction(2)), "3/16": ("3/4", Fraction(4)), "3/1": ("3/2", Fraction(1, 2)),
    "2/8": ("2/4", Fraction(2)), "1/2": ("2/4", Fraction(1)), "6/16": ("6/8", Fraction(2)),
    "6/2": ("6/4", Fraction(1, 2)), "9/4": ("9/8", Fraction(1, 2)), "9/16": ("9/8", Fraction(2)),
    "12/4": ("12/8", Fraction(1, 2)), "12/16": ("12/8", Fraction(2)),
}  # fmt: skip
"""A written metre → the metre that stands for it, and the factor on every time value. A bar of 8/4 is two of 4/4."""

OFF_GRID = 0.10  # share of notes that may lie between sixteenths (they are rounded)
MELISMA = 2  # bars that notes without a syllable may go on after a word's end and still be its melisma


@final
@dataclass(frozen=True)
class Sung:
    """A note as written: times in quarters, not yet on the grid.

    tied   held over from the note before, of the same pitch
    held   the file says that the syllable before goes on (ABC's "_", an extender line)
    """

    onset: Fraction
    end: Fraction
    pitch: int
    syllable: str = ""
    tied: bool = False
    held: bool = False


def monophonic(notes: list[Sung], counts: Counter[str] | None = None) -> list[Sung]:
    """The highest voice, with tied notes merged.

    Counts "lower": notes left out because a higher one sounds; and "tied": syllables of notes merged by a tie.
    """
    counts = Counter() if counts is None else counts
    line: list[Sung] = []
    for note in sorted(notes, key=lambda n: (n.onset, -n.pitch)):
        last = line[-1] if line else None
        if note.tied:
            if last and last.pitch == note.pitch and last.end >= note.onset:
                line[-1] = replace(last, end=max(last.end, note.end))
                counts["tied"] += any(map(str.isalnum, note.syllable))
                continue
            note = replace(note, tied=False)
        if last and note.onset < last.end:
            if note.onset == last.onset or note.pitch < last.pitch:
                counts["lower"] += 1
                continue
            line[-1] = replace(last, end=note.onset)
        line.append(note)
    return line


def one_a_syllable(notes: list[Sung], bar: Fraction, counts: Counter[str]) -> list[Sung]:
    """Each syllable's notes as one; notes that no syllable reaches are left out. Counts "merged" and "unsung".

    A syllable ends at a rest. After a word's end it also ends where the notes without a syllable go on for more than
    MELISMA bars (of `bar` quarters) and nothing says that it is held: that is a solo.
    """
    sung: list[Sung] = []
    start = 0
    while start < len(notes):
        first, stop = notes[start], start + 1
        while stop < len(notes) and not notes[stop].syllable and notes[stop].onset == notes[stop - 1].end:
            stop += 1
        group, start = notes[start:stop], stop
        if not first.syllable:
            counts["unsung"] += len(group)
            continue
        held = next((index for index in range(len(group), 1, -1) if group[index - 1].held), 1)
        solo = not first.syllable.endswith("-") and group[-1].end - group[held - 1].end > MELISMA * bar
        reached = held if solo else len(group)
        sung.append(replace(first, end=group[reached - 1].end))
        counts["merged"] += reached - 1
        counts["unsung"] += len(group) - reached
    return sung


def off_grid(written: list[Sung], scale: Fraction) -> int:
    """How many notes lie between the sixteenths once all times are multiplied by `scale`."""
    to_steps = scale * STEPS_PER_QUARTER
    return sum((n.onset * to_steps).denominator > 1 or (n.end * to_steps).denominator > 1 for n in written)


def on_grid(written: list[Sung], scale: Fraction, counts: Counter[str]) -> tuple[Note, ...]:
    """Times rounded to sixteenths, no two notes overlapping. Counts "off_grid".

    Raises BadSource (of no name) where more than OFF_GRID of the notes lie between the sixteenths.
    """
    off = off_grid(written, scale)
    counts["off_grid"] += off
    if off > OFF_GRID * len(written):
        raise BadSource("", "has more than a tenth of its notes between the sixteenths (triplets, shorter values)")
    notes: list[Note] = []
    to_steps = scale * STEPS_PER_QUARTER
    for note in written:
        onset, end = round(note.onset * to_steps), round(note.end * to_steps)
        if notes and onset < notes[-1].onset + notes[-1].duration:
            onset = notes[-1].onset + notes[-1].duration
        notes.append(Note(onset=onset, duration=max(end - onset, 1), pitch=note.pitch, syllable=note.syllable))
    return tuple(notes)
