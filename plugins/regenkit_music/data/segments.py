"""Long melodies cut into segments at phrase ends."""

import itertools
from dataclasses import replace

import numpy as np

from regenkit_music.modality.melody import BEAT, LONGEST_NOTE, Melody, Note

SHORTEST = 8  # notes
PUNCTUATION = ".,;:!?…"


def cut(melody: Melody, longest: int, shortest: int = SHORTEST) -> list[Melody]:
    """The fewest segments of at most `longest` notes, cut where the phrase ends are surest.

    A segment keeps its place in the bar (its onsets move by whole bars). A word that ends on a note too long to be
    modelled ends its segment; segments shorter than `shortest` notes are dropped.
    """
    segments: list[Melody] = []
    for run in _runs(melody):
        for notes in _cut_run(run, melody, longest) if len(run) > longest else [run]:
            if len(notes) >= shortest:
                shift = notes[0].onset // melody.bar * melody.bar
                moved = tuple(replace(note, onset=note.onset - shift) for note in notes)
                segments.append(replace(melody, notes=moved))
    return segments


def _runs(melody: Melody) -> list[tuple[Note, ...]]:
    """The notes between those that last too long: mostly final notes and melismas of many bars."""
    ends = [
        index + 1
        for index, note in enumerate(melody.notes)
        if note.duration > LONGEST_NOTE and not note.syllable.endswith("-")
    ]
    edges = [0, *ends, len(melody.notes)]
    return [melody.notes[first:last] for first, last in itertools.pairwise(edges) if last > first]


def _cut_run(notes: tuple[Note, ...], melody: Melody, longest: int) -> list[tuple[Note, ...]]:
    """Dynamic programming over the places of the cuts: cheapest total, one segment costing as much as a bad cut."""
    count, weakness = len(notes), _weakness(notes, melody)
    cost = np.full(count + 1, np.inf)
    cost[0], before = 0.0, np.zeros(count + 1, int)
    for end in range(1, count + 1):
        for start in range(max(end - longest, 0), end):
            total = cost[start] + 4.0 + weakness[end] + (4.0 if end - start < SHORTEST else 0.0)
            if total < cost[end]:
                cost[end], before[end] = total, start
    edges = [count]
    while edges[-1]:
        edges.append(int(before[edges[-1]]))
    return [notes[first:last] for first, last in itertools.pairwise(edges[::-1])]


def _weakness(notes: tuple[Note, ...], melody: Melody) -> np.ndarray:
    """(notes + 1,) cost of a cut before each note: low after punctuation, rests and long notes, high within words."""
    typical = float(np.median([note.duration for note in notes]))
    weakness = np.zeros(len(notes) + 1)
    for index in range(1, len(notes)):
        last, note = notes[index - 1], notes[index]
        rest = note.onset - last.onset - last.duration
        strength = 2.0 * last.syllable.endswith(tuple(PUNCTUATION))
        strength += 2.0 if rest >= BEAT[melody.metre] else float(rest > 0)
        strength += 1.5 * (last.duration >= 2 * typical) + 0.5 * (note.syllable[:1].isupper())
        weakness[index] = 6.0 - strength + 6.0 * last.syllable.endswith("-")
    return weakness
