"""Which notes of a MIDI file are sung: those of the part that the words belong to.

A part is a channel of a track, whatever its programs. The words' part has a note for each word and few others, one at a
time, in a singer's range; an accompaniment in eighths has a note at every word too, but as many without one.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from regenkit.errors import BadSource
from regenkit_music.modality.line import OFF_GRID, Sung, monophonic
from regenkit_music.modality.midi_bars import Span, on_spans
from regenkit_music.modality.midi_file import Played, Song, Track
from regenkit_music.modality.midi_pairing import Pairing, paired, syllables
from regenkit_music.modality.midi_words import Words

SUNG_NAMES = re.compile(r"melod|vocal|voice|voix|voce|lead|sing|gesang|canto|words|lyric", re.IGNORECASE)
LOWEST_SUNG, HIGHEST_SUNG = 40, 84  # E2 to C6
UNSUNG, CHORDS, RANGE, NAMED, OWN = 0.5, 0.5, 0.5, -0.1, -0.2
"""What shares of notes without words, below others, and out of a singer's range add to the cost of an event; and a name
of a singing part, and the words on the part's own track."""
FITS = 0.5  # cost of an event from which the words belong to no part
FREELY = 0.4  # share of notes between the sixteenths of a performance that does not follow its file's beat


@final
@dataclass(frozen=True, kw_only=True)
class Line:
    """The notes to sing, from track number `track` (None: from all), and what of the file is not in them."""

    notes: list[Sung]
    track: int | None
    remarks: tuple[str, ...]


@final
@dataclass(frozen=True, kw_only=True)
class Part:
    """A channel of a track, on the grid."""

    track: int
    named: bool
    notes: list[Sung]
    counts: Counter[str]

    @property
    def line(self) -> list[Sung]:
        return monophonic(self.notes)


def sung_line(song: Song, words: Words, bars: Sequence[Span], language: str | None = None) -> Line:
    """The line of the part that the words fit best; without words that fit, the highest line of the parts that a name
    says are sung, or of all.

    language   of the words; None lets them decide

    Raises BadSource where too many of its notes lie between the sixteenths.
    """
    parts = [
        _part(index, track, notes, bars)
        for index, track in enumerate(song.tracks)
        for _, notes in sorted(track.notes.items())
    ]
    remarks: list[str] = []
    if words.events:
        texts = syllables(words.events, language)
        pairings = [paired(part.line, words.events, texts) for part in parts]
        costs = [_cost(part, pairing, words) for part, pairing in zip(parts, pairings, strict=True)]
        best = min(range(len(parts)), key=lambda index: costs[index])
        if pairings[best].cost < FITS:
            return _chosen(parts, best, pairings[best])
        remarks.append(f"syllables left out, because they fit no part's notes: {len(words.events)}")
    chosen = [part for part in parts if part.named] or parts
    if len(chosen) > 1:
        remarks.append(f"the highest notes of {len(chosen)} parts")
    if len(chosen) < len(parts):
        remarks.append(f"parts that are not sung, left out: {len(parts) - len(chosen)}")
    together = [note for part in chosen for note in part.notes]
    counts = sum((part.counts for part in chosen), Counter())
    _check(counts, len(together))
    notes = monophonic(together, counts)
    return Line(notes=notes, track=chosen[0].track if len(chosen) == 1 else None, remarks=(*remarks, *_said(counts)))


def _part(index: int, track: Track, played: Sequence[Played], bars: Sequence[Span]) -> Part:
    notes, counts = on_spans([Sung(note.onset, note.end, note.pitch) for note in played], bars)
    named = SUNG_NAMES.search(track.name.decode("latin-1")) is not None
    return Part(track=index, named=named, notes=notes, counts=counts)


def _check(counts: Counter[str], notes: int) -> None:
    if counts["triplets"] > OFF_GRID * notes:
        raise BadSource("", "has too many notes between the sixteenths (triplets or shorter values)")
    if counts["off"] > FREELY * notes:
        raise BadSource("", "is played freely: too many notes lie between the sixteenths of its own beat")


def _cost(part: Part, pairing: Pairing, words: Words) -> float:
    pitches = [note.pitch for note in part.notes]
    outside = sum(not LOWEST_SUNG <= pitch <= HIGHEST_SUNG for pitch in pitches) / len(pitches)
    chords = 1 - len(pairing.notes) / len(pitches)
    return (
        pairing.cost
        + UNSUNG * pairing.unsung
        + CHORDS * chords
        + RANGE * outside
        + NAMED * part.named
        + OWN * (part.track == words.track)
    )


def _chosen(parts: Sequence[Part], best: int, pairing: Pairing) -> Line:
    part = parts[best]
    _check(part.counts, len(part.notes))
    counts = pairing.counts + part.counts + Counter(lower=len(part.notes) - len(pairing.notes))
    remarks = list(_said(counts))
    if pairing.shift:
        early = f"{abs(pairing.shift)} sixteenths {'before' if pairing.shift > 0 else 'after'}"
        remarks.append(f"the words stood {early} their notes, and were moved")
    if len(parts) > 1:
        remarks.append(f"parts that are not sung, left out: {len(parts) - 1}")
    return Line(notes=pairing.notes, track=part.track, remarks=tuple(remarks))


def _said(counts: Counter[str]) -> tuple[str, ...]:
    said = {
        "lower": "notes below another one that sounds, left out",
        "off": "notes between the sixteenths, rounded",
        "astray": "syllables that fit no note, left out",
        "lines": "syllables of whole lines that do not fit their notes, left out",
    }
    return tuple(f"{sentence}: {counts[what]}" for what, sentence in said.items() if counts[what])
