"""From notes as written to one line on the grid of sixteenths: what scores and MIDI files have in common."""

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction

from regenkit.errors import BadSource
from regenkit_music.modality.melody import BAR, STEPS_PER_QUARTER, Note

MODELLED_AS = {
    **{metre: (metre, Fraction(1)) for metre in BAR},
    "2/2": ("4/4", Fraction(1)), "4/2": ("4/4", Fraction(1, 2)), "2/1": ("4/4", Fraction(1, 2)),
    "4/8": ("4/4", Fraction(2)), "1/1": ("4/4", Fraction(1)), "4/1": ("4/4", Fraction(1, 4)),
    "3/8": ("3/4", Fraction(2)), "3/16": ("3/4", Fraction(4)), "3/1": ("3/2", Fraction(1, 2)),
    "2/8": ("2/4", Fraction(2)), "1/2": ("2/4", Fraction(1)), "6/16": ("6/8", Fraction(2)),
    "6/2": ("6/4", Fraction(1, 2)), "9/4": ("9/8", Fraction(1, 2)), "9/16": ("9/8", Fraction(2)),
    "12/4": ("12/8", Fraction(1, 2)), "12/16": ("12/8", Fraction(2)),
}  # fmt: skip
"""A written metre → the metre that stands for it, and the factor on every time value."""

OFF_GRID = 0.10  # share of notes that may lie between sixteenths (they are rounded)
TIED = "\0"  # in place of a syllable: the note is held over from the one before


@dataclass(frozen=True)
class Sung:
    """A note as written: times in quarters, not yet on the grid."""

    onset: Fraction
    end: Fraction
    pitch: int
    syllable: str


def monophonic(notes: list[Sung]) -> list[Sung]:
    """The highest voice, with tied notes (TIED) merged."""
    line: list[Sung] = []
    for note in sorted(notes, key=lambda n: (n.onset, -n.pitch)):
        last = line[-1] if line else None
        if note.syllable == TIED:
            if last and last.pitch == note.pitch and last.end >= note.onset:
                line[-1] = replace(last, end=max(last.end, note.end))
                continue
            note = replace(note, syllable="")
        if last and note.onset < last.end:
            if note.onset == last.onset or note.pitch < last.pitch:
                continue
            line[-1] = replace(last, end=note.onset)
        line.append(note)
    return line


def one_a_syllable(notes: list[Sung], counts: Counter[str]) -> list[Sung]:
    """Each syllable's notes as one; notes that no syllable reaches are left out. Counts "merged" and "unsung"."""
    sung: list[Sung] = []
    for note in notes:
        if note.syllable:
            sung.append(note)
        elif sung and sung[-1].end == note.onset:
            sung[-1] = replace(sung[-1], end=note.end)
            counts["merged"] += 1
        else:
            counts["unsung"] += 1
    return sung


def on_grid(
    written: list[Sung], scale: Fraction, source: str, counts: Counter[str], limit: float = OFF_GRID
) -> tuple[Note, ...]:
    """Times rounded to sixteenths, no two notes overlapping. BadSource where more than `limit` of them are off."""
    to_steps = scale * STEPS_PER_QUARTER
    off = sum((n.onset * to_steps).denominator > 1 or (n.end * to_steps).denominator > 1 for n in written)
    counts["off_grid"] += off
    if off > limit * len(written):
        raise BadSource(
            source, f"has {off} of {len(written)} notes between the sixteenths (triplets or shorter values)"
        )
    notes: list[Note] = []
    for note in written:
        onset, end = round(note.onset * to_steps), round(note.end * to_steps)
        if notes and onset < notes[-1].onset + notes[-1].duration:
            onset = notes[-1].onset + notes[-1].duration
        notes.append(Note(onset=onset, duration=max(end - onset, 1), pitch=note.pitch, syllable=note.syllable))
    return tuple(notes)
