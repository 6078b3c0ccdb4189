"""The words of a MIDI or karaoke file: which events are sung, and how they make words.

Lyric events by RP-017 (a space ends a word, CR a line, LF a paragraph) and RP-026 ("{#Title=…}", "[ruby]"); plain text
events as Soft Karaoke writes them ("@T" the title, "\\\\" and "/" before a paragraph or line, a space before a word);
Yamaha XF ("^" a space, "<" and "/" lines, "%" a tab); or "-" at the end of a syllable that its word goes on from.
Plain text without any of these marks is a credit, and nobody sings it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import final

from regenkit.data.text_encoding import encoding_of
from regenkit.errors import BadSource
from regenkit_music.modality.midi_file import Song

TITLE_TAG = re.compile(r"\{#Title=([^}]*)\}")
TAGS = re.compile(r"\{[@#][^}]*\}|\[[^\]]*\]|^\$Lyrc:.*|^@.*|^\s*\d+[.)](?=\s*[^\W\d])", re.DOTALL)
"""What is not sung: tags, ruby, headers, and the number of a verse."""
BREAKS = re.compile(r"[\\/<^%\r\n\v\t\u3000]+")
HELD = "-‐‑–—_~+ "  # an event of these alone holds the syllable before
HYPHENS = "-‐‑"
FEW = 4  # times as many texts as lyric events make the texts the words
VERSES = 0.3  # share of notes with several words at once, or a break within their event, from which those are verses
SPACED = 0.1  # share of events with a space at an end from which spaces, not hyphens, part the words


@final
@dataclass(frozen=True, kw_only=True)
class Event:
    """A syllable (or more) at a time in quarters; "-" at its end where the word goes on."""

    time: Fraction
    text: str


@final
@dataclass(frozen=True, kw_only=True)
class Words:
    """What is sung, from which track, the title ("" where none is stated), and what is left out, a sentence each."""

    events: tuple[Event, ...]
    track: int
    title: str
    remarks: tuple[str, ...]


@final
@dataclass(frozen=True, kw_only=True)
class Texts:
    """All text of one track."""

    name: str
    lyrics: list[Event]
    texts: list[Event]

    @property
    def is_karaoke(self) -> bool:
        return any(event.text.startswith(("@", "\\", "/", "<")) for event in self.texts)


def read_words(song: Song, encoding: str | None, path: str | Path) -> Words:
    """The words of a song. Raises BadSource where they are in an encoding that can't be told."""
    tracks = _decoded(song, encoding, path)
    lyrics = [_sung(track.lyrics) for track in tracks]
    texts = [_sung(track.texts) if track.is_karaoke else [] for track in tracks]
    if not any(map(_letters, texts)) and any(track.is_karaoke for track in tracks):  # headers on a track of their own
        texts = [_sung(track.texts) for track in tracks]
    fullest = max(lyrics, key=_letters, default=[])
    chosen = lyrics if _letters(fullest) * FEW >= max(map(_letters, texts), default=0) else texts
    place = max(range(len(chosen)), key=lambda index: (_letters(chosen[index]), len(chosen[index])))
    others = sum(bool(_letters(events)) for index, events in enumerate(chosen) if index != place)
    events, later = _first_verse(chosen[place])
    remarks = {"words of other tracks, left out": others, "syllables of later verses, left out": later}
    return Words(
        events=tuple(_parted(events)),
        track=place,
        title=_title(song, tracks),
        remarks=tuple(f"{sentence}: {count}" for sentence, count in remarks.items() if count),
    )


def _decoded(song: Song, encoding: str | None, path: str | Path) -> list[Texts]:
    sung = [text for track in song.tracks for _, text in (*track.lyrics, *track.texts)]
    names = [b"\n%b\n" % track.name for track in song.tracks]
    apart = [b"\n%b\n" % text if text.startswith(b"@") else text for text in sung]  # no parts of the words beside them
    try:
        name = encoding_of([text for text in (*apart, *names) if text.strip()], encoding, path)
    except BadSource:
        if not all(text.isascii() for text in sung):
            raise
        name = "ascii"  # only names of tracks can't be told; they become no titles

    def read(events: Sequence[tuple[Fraction, bytes]]) -> list[Event]:
        return [Event(time=time, text=_plain(text, name)) for time, text in events]

    return [
        Texts(name=_plain(track.name, name).strip(), lyrics=read(track.lyrics), texts=read(track.texts))
        for track in song.tracks
    ]


def _plain(data: bytes, encoding: str) -> str:
    return data.decode(encoding, "replace").strip("\0\ufeff")


def _sung(events: Sequence[Event]) -> list[Event]:
    """Without TAGS; a break of lines at an end becomes a space, one inside "\\n"."""
    return [Event(time=event.time, text=_broken(TAGS.sub("", event.text))) for event in events]


def _broken(text: str) -> str:
    spaced = BREAKS.sub(lambda found: "\n" if set(found[0]) & {"\n", "\r"} else " ", text)
    if not (inside := spaced.strip()):
        return spaced[:1] and " "
    return " " * spaced[0].isspace() + inside + " " * spaced[-1].isspace()


def _letters(events: Sequence[Event]) -> int:
    """How many events have a letter."""
    return sum(_has_letter(event.text) for event in events)


def _has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))


def _is_sung(text: str) -> bool:
    """Words, or a number without a sign; "2." is a verse's."""
    return _has_letter(text) or text.strip().isdecimal()


def _first_verse(events: Sequence[Event]) -> tuple[list[Event], int]:
    """The first of the words that many notes have several of, and how many are left out; else the words as they are."""
    at: dict[Fraction, list[str]] = {}
    for event in events:
        at.setdefault(event.time, []).extend(line for line in event.text.split("\n") if _is_sung(line))
    sung = [lines for lines in at.values() if lines]
    several = sum(len(lines) > 1 for lines in sung)
    if several <= VERSES * len(sung):
        return [Event(time=event.time, text=event.text.replace("\n", " ")) for event in events], 0
    return [Event(time=time, text=lines[0]) for time, lines in at.items() if lines], sum(map(len, sung)) - len(sung)


def _parted(events: Sequence[Event]) -> list[Event]:
    """Syllables with "-" where their word goes on: by spaces where the file has them, else as it writes them."""
    texts = [event.text for event in events if event.text.strip()]
    spaced = sum(text != text.strip() for text in texts) > SPACED * len(texts)
    found: list[Event] = []
    parted = True
    for event in events:
        text = event.text.strip()
        held = not text.strip(HELD)
        if spaced and found and not parted and not held and not event.text.startswith(" "):
            before = found[-1]
            found[-1] = Event(time=before.time, text=before.text.rstrip(HYPHENS) + "-")
        if not held:
            found.append(Event(time=event.time, text=text))
        parted = event.text.endswith(" ") or (held and (parted or " " in event.text))
    return found


def _title(song: Song, tracks: Sequence[Texts]) -> str:
    """As karaoke text states it, else the name of the first track, where that has no notes or is the only one."""
    for track in tracks:
        for event in (*track.lyrics, *track.texts):
            if tag := TITLE_TAG.search(event.text):
                return tag[1].strip()
            if event.text.startswith("@T"):
                return event.text[2:].strip()
    sounding = [texts.name for texts, track in zip(tracks, song.tracks, strict=True) if track.notes]
    first = tracks[0].name if not song.tracks[0].notes else ""
    title = first or (sounding[0] if len(sounding) == 1 else "")
    return "" if "\ufffd" in title else title
