"""Tunes of ABC files, by the standard 2.1 (abcnotation.com/wiki/abc:standard:v2.1): the one reader of ABC.

music21 is not used here. By default it reads ABC 1.3, in which an accidental is the note's alone; it knows no words.
Told that a file is ABC 2.1, it still loses notes behind decorations ("Hc", "vB": in 12 of 50 tunes of O'Neill's) and
the accidental of a note tied over a barline, and "(3(ABc)" is no triplet to it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import final

from regenkit_music.modality import abc_words
from regenkit_music.modality.abc_fields import Settings, plain_text, shift
from regenkit_music.modality.abc_music import Event, VoiceReader
from regenkit_music.modality.encoding import decoded
from regenkit_music.modality.reading import Reading, joined
from regenkit_music.modality.voice import read_voice

FIELD = re.compile(r"([A-Za-z+]):(?![|:])(.*)")
COMMENT = re.compile(r"(?<!\\)%.*")
VOICE_CHANGE = re.compile(r"\[V:\s*([^\]]*)\]")
VOICE_NAME = re.compile(r'\b(?:nm|name)="([^"]*)"')
MUSIC = re.compile(r'(?=.*\|)(?=.*[A-Ga-g])(?:"[^"]*"|![^!]*!|[A-Ga-gzxyZHLMOPSTuv\d,\'/|:\[\](){}<>^=_.~&\s\\$-])+')
CHARSET = re.compile(rb"(?m)^(?:%%|I:)\s*abc-charset\s+([\w-]+)")
REMARKS = {
    "verses": "lines of further verses, not sung",
    "lost": "syllables that find no note on their line, left out",
    "overlays": "bars with a second line after &, which is left out",
    "after": "lines of music after an empty line, which ends a tune, left out",
}


@final
@dataclass
class _Voice:
    """A voice that is being read, with the notes of its last line of music, which the w: lines after it belong to."""

    reader: VoiceReader
    name: str
    line: list[tuple[Event, int]] = field(default_factory=list)
    sung: bool = False  # the line has its first verse
    goes_on: bool = False  # the line ended in a backslash
    syllables: int = 0
    notes: int = 0

    def music(self, text: str) -> None:
        text = text.rstrip()
        goes_on = text.endswith("\\")
        notes = self.reader.line(text)
        self.line = self.line + notes if self.goes_on else notes
        self.sung, self.goes_on = False, goes_on
        self.notes += len(notes)

    def words(self, text: str, counts: Counter[str]) -> None:
        if self.sung:
            counts["verses"] += 1
            return
        first = self.line[0][1] if self.line else 0
        syllables, lost = abc_words.aligned(text, [bar - first for _, bar in self.line])
        for (event, _), syllable in zip(self.line, syllables, strict=True):
            event.syllable = syllable
            self.syllables += syllable not in ("", abc_words.HELD)
        self.sung = True
        counts["lost"] += lost


def read_abc(path: Path, encoding: str | None = None) -> Reading:
    """The tunes of an ABC file, each by its reference number. Raises BadSource where none of them can be read."""
    data = path.read_bytes()
    said = CHARSET.search(data)
    if encoding is None and said:
        encoding = said[1].decode()
    found = list(tunes(decoded(data, encoding, path)))
    if not found:
        return joined(path, [Reading(tunes=(), left_out=(("", "has no tune (one begins with X:)"),))])
    alone = len(found) == 1
    return joined(path, (read_tune(text, "" if alone else name) for name, text in found))


def tunes(text: str) -> Iterator[tuple[str, str]]:
    """(name, text) of each tune of a file: its reference number, made distinct, and its lines after the file's header.

    Text without X: is one tune if it has a key (K:).
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    head, *rest = re.split(r"(?m)^(?=X:)", text)
    if not rest:
        if re.search(r"(?m)^K:", head):
            yield "", head
        return
    seen: Counter[str] = Counter()
    for number, tune in enumerate(rest, start=1):
        name = tune[2:].partition("\n")[0].partition("%")[0].strip() or f"tune {number}"
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})", head + tune


def read_tune(text: str, name: str) -> Reading:
    """One tune, after the file's header if there is one: the voice with the most words, else the first."""
    voices: dict[str, _Voice] = {}
    voice: _Voice | None = None
    defined: dict[str, str] = {}
    settings, title = Settings(), ""
    counts: Counter[str] = Counter()
    in_tune = not re.search(r"(?m)^X:", text)
    in_body = ended = False

    def chosen(value: str) -> _Voice:
        parts = value.split()
        called = parts[0] if parts else ""
        about = f"{defined.get(called, '')} {value}"
        if called not in voices:
            nm = VOICE_NAME.search(about)
            own = replace(settings, shift=shift(about))
            voices[called] = _Voice(VoiceReader(own), plain_text(nm[1]) if nm else called)
        return voices[called]

    for key, value in _lines(text):
        if key == "X":
            in_tune = True
        elif (key in tuple("MLQI") and not in_body) or (key == "K" and in_tune and not in_body):
            settings = settings.changed(key, value)
            in_body = key == "K"
        elif not in_tune:
            continue
        elif key == "T":
            title = title or plain_text(value)
        elif key == "V" and not in_body:
            defined[(value.split() or [""])[0]] = value
        elif not key and not value:
            ended = ended or any(each.notes for each in voices.values())
        elif ended:
            counts["after"] += not key and MUSIC.fullmatch(value) is not None
        elif key == "V":
            voice = chosen(value)
        elif key == "w" and voice:
            voice.words(plain_text(value), counts)
        elif key in tuple("KMLQI") and voice:
            voice.reader.change(key, value)
        elif key in tuple("KMLQI"):
            settings = settings.changed(key, value)
        elif not key and (in_body or MUSIC.fullmatch(value)):
            in_body = True
            for place, part in enumerate(VOICE_CHANGE.split(value)):
                if place % 2:
                    voice = chosen(part)
                elif part.strip():
                    voice = voice or chosen("")
                    voice.music(part)
    return _of(list(voices.values()), name, title, counts)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """(field's letter, value); "" for a line of music, "I" for a %% directive. Continued fields in one piece."""
    last: tuple[str, str] | None = None
    typeset = False
    for line in text.split("\n"):
        if line.startswith("%%"):
            typeset = line.startswith("%%begin") or (typeset and not line.startswith("%%end"))
            line = f"I:{line[2:]}"
        elif typeset or line.startswith("%"):
            continue
        line = COMMENT.sub("", line)
        found = FIELD.match(line)
        key, value = (found[1], found[2]) if found else ("", line.rstrip())
        if last and (key == "+" or (key == last[0] == "w" and last[1].rstrip().endswith("\\"))):
            last = (last[0], f"{last[1].rstrip().removesuffix(chr(92))} {value.strip()}")
            continue
        if last:
            yield last
        last = (key, value)
    if last:
        yield last


def _of(voices: list[_Voice], name: str, title: str, counts: Counter[str]) -> Reading:
    voices = [voice for voice in voices if voice.notes]
    if not voices:
        return Reading(tunes=(), left_out=((name, "has no notes"),))
    voice = max(voices, key=lambda each: each.syllables)
    counts["overlays"] += voice.reader.overlays
    remarks = [f"{sentence}: {counts[what]}" for what, sentence in REMARKS.items() if counts[what]]
    if len(voices) > 1:
        others = ", ".join(each.name for each in voices if each is not voice)
        remarks.append(f"one voice of several is read; left out: {others}")
    reading = read_voice(voice.reader.bars(), name=name, title=title)
    found = tuple(replace(tune, song=name, remarks=(*remarks, *tune.remarks)) for tune in reading.tunes)
    return replace(reading, tunes=found)
