"""The music of an ABC tune: lines of notes into the bars of one voice. (ABC 2.1, section 4.)"""

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import final

from regenkit_music.modality.abc_fields import Settings
from regenkit_music.modality.abc_pitch import IN_CHORD, NOTE, Pitches
from regenkit_music.modality.abc_words import HELD
from regenkit_music.modality.line import Sung
from regenkit_music.modality.verses import endings, once
from regenkit_music.modality.voice import Bar

TOKEN = re.compile(
    rf"""\+(?P<old>(?!f+\+)(?:[_^=]*[A-Ga-g][,']*[\d/]*){{2,}})\+
    |(?P<skipped>"[^"]*"|![^!|\n]*!|\+[^+|\n]*\+)
    |\[(?P<name>[A-Za-z]):(?P<value>[^\]]*)\]
    |\{{(?P<grace>[^}}]*)\}}
    |(?P<bar>\[\|\]|\[\|[:\]]*|:*\|[|:\]]*|::+)(?P<number>\s*\[?\d[\d,.\-]*)?
    |(?P<ending>\[(?:\d[\d,.\-]*|"[^"]*"(?![^|\[\]]*\])))
    |\((?P<p>\d)(?::(?P<q>\d*))?(?::(?P<r>\d*))?
    |\[(?P<chord>[^\]|]*)\](?P<times>\d*/*\d*)
    |(?P<note>{NOTE})
    |(?P<rest>[zxZX])(?P<lasting>\d*/*\d*)
    |(?P<broken>>+|<+)
    |(?P<tie>-)
    |(?P<overlay>&)""",
    re.VERBOSE,
)
"""Old files write chords as "+ceg+" and end lines of print with one "!", so no decoration reaches over a barline.

Text right after "[" names an ending, unless a "]" before the next barline makes it a chord's.
"""
NO_NOTES = re.compile(r'"[^"]*"|![^!]*!|\+[^+]*\+')
"""What stands beside the notes of a chord: a chord symbol or other text, and decorations."""
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
    passes: frozenset[int] = frozenset()  # that the ending is for
    closes: bool = False  # a repeat or a double bar ends it

    @property
    def sung(self) -> int:
        return sum(event.syllable not in ("", HELD) for event in self.events)

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
            notes=tuple(notes), length=onset, metre=said.metre, sharps=said.sharps, mode=said.key.mode,
            tempo=said.tempo, plain=self.plain, ending=self.ending,
        )  # fmt: skip


@final
class VoiceReader:
    """One voice of a tune, fed line by line.

    overlays   bars with a second line after "&", which is not read
    graces     grace notes, which are not read
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = replace(settings, length=settings.unit)
        self.overlays, self.graces = 0, 0
        self._measures = [Measure(self.settings)]
        self._pitches = Pitches()
        self._last: Event | None = None
        self._factor = Fraction(1)  # of the next note: the second of a broken rhythm
        self._tuplet, self._in_tuplet = Fraction(1), 0
        self._overlay = False
        self._passes: frozenset[int] = frozenset()

    def bars(self) -> tuple[list[Bar], int]:
        """What is read of all, in order, and how many bars of other endings are not (see `verses.once`)."""
        measures = [measure for measure in self._measures if measure.events]
        brackets = _ended([measure.passes for measure in measures])
        taken = once(brackets, [each.sung for each in measures], [each.closes for each in measures], 1)
        return [measures[place].bar() for place in taken], len(measures) - len(taken)

    @property
    def bar(self) -> int:
        """The number of the bar that is being read."""
        return len(self._measures)

    def change(self, name: str, value: str) -> None:
        """Take a field. A new key or metre within a bar begins another one."""
        self.settings = self.settings.changed(name, value)
        if not self._measures[-1].events:
            self._measures[-1].settings = self.settings
        elif name in "KM":
            self._measures[-1].plain = False
            self._measures.append(Measure(self.settings, passes=self._passes))

    def line(self, text: str) -> list[tuple[Event, int]]:
        """Read a line of music. Its notes (no rests, no grace notes), each with the number of its bar."""
        found: list[tuple[Event, int]] = []
        for token in TOKEN.finditer(text):
            if token["bar"] or token["ending"]:
                self._close(token["bar"] or "[", token["number"] or token["ending"])
            elif self._overlay:
                continue
            elif token["name"]:
                self.change(token["name"], token["value"])
            elif token["grace"]:
                self.graces += self._pitches.grace(token["grace"], self.settings)
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
                found.append((event, self.bar))
        return found

    def _close(self, sign: str, bracket: str | None) -> None:
        """End the bar at a barline, or begin an ending at "[" without one. Any but a plain barline ends an ending."""
        self._overlay = False
        self._pitches.barline()
        plain, last = sign == "|", self._measures[-1]
        closes = sign not in ("|", "|:", "[|:", "[")
        if bracket is not None:
            self._passes = _numbers(bracket)
        elif not plain:
            self._passes = frozenset()
        if last.events:
            last.plain, last.closes = plain, closes
            self._measures.append(Measure(self.settings, ending=bracket is not None, passes=self._passes))
            return
        last.ending |= bracket is not None
        last.passes = self._passes
        if len(self._measures) > 1:
            self._measures[-2].plain &= plain
            self._measures[-2].closes |= closes

    def _event(self, token: re.Match[str]) -> Event | None:
        """The note, chord or rest; None where the token is neither."""
        unit = self.settings.unit
        if token["note"]:
            event = Event(unit * times(token["length"]), self._pitches.of([token], self.settings))
        elif notes := list(IN_CHORD.finditer(NO_NOTES.sub(" ", token["chord"] or "") or token["old"] or "")):
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


def _numbers(bracket: str) -> frozenset[int]:
    """ "1", "[2", "|1,3", "1-3"; none of a text."""
    found = re.findall(r"(\d{1,3})(?:-(\d{1,3}))?", bracket) if '"' not in bracket else []
    return frozenset(number for first, last in found for number in range(int(first), int(last or first) + 1))


def _ended(brackets: list[frozenset[int]]) -> list[frozenset[int]]:
    """The endings, none longer than the first of its repeat: books write no double bar where the last one ends."""
    found = list(brackets)
    place = 0
    while place < len(found):
        group = endings(found, place)
        for ending in group[1:]:
            for surplus in ending[len(group[0]) :]:
                found[surplus] = frozenset()
        place = group[-1][-1] + 1 if group else place + 1
    return found


def times(text: str) -> Fraction:
    """The multiple of the unit: "3", "3/2", "/" (a half), "//" (a quarter), "/4", "" (one)."""
    written = re.fullmatch(r"(\d*)(/*)(\d*)", text or "")
    if written is None:
        raise ValueError(f"{text!r} is no length of a note")
    over, slashes, under = written.groups()
    divisor = int(under) if under and slashes else 2 ** len(slashes)
    return Fraction(int(over or 1), divisor) if divisor else Fraction(0)
