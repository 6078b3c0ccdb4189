"""Fields of ABC that say how its notes are to be read: key, metre, unit of length, tempo, and text. (ABC 2.1, 3.1.)"""

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType
from typing import final

LETTERS = "CDEFGAB"
FIFTHS = "FCGDAEB"
MODES = {"maj": 0, "ion": 0, "mix": -1, "dor": -2, "m": -3, "min": -3, "aeo": -3, "phr": -4, "loc": -5, "lyd": 1}
"""How many sharps a mode has less than major on the same tonic."""
NAMES = {
    "m": "minor", "min": "minor", "aeo": "minor", "maj": "major", "ion": "major", "mix": "mixolydian", "dor": "dorian",
    "phr": "phrygian", "loc": "locrian", "lyd": "lydian",
}  # fmt: skip
SIGNS = {"": 0, "#": 7, "♯": 7, "b": -7, "♭": -7}
ALTERS = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
TONIC = re.compile(r"([A-G])([#b♯♭]?)\s*([A-Za-z]*)")
ACCIDENTAL = re.compile(r"(\^\^|\^|__|_|=)([A-Ga-g])(?![A-Za-z])")
METRE = re.compile(r"(?:\(?\s*(\d+(?:\s*\+\s*\d+)*)\s*\)?)\s*/\s*(\d+)")
TRANSPOSE, OCTAVE = (re.compile(rf"\b{name}=([+-]?\d{{1,2}})\b") for name in ("transpose", "octave"))
CLEF = re.compile(r"(?:^|\s)(?:clef=|(?:treble|alto|tenor|bass|perc|neutral)[1-5]?(?=\s|$))")
OCTAVE_CLEF = re.compile(r"(?:^|\s|=)(?:[a-z]+[1-5]?)?([+-])8(?:va)?(?=\s|$)")
CLEF_ALONE = re.compile(
    r"(?:(?:(?:clef|middle|octave|transpose|stafflines|staffscale)=\S+"
    r"|(?:treble|alto|tenor|bass|perc|neutral)[1-5]?(?:[+-]8(?:va)?)?)(?:\s+|$))+"
)
"""A K: field that states no key: it goes on."""
COMBINING = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "c": "\u0327", "v": "\u030c",
    "u": "\u0306", "=": "\u0304", ";": "\u0328", ".": "\u0307", "H": "\u030b", ",": "\u0327",
}  # fmt: skip
LIGATURES = {
    "AE": "Æ", "ae": "æ", "OE": "Œ", "oe": "œ", "ss": "ß", "AA": "Å", "aa": "å", "/O": "Ø", "/o": "ø", "O": "Ø",
    "o": "ø", "DH": "Ð", "dh": "ð", "TH": "Þ", "th": "þ",
}  # fmt: skip
ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(AE|ae|OE|oe|ss|AA|aa|DH|dh|TH|th|/O|/o)|([`'^~\"=;.Hcuv,])([A-Za-z]))")


@final
@dataclass(frozen=True)
class Key:
    """A signature: its sharps (flats negative; None where there is none), the mode if stated, alterations by letter."""

    sharps: int | None = None
    mode: str | None = None
    alters: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


@final
@dataclass(frozen=True)
class Settings:
    """What is in force: of a file's header, a tune's header, or one voice at one place.

    shifts   semitones that the notes sound higher than written, by transpose=, octave= and clef (treble-8)
    """

    metre: tuple[int, int] | None = None
    key: Key = Key()
    length: Fraction | None = None  # the unit note length, in quarters
    tempo: float | None = None  # quarters a minute
    propagation: str = "pitch"
    shifts: tuple[int, int, int] = (0, 0, 0)

    @property
    def unit(self) -> Fraction:
        """In quarters; where no L: field says it, a sixteenth in metres below 3/4, else an eighth."""
        if self.length is not None:
            return self.length
        return Fraction(1, 4) if self.metre and Fraction(*self.metre) < Fraction(3, 4) else Fraction(1, 2)

    @property
    def sharps(self) -> int | None:
        """Of the key as it sounds: a semitone up is seven fifths up."""
        semitones = sum(self.shifts)
        if self.key.sharps is None or not semitones % 12:
            return self.key.sharps
        return (self.key.sharps + 7 * semitones + 5) % 12 - 5

    def changed(self, name: str, value: str) -> "Settings":
        """After a K:, V:, M:, L:, Q: or I: field; others change nothing."""
        if name == "K":
            alone = CLEF_ALONE.fullmatch(value.strip())
            return replace(self, key=self.key if alone else key(value), shifts=shifts(value, self.shifts))
        if name == "V":
            _, _, about = re.sub(r'"[^"]*"', " ", value).strip().partition(" ")
            return replace(self, shifts=shifts(about, self.shifts))
        if name == "M":
            return replace(self, metre=metre(value))
        if name == "L":
            return replace(self, length=unit(value) or self.length)
        if name == "Q":
            return replace(self, tempo=tempo(value, self.unit) or self.tempo)
        if name == "I" and (found := re.match(r"\s*propagate-accidentals\s+(not|octave|pitch)\b", value)):
            return replace(self, propagation=found[1])
        return self


def key(text: str) -> Key:
    """ "Ddor", "A Minor", "HP", "none", "D exp _b _e ^f", "G =f", "Am clef=bass", "C treble-8".

    A letter alone is major by the standard, but collections write it for the relative minor too (in Ryan's 47 of 811
    such tunes end on the minor's tonic, in O'Neill's 46 of 1,358): so it states a signature, and no mode.
    """
    text = text.strip()
    explicit = {letter.upper(): ALTERS[sign] for sign, letter in ACCIDENTAL.findall(text)}
    if text[:2].upper() == "HP":  # the Highland pipe's scale, whether its sharps are drawn (Hp) or not (HP)
        return Key(2, None, _signature(2))
    found = TONIC.match(text)
    if not found or text.lower().startswith("none"):
        return Key(_sharps(explicit) if explicit else None, None, MappingProxyType(explicit))
    letter, sign, word = found.groups()
    if word.lower() == "exp":
        return Key(_sharps(explicit), None, MappingProxyType(explicit))
    word = word.lower()
    mode = word if word == "m" else word[:3] if word[:3] in MODES else ""
    sharps = FIFTHS.index(letter) - 1 + SIGNS[sign] + MODES.get(mode, 0)
    return Key(sharps, NAMES.get(mode), MappingProxyType({**_signature(sharps), **explicit}))


def _signature(sharps: int) -> dict[str, int]:
    """Alterations by letter; beyond seven sharps or flats, doubled."""
    alters: dict[str, int] = {}
    order = FIFTHS if sharps > 0 else FIFTHS[::-1]
    for place in range(abs(sharps)):
        letter = order[place % 7]
        alters[letter] = alters.get(letter, 0) + (1 if sharps > 0 else -1)
    return alters


def _sharps(explicit: Mapping[str, int]) -> int | None:
    """The usual signature that these alterations are, if they are one."""
    altered = {letter: alter for letter, alter in explicit.items() if alter}
    return next((sharps for sharps in range(-7, 8) if _signature(sharps) == altered), None)


def shifts(text: str, before: tuple[int, int, int]) -> tuple[int, int, int]:
    """`Settings.shifts` after a K: or V: field: transpose=-2, octave=1, treble-8. What it does not state goes on."""
    transpose, octave, clef = before
    if found := TRANSPOSE.search(text):
        transpose = int(found[1])
    if found := OCTAVE.search(text):
        octave = 12 * int(found[1])
    if found := OCTAVE_CLEF.search(text):
        clef = 12 if found[1] == "+" else -12
    elif CLEF.search(text):
        clef = 0
    return transpose, octave, clef


def metre(text: str) -> tuple[int, int] | None:
    """(numerator, denominator); "C" is 4/4, "C|" 2/2, "2+3/8" 5/8; None for "none" and whatever else is no metre."""
    text = text.strip()
    if text in ("C", "c"):
        return 4, 4
    if text in ("C|", "c|"):
        return 2, 2
    found = METRE.match(text)
    if not found or not int(found[2]):
        return None
    numerator = sum(int(number) for number in found[1].split("+"))
    return (numerator, int(found[2])) if numerator else None


def unit(text: str) -> Fraction | None:
    """The unit note length of an L: field, in quarters."""
    found = re.match(r"\s*(\d+)\s*/\s*(\d+)|\s*1\s*$", text)
    if not found or (found[2] and not int(found[2])):
        return None
    return Fraction(4 * int(found[1]), int(found[2])) if found[1] else Fraction(4)


def tempo(text: str, unit: Fraction) -> float | None:
    """Quarters a minute, of "1/4=100", "Allegro 3/8=50", "1/4 3/8=40" or "100" (of the unit note length)."""
    text = re.sub(r'"[^"]*"', " ", text).strip()
    found = re.search(r"([\d/\sC]*?)=?\s*(\d+(?:\.\d+)?)\s*$", text)
    if not found or not float(found[2]):
        return None
    beats = [Fraction(int(over), int(under)) for over, under in re.findall(r"(\d+)/(\d+)", found[1]) if int(under)]
    quarters = 4 * sum(beats) if beats else unit * int((re.findall(r"\d+", found[1]) or ["1"])[0])
    return round(float(found[2]) * float(quarters), 3) or None


def plain_text(text: str) -> str:
    r"""What \"u, \'e, \ss, \u00fc and &uuml; stand for, and \& and \% ."""

    def letter(found: re.Match[str]) -> str:
        code, ligature, accent, base = found.groups()
        if code:
            return chr(int(code, 16))
        return LIGATURES[ligature] if ligature else unicodedata.normalize("NFC", base + COMBINING[accent])

    if "\\" in text:  # two codes may stand for one character, and one of the two alone for none
        text = ESCAPE.sub(letter, text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = re.sub(r"\\([%&])", r"\1", text)
    return html.unescape(text).strip() if "&" in text else text.strip()
