"""What a Standard MIDI File says, track by track, in quarters: read with mido, below any idea of a song.

A note-off ends the note of its key and channel that began first. Signatures and tempo count on whatever track they
stand. Text stays bytes: its encoding is decided for the whole file (`midi_words.py`).
"""

import io
import re
import struct
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import final

import mido

from regenkit.errors import BadSource
from regenkit_music.modality.melody import LONGEST

DRUMS = 9  # the channel of percussion, counted from 0
END_OF_TRACK = b"\xff\x2f\x00"
TRACKS = (b"MTrk", b"XFKM")  # Yamaha keeps karaoke text in a track of its own kind
KNOWN = (b"MTrk", b"XF")  # parts that are read also where the header states fewer
FRAMES = {24: Fraction(24), 25: Fraction(25), 29: Fraction(30_000, 1001), 30: Fraction(30)}
NO_KEY = re.compile(rb"\xff\x59\x02(?![\x00-\x07\xf9-\xff][\x00\x01])", re.DOTALL)
"""A key signature of more than seven accidentals: mido refuses the whole track for one."""
QUARTER = 500_000  # microseconds, where no tempo is stated


@final
@dataclass(frozen=True)
class Played:
    """A note, times in quarters."""

    onset: Fraction
    end: Fraction
    pitch: int


@final
@dataclass(kw_only=True)
class Track:
    """One track.

    notes              by channel (drums aside), in order of their onsets
    lyrics, texts      (time, text) of the lyric events and of the plain text events
    metres             (time, (numerator, denominator))
    keys               (time, (sharps, "major" or "minor"))
    tempi              (time, quarters a minute)
    """

    name: bytes = b""
    notes: dict[int, list[Played]] = field(default_factory=lambda: defaultdict(list))
    lyrics: list[tuple[Fraction, bytes]] = field(default_factory=list)
    texts: list[tuple[Fraction, bytes]] = field(default_factory=list)
    metres: list[tuple[Fraction, tuple[int, int]]] = field(default_factory=list)
    keys: list[tuple[Fraction, tuple[int, str]]] = field(default_factory=list)
    tempi: list[tuple[Fraction, float]] = field(default_factory=list)


@final
@dataclass(frozen=True, kw_only=True)
class Song:
    """Tracks that sound together, and what of them could not be kept, a sentence each."""

    tracks: tuple[Track, ...]
    remarks: tuple[str, ...]


def read_songs(data: bytes, path: str | Path) -> list[Song]:
    """The songs of a file: one, or one a track in a file of type 2.

    Raises BadSource where it is no MIDI file, a track of it is damaged or cut off, or its times make no sense.
    """
    kind, division, chunks = _chunks(data, path)
    mended = [NO_KEY.subn(b"\xff\x7f\x02", chunk) for chunk in chunks]
    events = [_events(chunk, number, path) for number, (chunk, _) in enumerate(mended, start=1)]
    together = [[place] for place in range(len(events))] if kind == 2 else [list(range(len(events)))]
    songs = []
    for places in together:
        counts = Counter(keys=sum(mended[place][1] for place in places))
        each = [events[place] for place in places]
        ticks = _ticks_a_quarter(division, each, path, counts)
        tracks = tuple(_track(track, ticks, counts) for track in each)
        last = max((note.end for track in tracks for notes in track.notes.values() for note in notes), default=0)
        if last > LONGEST:
            raise BadSource(path, f"lasts {round(last):,} quarters, so its times are damaged")
        songs.append(Song(tracks=tracks, remarks=_remarks(counts)))
    return songs


def _chunks(data: bytes, path: str | Path) -> tuple[int, int, list[bytes]]:
    """Type, division and tracks of the file, also where it is wrapped in RIFF (.rmi)."""
    start = data.find(b"MThd") if data.startswith(b"RIFF") else 0
    if not data:
        raise BadSource(path, "is empty")
    if not data.startswith(b"MThd", max(start, 0)):
        raise BadSource(path, "is no MIDI file: it does not begin with MThd")
    if len(data) < start + 14:
        raise BadSource(path, "ends within the header of a MIDI file")
    length, kind, stated, division = struct.unpack(">LHHh", data[start + 4 : start + 14])
    place = start + 8 + length
    tracks: list[bytes] = []
    while place + 8 <= len(data) and (len(tracks) < stated or data.startswith(KNOWN, place)):
        name, length = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "big")
        chunk = data[place + 8 : place + 8 + length]
        if len(chunk) < length and not chunk.endswith(END_OF_TRACK):
            raise BadSource(path, f"is cut off: a part of {length} bytes has {len(chunk)}")
        if name in TRACKS:
            tracks.append(b"MTrk" + len(chunk).to_bytes(4, "big") + chunk)
        place += 8 + length
    if len(tracks) < stated:
        raise BadSource(path, f"is cut off: it has {len(tracks)} of {stated} tracks")
    if not tracks:
        raise BadSource(path, "has no tracks")
    if kind > 2:
        raise BadSource(path, f"is MIDI of type {kind}; there are 0, 1 and 2")
    return kind, division, tracks


def _events(track: bytes, number: int, path: str | Path) -> list[tuple[int, mido.messages.BaseMessage]]:
    """(tick, message) of one track; each is read alone, so that a fault has a place."""
    header = b"MThd" + struct.pack(">LHHH", 6, 0, 1, 1)
    try:
        (messages,) = mido.MidiFile(file=io.BytesIO(header + track), charset="latin-1").tracks
    except Exception as error:  # mido raises what its parser happens to raise
        what = str(error) or "it ends within an event"
        raise BadSource(path, f"has a damaged track {number} ({type(error).__name__}: {what})") from error
    tick, found = 0, []
    for message in messages:
        tick += message.time
        found.append((tick, message))
    return found


def _ticks_a_quarter(
    division: int, tracks: Sequence[list[tuple[int, mido.messages.BaseMessage]]], path: str | Path, counts: Counter[str]
) -> Fraction:
    """Also of a file in SMPTE time, whose ticks are parts of a second: its quarters are those of its tempo."""
    if division > 0:
        return Fraction(division)
    rate, parts = FRAMES.get(-(division >> 8)), division & 0xFF
    if rate is None or not parts:
        raise BadSource(path, f"has a division of time that is none ({division})")
    tempi = {message.tempo for track in tracks for _, message in track if message.type == "set_tempo"}
    if len(tempi) > 1:
        raise BadSource(path, "is in SMPTE time and changes its tempo, so its quarters are unknown")
    counts["smpte"] += 1
    return rate * parts * Fraction(next(iter(tempi), 0) or QUARTER, 1_000_000)


def _track(events: list[tuple[int, mido.messages.BaseMessage]], ticks: Fraction, counts: Counter[str]) -> Track:
    track = Track()
    for channel, note in _notes(events, ticks, counts):
        track.notes[channel].append(note)
    for tick, message in events:
        time = tick / ticks
        if message.type == "track_name":
            track.name = track.name or message.name.encode("latin-1")
        elif message.type == "lyrics":
            track.lyrics.append((time, message.text.encode("latin-1")))
        elif message.type == "text":
            track.texts.append((time, message.text.encode("latin-1")))
        elif message.type == "time_signature" and message.numerator and message.denominator <= 64:
            track.metres.append((time, (message.numerator, message.denominator)))
        elif message.type == "time_signature":
            counts["metres"] += 1
        elif message.type == "key_signature":
            track.keys.append((time, _key(message.key)))
        elif message.type == "set_tempo" and message.tempo:
            track.tempi.append((time, round(mido.tempo2bpm(message.tempo), 2)))  # written in whole microseconds
    return track


def _notes(
    events: list[tuple[int, mido.messages.BaseMessage]], ticks: Fraction, counts: Counter[str]
) -> Iterator[tuple[int, Played]]:
    """(channel, note) in order of onsets: first on, first off."""
    sounding: dict[tuple[int, int], deque[int]] = defaultdict(deque)
    found: list[tuple[int, int, int, int]] = []  # onset, end, channel, pitch
    loose: set[tuple[int, int, int]] = set()  # where an end stands before the note that begins at the same tick
    for tick, message in events:
        if message.type not in ("note_on", "note_off") or message.channel == DRUMS:
            continue
        key = (message.channel, message.note)
        onsets = sounding[key]
        if message.type == "note_on" and message.velocity:
            if onsets and (onsets[-1], *key) in loose:  # it has had its end already
                onsets.pop()
                counts["empty"] += 1
            onsets.append(tick)
        elif onsets:
            onset = onsets.popleft()
            counts["empty"] += onset == tick
            if onset < tick:
                found.append((onset, tick, *key))
        else:
            loose.add((tick, *key))
    last = events[-1][0] if events else 0
    for (channel, pitch), onsets in sounding.items():
        for onset in onsets:
            if (onset, channel, pitch) in loose:
                counts["empty"] += 1
                continue
            following = [start for start, _, on, _ in found if start > onset and on == channel]
            found.append((onset, min(following, default=max(last, onset + 1)), channel, pitch))
            counts["endless"] += 1
    for onset, end, channel, pitch in sorted(found):
        yield channel, Played(onset / ticks, end / ticks, pitch)


def _key(name: str) -> tuple[int, str]:
    """mido's "Ebm" as (sharps, mode)."""
    mode = "minor" if name.endswith("m") else "major"
    letter, sign = name[0], name.removesuffix("m")[1:]
    sharps = "FCGDAEB".index(letter) - 1 + {"": 0, "#": 7, "b": -7}[sign]
    return sharps - 3 * (mode == "minor"), mode


def _remarks(counts: Counter[str]) -> tuple[str, ...]:
    said = {
        "empty": "notes of no length, left out",
        "endless": "notes without an end, ended by the next note",
        "keys": "key signatures that are none, left out",
        "metres": "time signatures that are none, left out",
    }
    found = [f"{sentence}: {counts[what]}" for what, sentence in said.items() if counts[what]]
    return (*found, *(["times in seconds (SMPTE), read as quarters of its tempo"] if counts["smpte"] else []))
