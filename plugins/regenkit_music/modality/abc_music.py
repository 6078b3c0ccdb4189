"""The music of an ABC tune: lines of notes into the bars of one voice. (ABC 2.1, section 4.)"""

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import final

from regenkit_music.modality.abc_fields import Settings
from regenkit_music.modality.abc_pitch import IN_CHORD, NOTE, Pitches
from regenkit_music.modality.abc_words import HELD
from regenkit_music.modality.line import Sung
from regenkit_music.modality.voice import Bar

TOKEN = re.compile(
    rf"""(?P<skipped>"[^"]*"|![^!\n]*!|\+[^+\n]*\+)
    |\[(?P<name>[A-Za-z]):(?P<value>[^\]]*)\]
    |\{{(?P<grace>[^}}]*)\}}
    |(?P<bar>\[\|\]|\[\|[:\]]*|:*\|[|:\]]*|::+)(?P<number>\s*\[?\d[\d,.\-]*)?
    |(?P<ending>\[(?:\d[\d,.\-]*|"[^"]*"))
    |\((?P<p>\d)(?::(?P<q>\d*))?(?::(?P<r>\d*))?
    |\[(?P<chord>[^\]|]*)\](?P<times>\d*/*\d*)
    |(?P<note>{NOTE})
    |(?P<rest>[zxZX])(?P<lasting>\d*/*\d*)
    |(?P<broken>>+|<+)
    |(?P<tie>-)
    |(?P<overlay>&)""",
    re.VERBOSE,
)
IN_TIME_OF = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
"""Of so many notes of a tuplet, how many usual ones last as long; of 5, 7 and 9, three in compound metres, else two."""


@final
@dataclass
class Event:
    """A note, a chord or a rest.

    length    in quarters
    pitches   MIDI numbers, each with whether it is tied to the one before; none in a rest
    syllable  "" without one, or HELD
    """

    length: Fraction
    pitches: tuple[tuple[int, bool], ...] = ()
    syllable: str = ""


@final
@dataclass
class Measure:
    """A bar that is being read."""

    settings: Settings
    events: list[Event] = field(default_factory=list)
    plain: bool = True
    ending: bool = False

    def bar(self) -> Bar:
        notes: list[Sung] = []
        onset = Fraction(0)
        for event in self.events:
            for place, (pitch, tied) in enumerate(sorted(event.pitches, reverse=True)):
                syllable = event.syllable if not place else ""
                held = syllable == HELD
                notes.append(Sung(onset, onset + event.length, pitch, "" if held else syllable, tied, held))
            onset += event.length
        said = self.settings
        return Bar(
            notes=tuple(notes), length=onset, metre=said.metre, sharps=said.key.sharps, mode=said.key.mode,
            tempo=said.tempo, plain=self.plain, ending=self.ending,
        )  # fmt: skip


@final
class VoiceReader:
    """One voice of a tune, fed line by line.

    overlays   bars with a second line after "&", which is not read
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = replace(settings, length=settings.unit)
        self.overlays = 0
        self._measures = [Measure(self.settings)]
        self._pitches = Pitches()
        self._last: Event | None = None
        self._factor = Fraction(1)  # of the next note: the second of a broken rhythm
        self._tuplet, self._in_tuplet = Fraction(1), 0
        self._overlay = False

    def bars(self) -> list[Bar]:
        """All that were read, in order."""
        return [measure.bar() for measure in self._measures if measure.events]

    def change(self, name: str, value: str) -> None:
        """Take a field. A new key or metre within a bar begins another one."""
        self.settings = self.settings.changed(name, value)
        if not self._measures[-1].events:
            self._measures[-1].settings = self.settings
        elif name in "KM":
            self._measures[-1].plain = False
            self._measures.append(Measure(self.settings))

    def line(self, text: str) -> list[tuple[Event, int]]:
        """Read a line of music. Its notes (no rests, no grace notes), each with the number of its bar."""
        found: list[tuple[Event, int]] = []
        for token in TOKEN.finditer(text):
            if token["bar"] or token["ending"]:
                self._close(token["bar"] or "[", bool(token["number"] or token["ending"]))
            elif self._overlay:
                continue
            elif token["name"]:
                self.change(token["name"], token["value"])
            elif token["grace"]:
                self._pitches.grace(token["grace"], self.settings)
            elif token["p"]:
                self._begin_tuplet(int(token["p"]), token["q"], token["r"])
            elif token["broken"]:
                self._break(token["broken"])
            elif token["tie"]:
                self._pitches.tie()
            elif token["overlay"]:
                self._overlay = True
                self.overlays += 1
            elif (event := self._event(token)) and event.pitches:
                found.append((event, len(self._measures)))
        return found

    def _close(self, sign: str, ending: bool) -> None:
        """End the bar at a barline, or begin an ending at "[" without one."""
        self._overlay = False
        self._pitches.barline()
        plain, last = sign == "|", self._measures[-1]
        if last.events:
            last.plain = plain
            self._measures.append(Measure(self.settings, ending=ending))
            return
        last.ending |= ending
        if len(self._measures) > 1:
            self._measures[-2].plain &= plain

    def _event(self, token: re.Match[str]) -> Event | None:
        """The note, chord or rest; None where the token is neither."""
        unit = self.settings.unit
        if token["note"]:
            event = Event(unit * times(token["length"]), self._pitches.of([token], self.settings))
        elif notes := list(IN_CHORD.finditer(token["chord"] or "")):
            length = times(notes[0]["length"]) * times(token["times"])
            event = Event(unit * length, self._pitches.of(notes, self.settings))
        elif token["rest"]:
            self._pitches.rest()
            metre = self.settings.metre or (4, 4)
            whole = Fraction(4 * metre[0], metre[1]) if token["rest"] in "ZX" else unit
            event = Event(whole * times(token["lasting"]))
        else:
            return None
        event.length *= self._factor * (self._tuplet if self._in_tuplet else 1)
        self._factor, self._in_tuplet = Fraction(1), max(self._in_tuplet - 1, 0)
        self._last = event
        self._measures[-1].events.append(event)
        return event

    def _begin_tuplet(self, p: int, q: str | None, r: str | None) -> None:
        compound = self.settings.metre is not None and self.settings.metre[0] in (6, 9, 12)
        of = int(q) if q else IN_TIME_OF.get(p, 3 if compound else 2)
        if p and of:
            self._tuplet, self._in_tuplet = Fraction(of, p), int(r) if r else p

    def _break(self, signs: str) -> None:
        """ "a>b": the first dotted, the second halved; each further sign halves again."""
        short = Fraction(1, 2 ** len(signs))
        first, second = (2 - short, short) if signs[0] == ">" else (short, 2 - short)
        if self._last:
            self._last.length *= first
            self._factor = second


def times(text: str) -> Fraction:
    """The multiple of the unit: "3", "3/2", "/" (a half), "//" (a quarter), "/4", "" (one)."""
    written = re.fullmatch(r"(\d*)(/*)(\d*)", text or "")
    if written is None:
        raise ValueError(f"{text!r} is no length of a note")
    over, slashes, under = written.groups()
    divisor = int(under) if under and slashes else 2 ** len(slashes)
    return Fraction(int(over or 1), divisor) if divisor else Fraction(0)
