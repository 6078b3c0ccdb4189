"""Tunes of an ABC file, one at a time, from the tokens of music21's ABC reader.

music21 turns a file of 700 tunes into a score object before one note can be read (minutes for a collection). Its
tokens already hold pitch and length of every note, and the score objects add nothing that a melody keeps.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from regenkit.errors import BadSource
from regenkit_music.analysis.key import choose_mode
from regenkit_music.modality.melody import STEPS_PER_QUARTER, Melody, Note
from regenkit_music.modality.metre import rescale

Written = tuple[Fraction, Fraction, int]
"""A note as written: onset and end in quarters, MIDI pitch."""

INLINE = re.compile(r"\[([KLM]:[^\]\n]*)\]")
OFF_GRID = 0.1  # share of notes that may lie between sixteenths (they are rounded)
MISFITS = 0.1  # share of bars that may be shorter or longer than the metre says
SHORTEST = 8  # notes


@dataclass
class _Bar:
    """Notes with their onsets within the bar, and its length in quarters.

    plain    a plain barline closes it, no repeat sign and no double bar
    ending   it is a first or second ending, so never a pickup
    """

    notes: list[Written] = field(default_factory=list)
    length: Fraction = Fraction(0)
    plain: bool = True
    ending: bool = False


@dataclass
class _Stretch:
    """Bars under one metre and one key signature."""

    metre: tuple[int, int] | None
    sharps: int
    bars: list[_Bar] = field(default_factory=lambda: [_Bar()])

    @property
    def notes(self) -> int:
        return sum(len(bar.notes) for bar in self.bars)


def tunes(text: str) -> Iterator[tuple[str, str]]:
    """(reference number, text) of each tune of an ABC file."""
    for tune in re.split(r"(?m)^(?=X:)", text):
        if tune.startswith("X:"):
            yield tune[2:].split("\n", 1)[0].split("%")[0].strip(), tune


def read_tune(text: str, source: str) -> Melody:
    """The melody of one tune: its longest stretch in one metre and key, repeats not played out.

    Raises BadSource: no metre, a metre that is not modelled, bars that do not add up, more than a tenth of the notes
    between the sixteenths, several voices, fewer than eight notes.
    """
    title, stretches = _stretches(text, source)
    stretch = max(stretches, key=lambda stretch: stretch.notes)
    if stretch.notes < SHORTEST:
        raise BadSource(source, f"fewer than {SHORTEST} notes in one metre")
    if stretch.metre is None:
        raise BadSource(source, "no metre")
    numerator, denominator = stretch.metre
    written = _placed(stretch.bars, Fraction(4 * numerator, denominator), source)
    found = rescale([end - onset for onset, end, _ in written], numerator, denominator)
    if found is None:
        raise BadSource(source, "a metre that is not modelled")
    metre, scale = found
    notes = _on_grid(written, scale * STEPS_PER_QUARTER, source)
    pitches, durations = np.array([(note.pitch, note.duration) for note in notes]).T
    mode = choose_mode(pitches, durations, stretch.sharps)
    tonic = (7 * stretch.sharps + (9 if mode == "minor" else 0)) % 12
    return Melody(notes=notes, metre=metre, tonic=tonic, mode=mode, title=title)


def _stretches(text: str, source: str) -> tuple[str, list[_Stretch]]:
    from music21 import abcFormat

    handler = abcFormat.ABCHandler()
    try:
        handler.process(INLINE.sub(r"\n\1\n", text))
    except Exception as error:  # music21 raises what it happens upon
        raise BadSource(source, f"not readable as ABC ({type(error).__name__}: {error})") from error
    title, stretches = "", [_Stretch(None, 0)]
    for token in handler.tokens:
        stretch = stretches[-1]
        if isinstance(token, abcFormat.ABCMetadata):
            if token.isTitle():
                title = title or str(token.data).strip()
            elif token.isVoice():
                raise BadSource(source, "several voices")
            elif token.isMeter() or token.isKey():
                metre, sharps = stretch.metre, stretch.sharps
                if token.isMeter():
                    found = token.getTimeSignatureParameters()
                    metre = found[:2] if found else None
                else:
                    sharps = token.getKeySignatureParameters()[0]
                if stretch.notes:
                    stretches.append(_Stretch(metre, sharps))
                else:
                    stretch.metre, stretch.sharps = metre, sharps
        elif isinstance(token, abcFormat.ABCBar):
            plain = token.src.strip() == "|"
            if stretch.bars[-1].length:
                stretch.bars[-1].plain = plain
                stretch.bars.append(_Bar())
            elif len(stretch.bars) > 1:
                stretch.bars[-2].plain &= plain
            stretch.bars[-1].ending = bool(token.isRepeatBracket())
        elif isinstance(token, abcFormat.ABCNote) and not token.inGrace:  # an ABCChord is one as well
            _add(token, stretch.bars)
    return title, stretches


def _add(token: Any, bars: list[_Bar]) -> None:
    bar = bars[-1]
    length = Fraction(token.quarterLength).limit_denominator(192)
    if token.activeTuplet:
        length *= Fraction(token.activeTuplet.tupletMultiplier())
    onset, end = bar.length, bar.length + length
    bar.length = end
    names = [note.pitchName for note in getattr(token, "subTokens", [token]) if getattr(note, "pitchName", None)]
    if names:
        pitch = max(_midi(name) for name in names)
        if token.tie in ("stop", "continue") and bar.notes and bar.notes[-1][1:] == (onset, pitch):
            bar.notes[-1] = (bar.notes[-1][0], end, pitch)
        else:
            # A tie over the barline is mended when the bars are laid end to end: it is told by a negative pitch.
            tied = token.tie in ("stop", "continue") and not bar.notes
            bar.notes.append((onset, end, -pitch if tied else pitch))


def _midi(name: str) -> int:
    from music21.pitch import Pitch

    return int(Pitch(name.replace("n", "")).midi)


def _placed(bars: list[_Bar], length: Fraction, source: str) -> list[Written]:
    """Bars laid end to end: a pickup ends its bar, the two halves of a bar that a repeat sign cuts are joined."""
    bars = [bar for bar in bars if bar.length]
    written: list[Written] = []
    downbeat, filled, misfits = Fraction(0), Fraction(0), 0
    for index, bar in enumerate(bars):
        following = bars[index + 1].length if index + 1 < len(bars) else Fraction(0)
        if filled and filled + bar.length != length:
            downbeat, filled = downbeat + length, Fraction(0)
        if not filled and bar.length < length:
            opens = index == 0 or (bar.plain and not bar.ending and not bars[index - 1].plain)  # a part of the piece
            joined = following and bar.length + following == length and not bar.plain
            if opens and not joined:
                filled = length - bar.length
            elif index + 1 < len(bars) and bar.plain:
                misfits += 1
        for onset, end, pitch in bar.notes:
            onset, end = downbeat + filled + onset, downbeat + filled + end
            if pitch < 0 and written and written[-1][1:] == (onset, -pitch):
                written[-1] = (written[-1][0], end, -pitch)
            else:
                written.append((onset, end, abs(pitch)))
        filled += bar.length
        if filled > length and filled % length:
            misfits += 1
            filled += -filled % length
        downbeat, filled = downbeat + filled // length * length, filled % length
    if misfits > 1 and misfits > MISFITS * len(bars):
        raise BadSource(source, "bars that do not add up")
    return written


def _on_grid(written: list[Written], to_steps: Fraction, source: str) -> tuple[Note, ...]:
    off = sum(max((onset * to_steps).denominator, (end * to_steps).denominator) > 1 for onset, end, _ in written)
    if off > OFF_GRID * len(written):
        raise BadSource(source, "notes between the sixteenths")
    notes: list[Note] = []
    for onset, end, pitch in written:
        first, last = round(onset * to_steps), round(end * to_steps)
        first = max(first, notes[-1].onset + notes[-1].duration if notes else 0)
        notes.append(Note(onset=first, duration=max(last - first, 1), pitch=pitch))
    return tuple(notes)
