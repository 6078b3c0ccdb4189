"""Keys and chords as people write them, and back."""

import re

from regenkit.errors import UserError
from regenkit_music.analysis.chord import KINDS, NO_CHORD, chord_parts, chord_token
from regenkit_music.modality.melody import home

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_FLATS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_SHARPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLAT_MAJORS = {5, 10, 3, 8, 1}  # F, Bb, Eb, Ab, Db; F# is written with sharps
_GERMAN = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "H": 11, "B": 10}
_MODES = {"": "major", "major": "major", "maj": "major", "M": "major", "minor": "minor", "min": "minor", "m": "minor"}
_KINDS = {
    **{kind: kind for kind in KINDS},
    **{"M": "", "maj": "", "min": "m", "-": "m", "aug": "+", "o": "dim", "°": "dim"},
    **{"M7": "maj7", "Δ": "maj7", "Δ7": "maj7", "min7": "m7", "-7": "m7", "ø": "m7b5", "ø7": "m7b5", "m7♭5": "m7b5"},
}
KEY_HINT = 'write it as "G", "Gm", "F# minor" or "Bb major"'
CHORD_HINT = (
    f"a chord is a root (C, F#, Bb …) and one of {', '.join(kind or 'nothing (major)' for kind in KINDS)}; "
    f"{NO_CHORD} is no chord"
)


def pitch_class(name: str) -> int:
    """ "F#" → 6, "Bb" → 10, "C♯" → 1. Raises ValueError."""
    match = re.fullmatch(r"([A-G])([#♯]{0,2}|[b♭]{0,2})", name)
    if not match:
        raise ValueError(name)
    accidentals = match[2]
    return (_LETTERS[match[1]] + len(accidentals) * (1 if accidentals[:1] in ("#", "♯") else -1)) % 12


def parse_key(text: str, where: str) -> tuple[int, str]:
    """(tonic pitch class, mode) of "G", "Gm", "G minor", "F#", "Bb major", and German "h-moll", "Es-Dur".

    Raises UserError, which begins with `where`.
    """
    text = text.strip()
    german = re.fullmatch(r"([A-Ha-h])(is|es|s)?[\s-]*(dur|moll)", text, re.IGNORECASE)
    if german:
        tonic = _GERMAN[german[1].upper()]
        shift = {"": 0, "is": 1, "es": -1, "s": -1}[(german[2] or "").lower()]
        return (tonic + shift) % 12, "major" if german[3].lower() == "dur" else "minor"
    if re.fullmatch(r"[a-g]([#b♯♭]*)", text):
        tonic_name = text[0].upper() + text[1:]
        raise UserError(f'{where}: "{text}" could be major or minor: write "{tonic_name}" or "{tonic_name}m"')
    match = re.fullmatch(r"([A-Ga-g][#♯b♭]{0,2})[\s-]*([A-Za-z]*)", text)
    mode = _MODES.get(match[2], _MODES.get(match[2].lower())) if match else None
    if not match or mode is None:
        raise UserError(f'{where}: "{text}" is no key: {KEY_HINT}')
    try:
        return pitch_class(match[1][0].upper() + match[1][1:]), mode
    except ValueError as error:
        raise UserError(f'{where}: "{text}" is no key: {KEY_HINT}') from error


def _names(tonic: int, mode: str) -> tuple[str, ...]:
    relative_major = tonic if mode == "major" else (tonic + 3) % 12
    return _FLATS if relative_major in _FLAT_MAJORS else _SHARPS


def key_name(tonic: int, mode: str) -> str:
    """(7, "major") → "G major", spelled with the fewer accidentals."""
    return f"{_names(tonic, mode)[tonic]} {mode}"


def parse_chord(text: str, tonic: int, mode: str, where: str) -> int:
    """The token, in C major or A minor, of a chord in the key (tonic, mode). Raises UserError."""
    if text.upper() in (NO_CHORD, "NC"):
        return 1
    match = re.fullmatch(r"([A-G](?:##|#|♯♯|♯|bb|b|♭♭|♭)?)(.*)", text)
    if not match or match[2] not in _KINDS:
        raise UserError(f'{where}: "{text}" is no chord known here: {CHORD_HINT}')
    return chord_token(pitch_class(match[1]) + home(mode) - tonic, _KINDS[match[2]])


def chord_name(token: int, tonic: int, mode: str) -> str:
    """The chord of `token` as it sounds in the key (tonic, mode)."""
    parts = chord_parts(token)
    if parts is None:
        return NO_CHORD
    root, kind = parts
    return f"{_names(tonic, mode)[(root - home(mode) + tonic) % 12]}{kind}"
