"""Standard MIDI Files written byte by byte for tests, in the dialects that programs write words in."""

import struct
from collections.abc import Callable, Sequence
from pathlib import Path

from regenkit_music.modality.melody import STEPS_PER_QUARTER, Melody

TICKS = 480
Event = tuple[int, bytes]  # tick, bytes


def varying(number: int) -> bytes:
    """A quantity of variable length."""
    found = [number & 0x7F]
    while number := number >> 7:
        found.append(number & 0x7F | 0x80)
    return bytes(reversed(found))


def meta(kind: int, data: bytes) -> bytes:
    return bytes([0xFF, kind]) + varying(len(data)) + data


def text(words: str, encoding: str = "utf-8") -> bytes:
    return meta(1, words.encode(encoding))


def lyric(words: str, encoding: str = "utf-8") -> bytes:
    return meta(5, words.encode(encoding))


def name(words: str) -> bytes:
    return meta(3, words.encode())


def tempo(quarters_a_minute: float) -> bytes:
    return meta(0x51, round(60_000_000 / quarters_a_minute).to_bytes(3, "big"))


def metre(numerator: int, denominator: int) -> bytes:
    return meta(0x58, bytes([numerator, denominator.bit_length() - 1, 24, 8]))


def key(sharps: int, minor: bool = False) -> bytes:
    return meta(0x59, struct.pack("bB", sharps, minor))


def note(onset: int, end: int, pitch: int, channel: int = 0) -> list[Event]:
    return [(onset, bytes([0x90 | channel, pitch, 90])), (end, bytes([0x80 | channel, pitch, 0]))]


def line(pitches: Sequence[int], length: int = TICKS, start: int = 0, channel: int = 0) -> list[Event]:
    """Notes of one length, one after another."""
    return [
        event
        for place, pitch in enumerate(pitches)
        for event in note(start + place * length, start + (place + 1) * length, pitch, channel)
    ]


def track(events: Sequence[Event], *, end: bool = True) -> bytes:
    """In time order; events at one tick in the order given, but ends of notes first."""
    data, now = b"", 0
    for tick, message in sorted(events, key=lambda event: (event[0], event[1][0] >> 4 != 8)):
        data += varying(tick - now) + message
        now = tick
    data += b"\0\xff\x2f\0" if end else b""
    return b"MTrk" + struct.pack(">L", len(data)) + data


def midi(tracks: Sequence[bytes], kind: int = 1, division: int = TICKS) -> bytes:
    return b"MThd" + struct.pack(">LHHh", 6, kind, len(tracks), division) + b"".join(tracks)


def ticks(steps: int) -> int:
    return steps * TICKS // STEPS_PER_QUARTER


Dialect = Callable[[Melody, str], bytes]


def _head(melody: Melody) -> list[Event]:
    numerator, denominator = map(int, melody.metre.split("/"))
    sharps = (7 * (melody.tonic - 9 * (melody.mode == "minor")) + 5) % 12 - 5
    return [
        (0, tempo(melody.tempo)), (0, metre(numerator, denominator)), (0, key(sharps, melody.mode == "minor")),
    ]  # fmt: skip


def _notes(melody: Melody) -> list[Event]:
    return [
        event
        for each in melody.notes
        for event in note(ticks(each.onset), ticks(each.onset + each.duration), each.pitch)
    ]


def _words(melody: Melody, written: Callable[[str, bool, bool], bytes]) -> list[Event]:
    """`written` has a syllable without its hyphen, whether its word goes on, and whether one went on before it."""
    found, inside = [], False
    for each in melody.notes:
        if each.syllable:
            goes_on = each.syllable.endswith("-")
            found.append((ticks(each.onset), written(each.syllable.removesuffix("-"), goes_on, inside)))
            inside = goes_on
    return found


def hyphens(melody: Melody, encoding: str) -> bytes:
    """Lyric events with a hyphen where the word goes on, as notation programs write them; type 1."""
    words = _words(melody, lambda syllable, goes_on, _: lyric(syllable + "-" * goes_on, encoding))
    return midi([track(_head(melody)), track([*words, *_notes(melody)])])


def rp017(melody: Melody, encoding: str) -> bytes:
    """Lyric events with a space after each word, in one track: type 0."""
    words = _words(melody, lambda syllable, goes_on, _: lyric(syllable + " " * (not goes_on), encoding))
    return midi([track([*_head(melody), *words, *_notes(melody)])], kind=0)


def soft_karaoke(melody: Melody, encoding: str) -> bytes:
    """Text events with a space before each word, on a track of their own, credits on another; a bass is played too."""
    words = _words(melody, lambda syllable, _, inside: text(" " * (not inside) + syllable, encoding))
    first = [(tick, text("\\" + message[3:].decode(encoding).strip(), encoding)) for tick, message in words[:1]]
    credits = [(0, text("Sequenced by nobody")), (0, text("All rights reserved"))]
    bass = line([36, 43] * (melody.end // 8 + 1), TICKS, channel=1)
    return midi(
        [
            track([*_head(melody), *credits]),
            track([(0, name("Soft karaoke")), (0, text("@KMIDI KARAOKE FILE"))]),
            track([(0, name("Words")), (0, text("@LENGL")), (0, text("@TA song")), *first, *words[1:]]),
            track(bass),
            track([(0, name("Melody")), *_notes(melody)]),
        ]
    )


def xf(melody: Melody, encoding: str) -> bytes:
    """Yamaha XF: lyric events in a chunk of their own, "^" for a space and "/" for a line."""
    words = _words(melody, lambda syllable, goes_on, _: lyric(syllable + "^" * (not goes_on), encoding))
    chunk = track([(0, meta(7, b"$Lyrc:1:0:L1")), *words])
    return midi([track([*_head(melody), *_notes(melody)])], kind=0) + b"XFIH\0\0\0\0XFKM" + chunk[4:]


DIALECTS: tuple[Dialect, ...] = (hyphens, rp017, soft_karaoke, xf)


def write(data: bytes, folder: Path, called: str = "a.mid") -> Path:
    path = folder / called
    path.write_bytes(data)
    return path
