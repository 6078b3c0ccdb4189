"""What a musician fixes on the command line: key, metre, tempo, chords, range."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from regenkit.errors import UserError
from regenkit.given import Given
from regenkit.nearest import nearest
from regenkit.spec import Fields, Spec
from regenkit_music.converter.names import parse_chord, parse_key, pitch_class
from regenkit_music.modality.melody import (
    CENTRE,
    FASTEST,
    HIGHEST,
    LOWEST,
    METRES,
    MODES,
    SLOWEST,
    home,
    pitch_name,
)

OPTIONS = {
    "key": "G, Gm, F# minor",
    "metre": ", ".join(METRES),
    "tempo": f"quarter notes a minute, {SLOWEST:g}…{FASTEST:g}",
    "chords": '"G D Em C", one a bar after the upbeat',
    "range": "C4-G5, the lowest and highest note",
}
DEFAULT_TEMPO = 96.0


def parse_given(spec: Spec, options: Mapping[str, str]) -> Given:
    """What `options` fix, for a template of `spec`. What is neither given nor predicted is C major, 4/4, 96."""
    for name in options:
        if name not in OPTIONS:
            can = "; ".join(f"{option} ({what})" for option, what in OPTIONS.items())
            guess = nearest(name, OPTIONS)
            hint = f"; did you mean {guess}?" if guess else ""
            raise UserError(f"given {name}: nothing of that name can be given{hint or '.'} Can be given: {can}")
    fields: Fields = {}
    meta: dict[str, Any] = {"tempo": parse_tempo(options.get("tempo", str(DEFAULT_TEMPO)), "given tempo")}
    rest: dict[str, Any] = {}
    permitted: dict[str, np.ndarray] = {}
    # chords and a range need a key to be transposed by; where the mode is predicted and none is named, it stays open
    if {"key", "chords", "range"} & set(options) or spec["mode"].optional:
        tonic, mode = parse_key(options.get("key", "C"), "given key")
        fields["mode"] = np.asarray(MODES.index(mode) + 1, np.int32)
        meta["tonic"] = tonic
        low, high = parse_range(options["range"], "given range") if "range" in options else (None, None)
        meta["shift"] = octave_shift(tonic, mode, low, high)
        if low is not None and high is not None:
            pitches = np.arange(LOWEST, HIGHEST + 1) - meta["shift"]
            permitted["pitch"] = (low <= pitches) & (pitches <= high)
        if "chords" in options:
            if "chord" not in spec:
                raise UserError(
                    "given chords: this template knows no chords. Train one with `chords` in the converter's `given`"
                )
            names = [name for name in re.split(r"[\s,|]+", options["chords"]) if name]
            if not names:
                raise UserError('given chords: is empty; write chords of the key, as in chords="G D Em C"')
            rest["chords"] = tuple(parse_chord(name, tonic, mode, "given chords") for name in names)
    if "metre" in options or spec["metre"].optional:
        metre = parse_metre(options.get("metre", "4/4"), "given metre")
        fields["metre"] = np.asarray(METRES.index(metre) + 1, np.int32)
    return Given(fields=fields, permitted=permitted, meta=meta, rest=rest)


def parse_metre(text: str, where: str) -> str:
    metre = text.strip()
    if metre not in METRES:
        raise UserError(f'{where}: "{text}" is no metre known here; there are {", ".join(METRES)}')
    return metre


def parse_tempo(text: str, where: str) -> float:
    try:
        tempo = float(text)
    except ValueError:
        tempo = 0.0
    if not SLOWEST <= tempo <= FASTEST:
        raise UserError(f'{where}: "{text}" is no tempo; write {OPTIONS["tempo"]}, as in 96')
    return tempo


def parse_range(text: str, where: str) -> tuple[int, int]:
    """(lowest, highest) MIDI numbers of "C4-G5" or "60-79"; at least an octave."""
    match = re.fullmatch(r"\s*(\S+?)\s*(?:-|–|\.\.|…|\bto\b)\s*(\S+?)\s*", text)
    pitches = [_pitch(name) for name in match.groups()] if match else [None]
    if None in pitches:
        raise UserError(f'{where}: "{text}" is no range; write the lowest and highest note, as in C4-G5')
    low, high = (pitch for pitch in pitches if pitch is not None)
    if not (0 <= low <= 127 and 0 <= high <= 127):
        raise UserError(f'{where}: "{text}" goes beyond MIDI, which reaches from {pitch_name(0)} to {pitch_name(127)}')
    if high < low:
        raise UserError(f'{where}: "{text}" begins with its higher note; write {pitch_name(high)}-{pitch_name(low)}')
    if high - low < 12:
        raise UserError(f'{where}: "{text}" spans {high - low} semitones; a melody needs an octave (12) at least')
    return low, high


def _pitch(name: str) -> int | None:
    if name.isdecimal():
        return int(name)
    match = re.fullmatch(r"([A-Ga-g])(##|#|♯|bb|b|♭)?(-?\d)", name)
    if not match:
        return None
    letter, accidental, octave = match[1].upper(), match[2] or "", int(match[3])
    natural = 12 * (octave + 1) + pitch_class(letter)
    return natural + len(accidental) * (1 if accidental[:1] in ("#", "♯") else -1)


def octave_shift(tonic: int, mode: str, low: int | None = None, high: int | None = None) -> int:
    """Semitones from the sounding key up to C major or A minor: the smallest, or that which centres a range on G4."""
    shift = (home(mode) - tonic + 5) % 12 - 5
    if low is not None and high is not None:
        shift += 12 * round((CENTRE - shift - (low + high) / 2) / 12)
    return shift
