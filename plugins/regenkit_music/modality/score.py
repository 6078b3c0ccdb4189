"""Melodies from scores (MusicXML, ABC) and into MusicXML, through music21."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from regenkit.errors import BadSource
from regenkit_music.modality.melody import BAR, STEPS_PER_QUARTER, Melody, Note

ChooseMode = Callable[[Sequence[int], Sequence[int], int], str]
"""(MIDI pitches, durations in sixteenths, sharps of the signature) → "major" or "minor" (the relative minor)."""

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
ONE_METRE = 0.90  # share of the time that the main metre must govern
HYPHENS = "-‐‑–—\u00ad~_"
MINOR_MODES = ("minor", "aeolian", "dorian", "phrygian", "locrian")


@dataclass(frozen=True)
class _Sung:
    """A note as written: times in quarters, not yet on the grid."""

    onset: Fraction
    end: Fraction
    pitch: int
    syllable: str


def melody_from_part(
    part: Any,
    *,
    one_note_a_syllable: bool = True,
    choose_mode: ChooseMode | None = None,
    title: str = "",
    source: str = "",
    counts: Counter[str] | None = None,
) -> Melody:
    """The melody of a music21 Part.

    Onsets count from the downbeat of bar 0; an anacrusis starts late in bar 0 (onset 12 in 4/4 for one quarter). Bars
    that a repeat sign cuts in two are joined; any other short bar is filled, so that positions stay true.

    Where the part has words and `one_note_a_syllable`, a melisma becomes one note: the first pitch, lasting to the
    end of the group; notes that no syllable reaches (before the first, or after a rest) are left out.
    The mode is `choose_mode`'s choice, else the key's own where it states one, else major.
    `counts`, if given, is added to: "merged", "unsung", "off_grid".

    Raises BadSource: no notes, no or changing or unsupported metre, more than a tenth of the notes off the grid.
    """
    counts = Counter() if counts is None else counts
    metre, scale = _metre(part, source)
    verse = _fullest_verse(part)
    written = _monophonic(list(_notes(part, BAR[metre], scale, verse)))
    if verse is not None and one_note_a_syllable:
        written = _one_a_syllable(written, counts)
    if not written:
        raise BadSource(source, "has no notes")
    notes = _on_grid(written, scale, source, counts)
    sharps, stated = _signature(part)
    mode = choose_mode([n.pitch for n in notes], [n.duration for n in notes], sharps) if choose_mode else stated
    tonic = (7 * sharps + (9 if mode == "minor" else 0)) % 12
    return Melody(notes=notes, metre=metre, tonic=tonic, mode=mode, tempo=_tempo(part, scale), title=title)


def _metre(part: Any, source: str) -> tuple[str, Fraction]:
    """The metre that governs (nearly) all of the part."""
    signatures = [
        (s.getOffsetInHierarchy(part), s.ratioString) for s in part.recurse().getElementsByClass("TimeSignature")
    ]
    if not signatures:
        raise BadSource(source, "has no time signature, so its bars are unknown")
    governed: Counter[str] = Counter()
    ends = [offset for offset, _ in signatures[1:]] + [part.highestTime]
    for (start, metre), end in zip(signatures, ends, strict=True):
        governed[metre] += float(end - start)  # type: ignore[assignment]
    metre, time = governed.most_common(1)[0]
    if time < ONE_METRE * sum(governed.values()):
        raise BadSource(source, f"changes its metre ({', '.join(governed)}); only one metre a melody is modelled")
    if metre not in MODELLED_AS:
        raise BadSource(source, f"is in {metre}; modelled are {', '.join(MODELLED_AS)}")
    return MODELLED_AS[metre]


def _fullest_verse(part: Any) -> int | None:
    verses = Counter(lyric.number for note in part.recurse().notes for lyric in note.lyrics if _clean(lyric)[0])
    return max(verses, key=lambda number: (verses[number], -number)) if verses else None


def _clean(lyric: Any) -> tuple[str, bool]:
    """A lyric's text without hyphens at its ends, and whether its word goes on."""
    raw = str(lyric.text or "").replace("\u203f", " ").strip()
    goes_on = lyric.syllabic in ("begin", "middle") or raw.endswith(tuple("-‐‑\u00ad"))
    return raw.strip(HYPHENS + " "), goes_on


def _syllable(note: Any, verse: int | None) -> str:
    for lyric in note.lyrics:
        if lyric.number == verse:
            text, goes_on = _clean(lyric)
            return f"{text}-" if text and goes_on else text
    return ""


def _notes(part: Any, bar_steps: int, scale: Fraction, verse: int | None) -> Iterator[_Sung]:
    """Pitched notes in time order (a chord by its top note), with bars laid end to end."""
    bar = Fraction(bar_steps, STEPS_PER_QUARTER) / scale
    measures = list(part.getElementsByClass("Measure")) or [part]
    start, filled = Fraction(0), Fraction(0)  # the current bar's downbeat, and how much of it is used
    for index, measure in enumerate(measures):
        length = Fraction(measure.highestTime)
        if index == 0 and 0 < length < bar:
            filled = bar - length  # an anacrusis
        elif filled and filled + length > bar:
            start, filled = start + bar, Fraction(0)
        for note in measure.recurse().notes:
            if note.duration.isGrace or not note.pitches or "ChordSymbol" in note.classes:
                continue
            onset = start + filled + Fraction(note.getOffsetInHierarchy(measure))
            end = onset + Fraction(note.duration.quarterLength)
            tied = note.tie is not None and note.tie.type in ("continue", "stop")
            pitch = max(note.pitches, key=lambda p: p.ps).midi
            yield _Sung(onset, end, pitch, "\0" if tied else _syllable(note, verse))
        filled += length
        while filled >= bar:
            start, filled = start + bar, filled - bar


def _monophonic(notes: list[_Sung]) -> list[_Sung]:
    """The highest voice, with tied notes ("\\0") merged."""
    line: list[_Sung] = []
    for note in sorted(notes, key=lambda n: (n.onset, -n.pitch)):
        last = line[-1] if line else None
        if note.syllable == "\0":
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


def _one_a_syllable(notes: list[_Sung], counts: Counter[str]) -> list[_Sung]:
    sung: list[_Sung] = []
    for note in notes:
        if note.syllable:
            sung.append(note)
        elif sung and sung[-1].end == note.onset:
            sung[-1] = replace(sung[-1], end=note.end)
            counts["merged"] += 1
        else:
            counts["unsung"] += 1
    return sung


def _on_grid(written: list[_Sung], scale: Fraction, source: str, counts: Counter[str]) -> tuple[Note, ...]:
    to_steps = scale * STEPS_PER_QUARTER
    off = sum((n.onset * to_steps).denominator > 1 or (n.end * to_steps).denominator > 1 for n in written)
    counts["off_grid"] += off
    if off > OFF_GRID * len(written):
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


def _signature(part: Any) -> tuple[int, str]:
    """Sharps (flats negative) and mode of the first key signature; C major where there is none."""
    signature = next(iter(part.recurse().getElementsByClass("KeySignature")), None)
    if signature is None or signature.sharps is None:
        return 0, "major"
    return int(signature.sharps), "minor" if getattr(signature, "mode", None) in MINOR_MODES else "major"


def _tempo(part: Any, scale: Fraction) -> float:
    mark = next(iter(part.recurse().getElementsByClass("MetronomeMark")), None)
    quarters = mark.getQuarterBPM() if mark is not None else None
    return float(quarters * scale) if quarters else Melody(notes=()).tempo
