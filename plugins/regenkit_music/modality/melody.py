"""What a melody is, and its fields.

The grid is the sixteenth note (four steps a quarter), as in TeleMelody (arXiv 2109.09617). A melody is one voice, one
note a syllable. Its fields are valid by construction: whatever tokens a model emits decode to a playable melody.

    metre, mode   one an example; nobody predicts them, a musician supplies them
    position      the note's onset within its bar, 1…24 (1 = the downbeat)
    duration      1…32 sixteenths
    pitch         48…83 after transposition to C major or A minor
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, final

import numpy as np

from regenkit.spec import Fields, Spec, tokens

STEPS_PER_QUARTER = 4
BAR = {"4/4": 16, "3/4": 12, "2/4": 8, "6/8": 12, "3/2": 24, "6/4": 24, "9/8": 18, "12/8": 24}
"""Sixteenths in a bar, by metre. 2/2 is counted as 4/4, 3/8 as 3/4; other metres are not modelled."""
BEAT = {"4/4": 4, "3/4": 4, "2/4": 4, "6/8": 6, "3/2": 8, "6/4": 12, "9/8": 6, "12/8": 6}
"""Sixteenths in a beat, by metre (compound metres beat in dotted values)."""
METRES = tuple(BAR)
MODES = ("major", "minor")
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
LOWEST, HIGHEST, CENTRE = 48, 83, 67
LONGEST = 20_000
"""Quarters of a file: two hours of fast music. What lasts longer is damaged."""
LONGEST_BAR, LONGEST_NOTE = 24, 32
SLOWEST, FASTEST = 4.0, 4000.0
"""Quarters a minute. MIDI cannot say that a quarter lasts 17 seconds."""
HIGHEST_MIDI = 127


def pitch_name(pitch: int) -> str:
    """60 → "C4"."""
    return f"{NAMES[pitch % 12]}{pitch // 12 - 1}"


SPEC = Spec(
    {
        "metre": tokens(METRES, scalar=True, optional=True),
        "mode": tokens(MODES, scalar=True, optional=True),
        "position": tokens([str(step) for step in range(LONGEST_BAR)]),
        "duration": tokens([str(steps) for steps in range(1, LONGEST_NOTE + 1)]),
        "pitch": tokens([pitch_name(pitch) for pitch in range(LOWEST, HIGHEST + 1)]),
    }
)


@final
@dataclass(frozen=True, kw_only=True)
class Note:
    """onset and duration in sixteenths (onset 0 = the first bar's downbeat), pitch as a MIDI number (60 = C4)."""

    onset: int
    duration: int
    pitch: int
    syllable: str = ""


@final
@dataclass(frozen=True, kw_only=True)
class Melody:
    """One voice. `tonic` is a pitch class (0 = C), `tempo` counts quarter notes a minute.

    A syllable that a word goes on from ends in "-" ("Glo-", "ri-", "a"), so that words can be put together again.
    """

    notes: tuple[Note, ...]
    metre: str = "4/4"
    tonic: int = 0
    mode: str = "major"
    tempo: float = 96.0
    title: str = ""

    @property
    def bar(self) -> int:
        return BAR[self.metre]

    @property
    def end(self) -> int:
        return max((note.onset + note.duration for note in self.notes), default=0)

    def transposed(self, semitones: int) -> "Melody":
        notes = tuple(replace(note, pitch=note.pitch + semitones) for note in self.notes)
        return replace(self, notes=notes, tonic=(self.tonic + semitones) % 12)


def playable(tempo: float) -> float:
    """The tempo, or the nearest that every format can hold."""
    return min(max(tempo, SLOWEST), FASTEST)


def home(mode: str) -> int:
    """The pitch class a mode is transposed to: C major, A minor."""
    return 0 if mode == "major" else 9


def encode(melody: Melody) -> tuple[Fields, dict[str, Any]]:
    """Fields (SPEC) and meta of a melody.

    The octave is the one that brings the mean pitch nearest to G4, so voices of every range meet; single notes still
    outside 48…83 are folded by octaves. `meta["shift"]` undoes the transposition. What is lost says `unkept`.
    """
    pitches, shift = _at_home(melody)
    pitches = np.where(pitches < LOWEST, LOWEST + (pitches - LOWEST) % 12, pitches)
    pitches = np.where(pitches > HIGHEST, HIGHEST - (HIGHEST - pitches) % 12, pitches)
    fields = {
        "metre": np.int32(METRES.index(melody.metre) + 1),
        "mode": np.int32(MODES.index(melody.mode) + 1),
        "position": np.array([note.onset % melody.bar + 1 for note in melody.notes], np.int32),
        "duration": np.array([min(note.duration, LONGEST_NOTE) for note in melody.notes], np.int32),
        "pitch": (pitches - LOWEST + 1).astype(np.int32),
    }
    meta = {
        "tonic": melody.tonic,
        "shift": int(shift),
        "tempo": melody.tempo,
        "title": melody.title,
        "syllables": [note.syllable for note in melody.notes],
    }
    return {name: np.asarray(value) for name, value in fields.items()}, meta


def unkept(melody: Melody) -> tuple[str, ...]:
    """What of a melody its fields do not hold, a sentence each; () where `decode` gives all of it back.

    Bars of rest before the first note fall in silence: they are no part of a melody.
    """
    pitches, _ = _at_home(melody)
    counts = {
        "notes outside three octaves about the others, moved by octaves": int(
            np.count_nonzero((pitches < LOWEST) | (pitches > HIGHEST))
        ),
        "notes that MIDI has no number for, moved by octaves": sum(
            not 0 <= note.pitch <= HIGHEST_MIDI for note in melody.notes
        ),
        "notes longer than eight quarters, shortened": sum(note.duration > LONGEST_NOTE for note in melody.notes),
        "rests of a bar and longer, shortened by whole bars": sum(
            after.onset - (before.onset + before.duration) >= melody.bar for before, after in pairwise(melody.notes)
        ),
    }
    return tuple(f"{what}: {count}" for what, count in counts.items() if count)


def _at_home(melody: Melody) -> tuple[np.ndarray, int]:
    """(the pitches in C major or A minor, near G4; by how many semitones they were moved)"""
    pitches = np.array([note.pitch for note in melody.notes], np.int32)
    shift = (home(melody.mode) - melody.tonic) % 12
    shift += 12 * round((CENTRE - shift - float(pitches.mean())) / 12) if len(pitches) else 0
    return pitches + shift, shift


def onsets(fields: Fields) -> np.ndarray:
    """Absolute onsets in sixteenths: a note starts at the first place of its `position` after the one before ends."""
    bar = BAR[METRES[int(fields["metre"]) - 1]]
    found, end = [], 0
    for position, duration in zip(fields["position"] - 1, fields["duration"], strict=True):
        onset = end + (int(position) - end) % bar
        found.append(onset)
        end = onset + int(duration)
    return np.array(found, np.int64)


def in_midi(pitch: int) -> int:
    """The pitch, moved by octaves where MIDI has no number for it."""
    return pitch % 12 if pitch < 0 else min(pitch, HIGHEST_MIDI - (HIGHEST_MIDI - pitch) % 12)


def join(parts: Sequence[Fields]) -> Fields:
    """The notes of `parts` one after another, in the metre and mode of the first.

    Bars meet: every part keeps its places in the bar, so an upbeat falls into the last bar of the part before.
    """
    return {
        name: parts[0][name] if field.scalar else np.concatenate([part[name] for part in parts])
        for name, field in SPEC.items()
    }


def decode(fields: Fields, meta: dict[str, Any] | None = None) -> Melody:
    """The melody of `fields`; `meta` (tonic, shift, tempo, title, syllables) may lack any of its keys.

    Raises ValueError where a field that every note needs is absent (0).
    """
    meta = meta or {}
    for name in ("metre", "mode", "position", "duration", "pitch"):
        if not np.all(np.asarray(fields[name]) > 0):
            raise ValueError(f"a melody needs every {name}; some are absent (0)")
    mode = MODES[int(fields["mode"]) - 1]
    tonic = int(meta.get("tonic", home(mode)))
    shift = int(meta.get("shift", (home(mode) - tonic + 5) % 12 - 5))
    syllables: Sequence[str] = meta.get("syllables") or [""] * len(fields["pitch"])
    notes = tuple(
        Note(
            onset=int(onset),
            duration=int(duration),
            pitch=in_midi(int(pitch) - 1 + LOWEST - shift),
            syllable=syllable,
        )
        for onset, duration, pitch, syllable in zip(
            onsets(fields), fields["duration"], fields["pitch"], syllables, strict=True
        )
    )
    return Melody(
        notes=notes,
        metre=METRES[int(fields["metre"]) - 1],
        tonic=tonic,
        mode=mode,
        tempo=float(meta.get("tempo", 96.0)),
        title=str(meta.get("title", "")),
    )
