"""Bars of a MIDI file, from its time signatures, and notes laid on their sixteenths."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TypeVar, final

from regenkit_music.modality.line import MODELLED_AS, Sung
from regenkit_music.modality.melody import STEPS_PER_QUARTER
from regenkit_music.modality.midi_file import Song
from regenkit_music.modality.voice import Bar

DEFAULT_METRE, DEFAULT_TEMPO = (4, 4), 120.0  # what a MIDI file means that states none
OFF = Fraction(1, 4)  # of a step: a note further from the grid lies between its places
TRIPLETS = frozenset({Fraction(1, 6), Fraction(1, 3), Fraction(2, 3), Fraction(5, 6)})  # in a quarter

T = TypeVar("T")


@final
@dataclass(frozen=True)
class Span:
    """A bar's place and metre, times in quarters. A bar that the next time signature cuts is shorter than its metre."""

    start: Fraction
    end: Fraction
    metre: tuple[int, int]

    @cached_property
    def step(self) -> Fraction:
        """A sixteenth of the metre that stands for this one, in quarters as written."""
        _, scale = MODELLED_AS.get(f"{self.metre[0]}/{self.metre[1]}", ("", Fraction(1)))
        return 1 / (STEPS_PER_QUARTER * scale)

    def nearest(self, time: Fraction) -> Fraction:
        """The place on the grid."""
        return self.start + round((time - self.start) / self.step) * self.step


def spans(song: Song, end: Fraction) -> list[Span]:
    """Bars from the beginning to `end`. A signature that repeats the one before does not begin a bar anew."""
    changes: list[tuple[Fraction, tuple[int, int]]] = [(Fraction(0), DEFAULT_METRE)]
    for time, metre in _ordered([track.metres for track in song.tracks]):
        time = Fraction(round(time * STEPS_PER_QUARTER), STEPS_PER_QUARTER)
        if time == changes[-1][0]:
            changes[-1] = (time, metre)
        elif time <= end and metre != changes[-1][1]:
            changes.append((time, metre))
    found: list[Span] = []
    for index, (time, metre) in enumerate(changes):
        until = changes[index + 1][0] if index + 1 < len(changes) else None
        length = Fraction(4 * metre[0], metre[1])
        while time < until if until is not None else time <= end:
            following = time + length if until is None else min(time + length, until)
            found.append(Span(time, following, metre))
            time = following
    return found


def on_spans(notes: Sequence[Sung], bars: Sequence[Span]) -> tuple[list[Sung], Counter[str]]:
    """Notes with their times on the grid of their bars, each at least a step long.

    Counts those between its places: "off", and among them "triplets", exact ones, which nobody plays by chance.
    """
    starts = [bar.start for bar in bars]

    def bar_at(time: Fraction) -> Span:
        return bars[min(bisect_right(starts, time), len(bars)) - 1]

    found: list[Sung] = []
    counts: Counter[str] = Counter()
    for note in notes:
        bar = bar_at(note.onset)
        onset = bar.nearest(note.onset)
        off = abs(onset - note.onset) > OFF * bar.step
        counts["off"] += off
        counts["triplets"] += off and (note.onset - bar.start) % 1 in TRIPLETS
        found.append(replace(note, onset=onset, end=max(bar_at(note.end).nearest(note.end), onset + bar.step)))
    return found, counts


def filled(song: Song, track: int | None, line: Sequence[Sung], bars: Sequence[Span]) -> list[Bar]:
    """The bars with the notes of a line, its onsets on the grid.

    track   whose own key signatures count, if it has any: a transposing part may have others
    """
    own = song.tracks[track].keys if track is not None else []
    keys = _ordered([own] if own else [each.keys for each in song.tracks])
    tempi = _ordered([each.tempi for each in song.tracks])
    found, place = [], 0
    for index, bar in enumerate(bars):
        notes = []
        while place < len(line) and (line[place].onset < bar.end or index + 1 == len(bars)):
            notes.append(replace(line[place], onset=line[place].onset - bar.start, end=line[place].end - bar.start))
            place += 1
        signature = _at(keys, bar.start + bar.step / 2)
        found.append(
            Bar(
                notes=tuple(notes),
                length=bar.end - bar.start,
                metre=bar.metre,
                sharps=signature[0] if signature else None,
                mode=signature[1] if signature else None,
                tempo=_at(tempi, (bar.start + bar.end) / 2) or DEFAULT_TEMPO,
            )
        )
    return found


def _ordered(tracks: Sequence[Sequence[tuple[Fraction, T]]]) -> list[tuple[Fraction, T]]:
    """The changes of all tracks in time, one at a time: the first track's, and there the last one stated.

    One that is among several at a time and holds already goes on: programs write each part's signature on one track.
    """
    stated: dict[Fraction, list[T]] = {}
    for changes in tracks:
        own: dict[Fraction, list[T]] = {}
        for time, value in changes:
            own.setdefault(time, []).append(value)
        stated = {**own, **stated}
    found: list[tuple[Fraction, T]] = []
    for time, values in sorted(stated.items(), key=lambda each: each[0]):
        found.append((time, found[-1][1] if found and found[-1][1] in values else values[-1]))
    return found


def _at(changes: Sequence[tuple[Fraction, T]], time: Fraction) -> T | None:
    """What holds at a time."""
    index = bisect_right([change[0] for change in changes], time)
    return changes[index - 1][1] if index else None
