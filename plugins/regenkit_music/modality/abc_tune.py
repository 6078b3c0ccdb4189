"""One tune of ABC, line by line: its header, its voices, and which of them is read."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import final

from regenkit_music.modality import abc_words
from regenkit_music.modality.abc_fields import Settings, plain_text
from regenkit_music.modality.abc_music import Event, VoiceReader
from regenkit_music.modality.reading import Reading
from regenkit_music.modality.voice import read_voice

VOICE_CHANGE = re.compile(r"\[V:\s*([^\]]*)\]")
VOICE_NAME = re.compile(r'\b(?:nm|name)="([^"]*)"')
MUSIC = re.compile(r'(?=.*\|)(?=.*[A-Ga-g])(?:"[^"]*"|![^!]*!|[A-Ga-gzxyZHLMOPSTuv\d,\'/|:\[\](){}<>^=_.~&\s\\$-])+')
NO_TEXT = re.compile(r'"[^"]*"|![^!|]*!|\[[A-Za-z]:[^\]]*\]')
WORD = re.compile(r"""(?<!\S)["'(]*(?=[A-Za-z]*[h-tw])[A-Za-z]{3,}[.,;:!?)"']*(?!\S)""")
"""A word with a letter that is no note."""
NOTES = re.compile(r"(?=.*[A-Ga-gxzXZ])[A-Ga-gzxZX\d,'/:\[\](){}<>^=_.~&\\$-]+")
CAPITAL_WITHIN = re.compile(r"[A-Za-z][A-Z]")
UNPLAYED = re.compile(r"[A-Zh-w][h-w]")
IN_HEADERS = frozenset("MLQI")
IN_BODIES = IN_HEADERS | {"K"}
REMARKS = {
    "verses": "lines of further verses, not sung",
    "lost": "syllables that find no note on their line, left out",
    "endings": "measures of other endings, not read",
    "graces": "grace notes, left out",
    "overlays": "bars with a second line after &, which is left out",
    "text": "lines of text among the music, left out",
    "after": "lines of music after an empty line, which ends a tune, left out",
}


@final
@dataclass
class _Voice:
    """A voice that is being read.

    unsung   its notes since the last w: line, each with the number of its bar
    starts   where in `unsung` its last line of music begins, and with which bar
    """

    reader: VoiceReader
    name: str
    unsung: list[tuple[Event, int]] = field(default_factory=list)
    starts: tuple[int, int] = (0, 1)
    first: int = 1  # the bar with which `unsung` begins
    sung: bool = False  # it has its first verse, and no line of music has begun since
    goes_on: bool = False  # the line ended in a backslash
    syllables: int = 0
    notes: int = 0

    def music(self, text: str) -> None:
        text = text.rstrip()
        goes_on = text.endswith("\\")
        if self.sung or not self.unsung:
            self.unsung, self.first = [], self.reader.bar
        if self.sung or not self.goes_on:
            self.starts = len(self.unsung), self.reader.bar
        self.sung = False
        notes = self.reader.line(text)
        self.unsung += notes
        self.goes_on = goes_on
        self.notes += len(notes)

    def words(self, text: str, counts: Counter[str]) -> None:
        if self.sung:
            counts["verses"] += 1
            return
        place, bar = self.starts
        syllables, lost = self._aligned(text, place, bar)
        if lost and place:  # by the standard they are of all music since the last words; they are where they fit better
            whole, fewer = self._aligned(text, 0, self.first)
            bare = next((count for count, syllable in enumerate(reversed(whole)) if syllable), len(whole))
            if fewer + bare < lost:
                syllables, lost, place = whole, fewer, 0
        for (event, _), syllable in zip(self.unsung[place:], syllables, strict=True):
            event.syllable = syllable
            self.syllables += syllable not in ("", abc_words.HELD)
        self.sung = True
        counts["lost"] += lost

    def _aligned(self, text: str, place: int, first: int) -> tuple[list[str], int]:
        """The words on the notes from a place on, whose bars count from `first`; how many of them find no note."""
        return abc_words.aligned(text, [bar - first for _, bar in self.unsung[place:]])


@final
class TuneReader:
    """Takes the lines of a tune, after those of its file's header; `in_tune` where there are none of those."""

    def __init__(self, in_tune: bool) -> None:
        self._in_tune, self._in_body, self._ended = in_tune, False, False
        self._settings, self._title = Settings(), ""
        self._defined: dict[str, str] = {}  # V: fields of the header
        self._voices: dict[str, _Voice] = {}
        self._voice: _Voice | None = None
        self._counts: Counter[str] = Counter()

    def take(self, key: str, value: str) -> None:
        """A field's letter and value; "" for a line of music or an empty line."""
        if key == "X":
            self._in_tune = True
        elif not self._in_body and (key in IN_HEADERS or (key == "K" and self._in_tune)):
            self._settings = self._settings.changed(key, value)
            self._in_body = key == "K"
        elif not self._in_tune:
            return
        elif not key and not value:
            self._ended = self._ended or any(voice.notes for voice in self._voices.values())
        elif self._ended:
            self._counts["after"] += not key and MUSIC.fullmatch(value) is not None
        elif key == "T":
            self._title = self._title or plain_text(value)
        elif key == "V" and not self._in_body:
            self._defined[_id(value)] = value
        elif key == "V":
            self._voice = self._voice_of(value)
        elif key == "w" and self._voice:
            self._voice.words(plain_text(value), self._counts)
        elif key in IN_BODIES and self._voice:
            self._voice.reader.change(key, value)
        elif key in IN_BODIES:
            self._settings = self._settings.changed(key, value)
        elif not key and self._in_body and _is_text(value):
            self._counts["text"] += 1
        elif not key and (self._in_body or MUSIC.fullmatch(value)):
            self._in_body = True
            self._music(value)

    def _music(self, line: str) -> None:
        for place, part in enumerate(VOICE_CHANGE.split(line)):
            if place % 2:
                self._voice = self._voice_of(part)
            elif part.strip():
                self._voice = self._voice or self._voice_of("")
                self._voice.music(part)

    def _voice_of(self, value: str) -> _Voice:
        """The voice that a V: field names, made where it is new."""
        called = _id(value)
        if called not in self._voices:
            about = f"{self._defined.get(called, '')} {value}"
            name = VOICE_NAME.search(about)
            own = self._settings.changed("V", self._defined.get(called, "")).changed("V", value)
            self._voices[called] = _Voice(VoiceReader(own), plain_text(name[1]) if name else called)
        else:
            self._voices[called].reader.change("V", value)
        return self._voices[called]

    def reading(self, name: str) -> Reading:
        """What was found in all lines, under the tune's name."""
        voices = [voice for voice in self._voices.values() if voice.notes]
        if not voices:
            return Reading(tunes=(), left_out=((name, "has no notes"),))
        voice = max(voices, key=lambda each: each.syllables)
        bars, other_endings = voice.reader.bars()
        counts = self._counts + Counter(
            overlays=voice.reader.overlays, graces=voice.reader.graces, endings=other_endings
        )
        remarks = [f"{sentence}: {counts[what]}" for what, sentence in REMARKS.items() if counts[what]]
        if len(voices) > 1:
            others = ", ".join(each.name for each in voices if each is not voice)
            remarks.append(f"one voice of several is read; left out: {others}")
        reading = read_voice(bars, name=name, title=self._title)
        found = tuple(replace(tune, song=name, remarks=(*remarks, *tune.remarks)) for tune in reading.tunes)
        return replace(reading, tunes=found)


def _is_text(line: str) -> bool:
    """Whether a line is text, which old files have among the music: of two words, with a barline more words than music.

    Decorations before notes look like words ("kgBkaB"), so with a barline a word must have two letters that are no
    notes side by side, and no capital within any.
    """
    plain = NO_TEXT.sub(" ", line)
    words = WORD.findall(plain)
    if "|" not in line:
        return len(words) > 1
    parts = plain.replace("|", " ").split()
    music = sum(NOTES.fullmatch(part) is not None for part in parts)
    words = [word for word in words if not CAPITAL_WITHIN.search(word)]
    return len(words) > max(music, 1) and any(map(UNPLAYED.search, words))


def _id(value: str) -> str:
    """The first word of a V: field."""
    return (value.split() or [""])[0]
