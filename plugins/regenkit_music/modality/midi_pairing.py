"""Words of a MIDI file on the notes of one line, by time.

Karaoke shows words a little early, singers are recorded a little late: one shift is found for the whole file, and what
then lies within an eighth of its note is paired, in order, so that the sum of all distances is least.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import final

from regenkit.errors import UserError
from regenkit_music.modality.language import detect
from regenkit_music.modality.line import Sung
from regenkit_music.modality.lyrics import from_text
from regenkit_music.modality.melody import STEPS_PER_QUARTER
from regenkit_music.modality.midi_words import Event

REACH = Fraction(1, 2)  # quarters that a word may lie from its note
UNPAIRED, SHARED = 1.0, 0.6  # what a word without a note costs, and one on the note of an earlier word, in quarters
FURTHEST = 8  # sixteenths that all words of a file may be early or late
CLEARLY, MOSTLY = 0.3, 0.7  # shares of the words that a shift must win, and bring to notes
COARSE = 0.3  # share of events of several syllables from which a file has words or lines, not syllables
LINE = 3  # words of an event that is a line of verse; where most are, two words are one too

Way = tuple[float, int, int | None]
"""The cost up to a word, the last word's note before it (-1: none), and the word's own."""


@final
@dataclass(frozen=True, kw_only=True)
class Pairing:
    """A line with its words.

    notes    the line, syllables where they belong
    cost     of an event, in quarters from its note: 0 where all fit, 1 where none does
    unsung   share of notes without a syllable
    counts   "astray": syllables that fit no note; "lines": syllables of lines that do not fit their notes
    shift    sixteenths that all words came before their notes
    """

    notes: list[Sung]
    cost: float
    unsung: float
    counts: Counter[str]
    shift: int


def paired(line: Sequence[Sung], events: Sequence[Event], texts: Sequence[list[str]]) -> Pairing:
    """The words of `events` on the notes of a `line`, which are in order and do not overlap.

    texts   `syllables` of the events
    """
    shift = _shift(line, events)
    times = [event.time + Fraction(shift, STEPS_PER_QUARTER) for event in events]
    places, cost = _places([note.onset for note in line], times)
    notes = list(line)
    counts: Counter[str] = Counter()
    lines = sum(len(event.text.split()) >= LINE for event in events) > len(events) / 2
    reached = [place for place in places if place is not None]
    ends = {place: following for place, following in pairwise([*dict.fromkeys(reached), len(line)])}
    for event, place, text in zip(events, places, texts, strict=True):
        if place is None:
            counts["astray"] += 1
        elif len(text) > 1 and len(text) == ends[place] - place and not notes[place].syllable:
            for index, syllable in enumerate(text, start=place):
                notes[index] = replace(notes[index], syllable=syllable)
        elif len(event.text.split()) >= LINE - lines:
            counts["lines"] += len(text)
        else:
            notes[place] = replace(notes[place], syllable=_joined(notes[place].syllable, event.text))
    unsung = sum(not note.syllable for note in notes) / len(notes)
    return Pairing(notes=notes, cost=cost / len(events), unsung=unsung, counts=counts, shift=shift)


def _joined(before: str, syllable: str) -> str:
    """Two syllables on one note."""
    return f"{before.removesuffix('-')}{'' if before.endswith('-') else ' '}{syllable}" if before else syllable


def _shift(line: Sequence[Sung], events: Sequence[Event]) -> int:
    """Sixteenths to add to all words' times; 0 unless another brings clearly more of them to notes."""
    onsets = {round(note.onset * STEPS_PER_QUARTER) for note in line}
    times = [round(event.time * STEPS_PER_QUARTER) for event in events]
    hits = {
        shift: sum(time + shift in onsets for time in times)
        for shift in sorted(range(-FURTHEST, FURTHEST + 1), key=lambda shift: (abs(shift), -shift))
    }
    best = max(hits, key=lambda shift: hits[shift])  # the least of equals
    clear = hits[best] >= max(hits[0] + CLEARLY * len(events), MOSTLY * len(events))
    return best if clear else 0


def _places(onsets: Sequence[Fraction], times: Sequence[Fraction]) -> tuple[list[int | None], float]:
    """The note of each word, None where none is near, in the order of the words; and the sum of the costs.

    Dynamic programming over the words: for each note that the last word may lie on, the cheapest way there. Notes
    before all that the next words may reach are one case.
    """
    steps: list[dict[int, Way]] = [{-1: (0.0, -1, None)}]
    for index, time in enumerate(times):
        shared = SHARED if index and time != times[index - 1] else 0.0
        first, stop = bisect_left(onsets, time - REACH), bisect_right(onsets, time + REACH)
        found: dict[int, Way] = {}
        for last, (cost, _, _) in steps[-1].items():
            ways: list[tuple[int, Way]] = [(last if last >= first else -1, (cost + UNPAIRED, last, None))]
            for place in range(max(first, last), stop):
                away = float(abs(onsets[place] - time)) + (shared if last == place else 0.0)
                ways.append((place, (cost + away, last, place)))
            for at, way in ways:
                if at not in found or way[0] < found[at][0]:
                    found[at] = way
        steps.append(found)
    at = min(steps[-1], key=lambda place: steps[-1][place][0])
    total = steps[-1][at][0]
    places: list[int | None] = []
    for found in steps[:0:-1]:
        _, at, chosen = found[at]
        places.append(chosen)
    return places[::-1], total


def syllables(events: Sequence[Event], language: str | None = None) -> list[list[str]]:
    """Each event's syllables, where many have several: such a file has words or lines. Else each is a syllable.

    language   of the words; None lets them decide
    """
    if language is None:
        language = detect(" ".join(event.text for event in events).replace("- ", ""))
    found = [_cut(event.text, language) for event in events]
    coarse = sum(len(text) > 1 for text in found) > COARSE * len(found)
    return found if coarse else [[event.text] for event in events]


def _cut(text: str, language: str) -> list[str]:
    try:
        found = from_text(text.removesuffix("-"), language).texts
    except UserError:  # nothing to sing, an emoji
        return [text]
    return [*found[:-1], found[-1] + "-" * text.endswith("-")]
