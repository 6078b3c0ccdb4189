"""From a voice as written to melodies: what the readers of ABC, MIDI, MusicXML and kern have in common.

A reader makes a `Bar` of every bar of one voice and hands them all to

    read_voice(bars: Sequence[Bar], *, name: str = "", title: str = "") -> Reading

which raises nothing: what cannot be used is in `left_out`. A file of several voices or tunes gives several readings;
`reading.joined(path, readings)` makes one of them, and raises BadSource where none of them has a tune.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from typing import final

from regenkit.errors import BadSource
from regenkit_music.analysis.key import choose_mode, find_key, pitch_classes
from regenkit_music.modality.line import MODELLED_AS, Sung, monophonic, off_grid, on_grid, one_a_syllable
from regenkit_music.modality.melody import BAR, LONGEST, Melody, Note, playable
from regenkit_music.modality.metre import rescale
from regenkit_music.modality.reading import Reading, Tune

SHORTEST = 8  # notes of one stretch among several
SUNG = 0.4  # share of notes that a syllable must reach, else the voice counts as one without words
MISFITS = 0.1  # share of bars that may be shorter or longer than the metre says
STATED = {
    "major": (0, "major"), "ionian": (0, "major"), "lydian": (5, "major"), "mixolydian": (7, "major"),
    "minor": (9, "minor"), "aeolian": (9, "minor"), "dorian": (2, "minor"), "phrygian": (4, "minor"),
    "locrian": (11, "minor"),
}  # fmt: skip
"""A mode's tonic above that of the signature's major key, and its third."""


@final
@dataclass(frozen=True, kw_only=True)
class Bar:
    """What stands between two barlines.

    notes    their times in quarters from the bar's own beginning; a note may last beyond the bar, or go on in the next
             one as a `tied` note. Lower notes of chords are left out later, in one place for all readers.
    length   in quarters, as written: a pickup's is shorter than its metre says
    metre    (numerator, denominator) as written; None where the file states none
    sharps   of the key signature, flats negative; None where there is none, so that the notes are asked for the key
    mode     as the file states it ("major", "minor", "dorian" …); None where it does not
    tempo    quarters a minute; None where the file states none
    plain    a plain barline closes it, no repeat sign and no double bar
    ending   it is a first or second ending, so never a pickup
    """

    notes: tuple[Sung, ...]
    length: Fraction
    metre: tuple[int, int] | None
    sharps: int | None = None
    mode: str | None = None
    tempo: float | None = None
    plain: bool = True
    ending: bool = False

    @property
    def governed_by(self) -> tuple[object, ...]:
        return self.metre, self.sharps, self.mode


def read_voice(bars: Sequence[Bar], *, name: str = "", title: str = "") -> Reading:
    """The melodies of one voice: one for each stretch of bars in one metre and key, repeats not played out.

    Onsets count from the downbeat of a stretch's bar 0; a pickup starts late in it. Bars that a repeat sign cuts in two
    are joined; another short bar is filled, so that every bar keeps its downbeat. Up to two bars of another metre
    within a stretch belong to it. A melisma becomes one note; notes that no syllable reaches are left out. The key is
    the one stated (of a church mode its tonic, and major or minor by its third), else the notes choose, between the
    signature's two keys if there is one.

    name    of the voice, where its file has several
    """
    bars = [bar for bar in bars if bar.length]
    if not any(bar.notes for bar in bars):
        return Reading(tunes=(), left_out=((name, "has no notes"),))
    stretches = _stretches(bars)
    tunes: list[Tune] = []
    left_out: list[tuple[str, str]] = []
    first = 0 if _is_pickup(bars, 0) else 1
    for stretch in stretches:
        place = f"from bar {first}" if len(stretches) > 1 else ""
        called = ", ".join(part for part in (name, place) if part)
        first += len(stretch)
        count = sum(len(bar.notes) for bar in stretch)
        if not count:
            continue
        if len(stretches) > 1 and count < SHORTEST:
            left_out.append((called, f"fewer than {SHORTEST} notes in one metre and key"))
            continue
        try:
            tunes.append(replace(_tune(stretch, title), name=called))
        except BadSource as error:
            left_out.append((called, error.reason))
    return Reading(tunes=tuple(tunes), left_out=tuple(left_out))


def _stretches(bars: Sequence[Bar]) -> list[list[Bar]]:
    """Runs of bars in one metre and key; a run too short to stand alone goes with its neighbours."""
    runs = [list(run) for _, run in groupby(bars, key=lambda bar: bar.governed_by)]
    found: list[list[Bar]] = []
    governed: list[tuple[object, ...]] = []
    for index, run in enumerate(runs):
        following = runs[index + 1][0].governed_by if index + 1 < len(runs) else None
        own = run[0].governed_by
        if found and (own == governed[-1] or (len(run) <= 2 and following in (governed[-1], None))):
            found[-1] += run
        elif found and not governed[-1]:  # a pickup that a metre of its own was written for
            found[-1] += run
            governed[-1] = own
        else:
            found.append(run)
            alone = not index and len(run) == 1 and following
            governed.append(() if alone and _is_pickup(bars, 0) else own)
    return found


def _is_pickup(bars: Sequence[Bar], index: int) -> bool:
    """Whether the bar is shorter than its metre, or than the next bar's metre, which it was written before."""
    metre = bars[min(index + 1, len(bars) - 1)].metre
    alone = len(bars) > index + 1 and bars[index].governed_by != bars[index + 1].governed_by
    own = metre if alone else bars[index].metre
    return own is not None and bars[index].length < Fraction(4 * own[0], own[1])


def _tune(bars: Sequence[Bar], title: str) -> Tune:
    counts: Counter[str] = Counter()
    time: defaultdict[tuple[int, int] | None, Fraction] = defaultdict(Fraction)
    for bar in bars:
        time[bar.metre] += bar.length
    metre = max(time, key=lambda each: time[each])
    if metre is None:
        raise BadSource("", "has no metre, so its bars are unknown")
    if f"{metre[0]}/{metre[1]}" not in MODELLED_AS:
        raise BadSource("", f"is in {metre[0]}/{metre[1]}; modelled are {', '.join(BAR)} and what counts like them")
    if sum(time.values()) > LONGEST:
        raise BadSource("", f"lasts more than {LONGEST:,} quarters, so its times are damaged")
    length = Fraction(4 * metre[0], metre[1])
    main = next(bar for bar in bars if bar.metre == metre)
    line = _with_words(monophonic(_placed(bars, length, metre, counts), counts), length, counts)
    modelled, scale = _unit(line, metre)
    notes = on_grid(line, scale, counts)
    tonic, mode = _key(notes, main)
    lasting: defaultdict[float, Fraction] = defaultdict(Fraction)
    for bar in bars:
        if bar.tempo is not None:
            lasting[bar.tempo] += bar.length
    melody = Melody(notes=notes, metre=modelled, tonic=tonic, mode=mode, title=title)
    if not lasting:
        return Tune(melody=melody, remarks=_remarks(counts))
    stated = round(max(lasting, key=lambda each: lasting[each]) * float(scale), 3)
    tempo = playable(stated)
    remarks = (f"a tempo that nobody plays, {stated:g} quarters a minute, read as {tempo:g}",)
    return Tune(melody=replace(melody, tempo=tempo), remarks=_remarks(counts) + (remarks if tempo != stated else ()))


def _unit(line: list[Sung], metre: tuple[int, int]) -> tuple[str, Fraction]:
    """The metre that stands for the one written, and the factor on every time value.

    Where notes lie between the sixteenths, and fewer would if the median note were a quarter, it is that unit.
    """
    modelled, scale = MODELLED_AS[f"{metre[0]}/{metre[1]}"]
    if off := off_grid(line, scale):
        other = rescale([note.end - note.onset for note in line], *metre)
        if other and off_grid(line, other[1]) < off:
            return other
    return modelled, scale


def _placed(bars: Sequence[Bar], length: Fraction, metre: tuple[int, int], counts: Counter[str]) -> list[Sung]:
    """Bars laid end to end: a pickup ends its bar, the two halves of a bar that a repeat sign cuts are joined."""
    placed: list[Sung] = []
    downbeat, filled = Fraction(0), Fraction(0)
    misfits: list[int] = []
    for index, bar in enumerate(bars):
        following = bars[index + 1].length if index + 1 < len(bars) else Fraction(0)
        own = bar.metre == metre
        counts["foreign"] += not own and bool(index)
        if filled and filled + bar.length != length:
            downbeat, filled = downbeat + length, Fraction(0)
        if not filled and bar.length < length:
            # a part of the piece begins
            opens = index == 0 or (own and bar.plain and not bar.ending and not bars[index - 1].plain)
            joined = following and bar.length + following == length and not bar.plain
            if opens and not joined:
                filled = length - bar.length
            elif index + 1 < len(bars) and bar.plain:
                misfits += [index] * own
        start = downbeat + filled
        placed += [replace(note, onset=start + note.onset, end=start + note.end) for note in bar.notes]
        filled += bar.length
        if filled > length and filled % length:
            misfits += [index] * own
            filled += -filled % length
        downbeat, filled = downbeat + filled // length * length, filled % length
    if len(misfits) > 1 and len(misfits) > MISFITS * len(bars):
        first, upbeat = bars[misfits[0]], bars[0].length < length
        raise BadSource("", f"has {len(misfits)} bars that do not add up to {metre[0]}/{metre[1]}, of {len(bars)}; the "
                            f"first is bar {misfits[0] + 1 - upbeat}, of {float(first.length):g} quarters")  # fmt: skip
    counts["misfits"] += len(misfits)
    return placed


def _with_words(line: list[Sung], bar: Fraction, counts: Counter[str]) -> list[Sung]:
    line = [note if any(map(str.isalnum, note.syllable)) else replace(note, syllable="") for note in line]
    if not any(note.syllable for note in line):
        return line
    found: Counter[str] = Counter()
    sung = one_a_syllable(line, bar, found)
    if found["unsung"] > (1 - SUNG) * len(line):
        counts["unused_words"] += len(sung)
        return [replace(note, syllable="") for note in line]
    counts.update(found)
    return sung


def _key(notes: Sequence[Note], bar: Bar) -> tuple[int, str]:
    pitches, durations = [note.pitch for note in notes], [note.duration for note in notes]
    if bar.sharps is None:
        return find_key(pitches, durations)
    if stated := STATED.get(bar.mode or ""):
        return (7 * bar.sharps + stated[0]) % 12, stated[1]
    mode = choose_mode(pitches, durations, bar.sharps)
    tonic = (7 * bar.sharps + (9 if mode == "minor" else 0)) % 12
    if mode == "major" and _third_is_minor(pitches, durations, tonic):
        return tonic, "minor"
    return tonic, mode


def _third_is_minor(pitches: Sequence[int], durations: Sequence[int], tonic: int) -> bool:
    """Whether the tonic's third is a minor one throughout, so that the signature is that of the tonic's major.

    The Essen collection writes minor so: of its tunes 837 have the minor third, 6,279 the major one, 20 both.
    """
    time = pitch_classes(pitches, durations)
    return bool(time[(tonic + 3) % 12] > 2 * time[(tonic + 4) % 12])


def _remarks(counts: Counter[str]) -> tuple[str, ...]:
    said = {
        "lower": "notes below another one that sounds, left out",
        "tied": "syllables under a note that is tied to the one before, left out",
        "merged": "notes that prolong a syllable, merged into it",
        "unsung": "notes without a syllable where others are sung, left out",
        "unused_words": "syllables left out, because most notes have none",
        "off_grid": "notes between the sixteenths, rounded",
        "foreign": "bars in another metre, filled up to whole bars",
        "misfits": "bars that do not add up to the metre, filled up to whole bars",
    }
    return tuple(f"{sentence}: {counts[what]}" for what, sentence in said.items() if counts[what])
