"""MusicXML's signs: what holds from where it is written on, and what its barlines and tempo marks say."""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

BEAT_UNITS = {
    "breve": Fraction(8), "whole": Fraction(4), "half": Fraction(2), "quarter": Fraction(1), "eighth": Fraction(1, 2),
    "16th": Fraction(1, 4), "32nd": Fraction(1, 8),
}  # fmt: skip
"""Quarters in each."""
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
DOUBLE = ("light-light", "light-heavy", "heavy-light", "heavy-heavy")


@dataclass
class Signs:
    """The signs in force for one part.

    metre        (numerator, denominator); None where there is none
    fifths       of the key signature as written; None where none is
    transposed   staff (None: all of the part) → semitones from what is written to what sounds
    """

    divisions: Fraction = Fraction(1)
    metre: tuple[int, int] | None = None
    fifths: int | None = None
    mode: str | None = None
    transposed: dict[str | None, int] = field(default_factory=dict)

    def read(self, attributes: "_Element") -> None:
        """Takes over what an <attributes> element says; of signs that differ between staves, the first staff's."""
        if divisions := attributes.findtext("divisions"):
            self.divisions = Fraction(divisions.strip())
        for key in attributes.iterfind("key"):
            if key.get("number", "1") == "1" and (fifths := key.findtext("fifths")):
                self.fifths = int(fifths)
                self.mode = key.findtext("mode", "").strip().lower() or None
        for time in attributes.iterfind("time"):
            if time.get("number", "1") == "1":
                self.metre = _metre(time)
        for transpose in attributes.iterfind("transpose"):
            octaves = int(transpose.findtext("octave-change", "0"))
            semitones = int(float(transpose.findtext("chromatic", "0")))
            self.transposed[transpose.get("number")] = semitones + 12 * octaves

    def quarters(self, element: "_Element") -> Fraction:
        """The duration of a note, rest, backup or forward."""
        duration = Fraction(element.findtext("duration", "0").strip()) / self.divisions
        rest = element.find("rest")
        if rest is not None and rest.get("measure") == "yes" and self.metre:
            # some programs write a whole rest's four quarters in every metre
            return min(duration, Fraction(4 * self.metre[0], self.metre[1]))
        return duration

    def semitones(self, staff: str) -> int:
        return self.transposed.get(staff, self.transposed.get(None, 0))

    @property
    def sharps(self) -> int | None:
        """Of the key as it sounds: a semitone up is seven fifths up."""
        semitones = self.semitones("1")
        if self.fifths is None or not semitones % 12:
            return self.fifths
        return (self.fifths + 7 * semitones + 5) % 12 - 5


def _metre(time: "_Element") -> tuple[int, int] | None:
    """3+2/8 is 5/8, and 3/8 + 2/4 is 7/8. None where there is none (senza misura)."""
    beats = [sum(int(each) for each in (one.text or "").split("+")) for one in time.iterfind("beats")]
    types = [int(one.text or "") for one in time.iterfind("beat-type")]
    if not beats or not all(beats) or not all(types) or len(beats) != len(types):
        return None
    smallest = max(types)
    return sum(count * smallest // unit for count, unit in zip(beats, types, strict=True)), smallest


def tempo(element: "_Element") -> float | None:
    """Quarters a minute, by the sound if it says so, else by the mark."""
    sound = element if element.tag == "sound" else element.find("sound")
    if sound is not None and (stated := sound.get("tempo")):
        return float(stated) if float(stated) > 0 and isfinite(float(stated)) else None
    for mark in element.iterfind("direction-type/metronome"):
        unit, number = BEAT_UNITS.get(mark.findtext("beat-unit", "")), NUMBER.search(mark.findtext("per-minute", ""))
        if unit and number:
            dots = len(mark.findall("beat-unit-dot"))
            return float(unit * (2 - Fraction(1, 2**dots))) * float(number[0].replace(",", "."))
    return None


def barline(element: "_Element") -> tuple[bool, bool]:
    """Whether a part of the piece begins, and whether one ends here."""
    repeat = element.find("repeat")
    direction = repeat.get("direction") if repeat is not None else None
    double = element.findtext("bar-style", "").strip() in DOUBLE
    left = element.get("location", "right") == "left"
    return direction == "forward" or (double and left), direction == "backward" or (double and not left)
