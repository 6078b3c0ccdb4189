"""How high the notes of ABC sound: accidentals, which last to the barline, and ties. (ABC 2.1, 4.2, 4.11 and 11.3.)"""

import re
from collections.abc import Iterable
from typing import final

from regenkit_music.modality.abc_fields import ALTERS, Settings

NOTE = r"(?P<sign>\^\^?|__?|=)?(?P<letter>[A-Ga-g])(?P<octave>[,']*)(?P<length>\d*/*\d*)"
IN_CHORD = re.compile(NOTE + r"(?P<tie>-?)")
C4 = 60
SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@final
class Pitches:
    """The accidentals and ties of one voice, as far as they reach."""

    def __init__(self) -> None:
        self._accidentals: dict[int | str, int] = {}  # a natural pitch, or a letter → its alteration in this bar
        self._last: dict[int, int] = {}  # natural pitches of the last note or chord → their alterations
        self._tied: dict[int, int] = {}  # those of them that a tie follows

    def of(self, notes: Iterable[re.Match[str]], settings: Settings) -> tuple[tuple[int, bool], ...]:
        """(MIDI number, whether it is tied to the note before) of one note, or of each of a chord (matches of NOTE)."""
        tied, self._tied, self._last = self._tied, {}, {}
        found = []
        for note in notes:
            natural = _natural(note)
            goes_on = natural in tied and not note["sign"]  # the same note still, over a barline too
            alter = tied[natural] if goes_on else self._alter(note, natural, settings)
            self._last[natural] = alter
            if note.re is IN_CHORD and note["tie"]:
                self._tied[natural] = alter
            found.append((natural + alter + sum(settings.shifts), tied.get(natural) == alter))
        return tuple(found)

    def grace(self, notes: str, settings: Settings) -> int:
        """How many grace notes there are: they sound too short to be kept; their accidentals last like others."""
        found = list(IN_CHORD.finditer(notes))
        for note in found:
            self._alter(note, _natural(note), settings)
        return len(found)

    def tie(self) -> None:
        self._tied.update(self._last)

    def rest(self) -> None:
        self._tied, self._last = {}, {}

    def barline(self) -> None:
        self._accidentals.clear()

    def _alter(self, note: re.Match[str], natural: int, settings: Settings) -> int:
        letter = note["letter"].upper()
        reach: int | str = natural if settings.propagation == "octave" else letter
        if note["sign"]:
            if settings.propagation != "not":
                self._accidentals[reach] = ALTERS[note["sign"]]
            return ALTERS[note["sign"]]
        return self._accidentals.get(reach, settings.key.alters.get(letter, 0))


def _natural(note: re.Match[str]) -> int:
    letter, marks = note["letter"], note["octave"]
    octave = letter.islower() + marks.count("'") - marks.count(",")
    return C4 + SEMITONES[letter.upper()] + 12 * octave
