"""What a reader of music files finds in a file: its melodies, and what it could not read, by name."""

from dataclasses import dataclass
from typing import final

from regenkit_music.modality.melody import Melody


@final
@dataclass(frozen=True, kw_only=True)
class Tune:
    """One melody of a file.

    name     what distinguishes it within its file ("12", an ABC tune; "voice 2, from bar 17"); "" where it is alone
    remarks  what of it could not be kept, a sentence each ("3 of 40 syllables fit no note")
    """

    melody: Melody
    name: str = ""
    remarks: tuple[str, ...] = ()


@final
@dataclass(frozen=True, kw_only=True)
class Reading:
    """All of a file.

    left_out   (name, reason) of each part of the file that holds a melody but could not be read
    """

    tunes: tuple[Tune, ...]
    left_out: tuple[tuple[str, str], ...] = ()
