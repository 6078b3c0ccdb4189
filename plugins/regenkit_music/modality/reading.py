"""What a reader of music files finds in a file: its melodies, and what it could not read, by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import final

from regenkit.errors import BadSource
from regenkit_music.modality.melody import Melody


@final
@dataclass(frozen=True, kw_only=True)
class Tune:
    """One melody of a file.

    name     what distinguishes it within its file ("12", an ABC tune; "voice 2, from bar 17"); "" where it is alone
    song     the piece it belongs to, where its file has several ("12"): stretches of one song share it
    remarks  what of it could not be kept, a sentence each ("3 of 40 syllables fit no note")
    """

    melody: Melody
    name: str = ""
    song: str = ""
    remarks: tuple[str, ...] = ()


@final
@dataclass(frozen=True, kw_only=True)
class Reading:
    """All of a file.

    left_out   (name, reason) of each part of the file that holds a melody but could not be read
    """

    tunes: tuple[Tune, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def findings(self) -> list[str]:
        """A sentence each: what was left out, and what of a tune could not be kept."""
        left_out = [f"left out: {_of(name)}{reason}" for name, reason in self.left_out]
        return left_out + [f"{_of(tune.name)}{remark}" for tune in self.tunes for remark in tune.remarks]


def _of(name: str) -> str:
    return f"{name}: " if name else ""


def joined(path: str | Path, readings: Iterable[Reading]) -> Reading:
    """One reading of several. Raises BadSource where none has a tune, with the first reason of those left out."""
    found = list(readings)
    tunes = tuple(tune for reading in found for tune in reading.tunes)
    left_out = tuple(part for reading in found for part in reading.left_out)
    if not tunes:
        reasons = [f"{name}: {reason}" if name and len(left_out) > 1 else reason for name, reason in left_out]
        raise BadSource(path, reasons[0] if reasons else "has no melody")
    return Reading(tunes=tunes, left_out=left_out)
