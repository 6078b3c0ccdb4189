"""What the core asks of a modality, for melodies and for lyrics."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, final

from regenkit.spec import Fields
from regenkit_music.modality import files, lyrics, melody, parts
from regenkit_music.modality.lyrics import Lyrics
from regenkit_music.modality.melody import Melody
from regenkit_music.modality.metre import in_quarters

LOG = logging.getLogger(__name__)


@final
class MelodyModality:
    """One voice on a grid of sixteenths, one note a syllable."""

    spec = melody.SPEC
    version = 1
    unit, unit_steps = "note", 1.0

    def read(self, path: str | Path, encoding: str | None = None) -> list[Melody]:
        """The melodies of a file (`files.READS`), in quarters as the datasets have them. `encoding`: `files.reading`.

        What could not be read of it, or cannot be kept, is logged as a warning. Raises UserError and BadSource.
        """
        found = files.reading(path, encoding)
        tunes = [replace(tune, melody=in_quarters(tune.melody)) for tune in found.tunes]
        tunes = [replace(tune, remarks=(*tune.remarks, *melody.unkept(tune.melody))) for tune in tunes]
        if encoding is not None and Path(path).suffix.lower() in files.MUSICXML:
            LOG.warning("%s: MusicXML states its encoding itself; %s is not used", path, encoding)
        for sentence in replace(found, tunes=tuple(tunes)).findings:
            LOG.warning("%s: %s", path, sentence)
        return [tune.melody for tune in tunes]

    def write(self, value: Melody, path: str | Path) -> None:
        """Write a file by its suffix (`files.WRITES`). Raises UserError."""
        files.write(value, path)

    def encode(self, value: Melody) -> tuple[Fields, dict[str, Any]]:
        return melody.encode(value)

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> Melody:
        return melody.decode(fields, meta)

    def join(self, parts: Sequence[Fields]) -> Fields:
        """One melody of several, their bars laid on one another's: see `melody.join`."""
        return melody.join(parts)

    def describe(self, value: Melody) -> str:
        """One line: title, key, metre, length, compass, words."""
        if not value.notes:
            return f"{value.title or 'untitled'}: no notes"
        pitches = [note.pitch for note in value.notes]
        bars = -(-value.end // value.bar)
        words = "".join(
            note.syllable[:-1] if note.syllable.endswith("-") else f"{note.syllable} "
            for note in value.notes
            if note.syllable
        )
        return (
            f"{value.title or 'untitled'}: {melody.NAMES[value.tonic]} {value.mode}, {value.metre}, "
            f"{value.tempo:g} quarters a minute, {_many(len(value.notes), 'note')} in {_many(bars, 'bar')}, "
            f"{melody.pitch_name(min(pitches))} to {melody.pitch_name(max(pitches))}"
            + (f", “{_shortened(words)}”" if words else "")
        )


@final
class LyricsModality:
    """Words in syllables, with stress, word and line ends."""

    spec = lyrics.SPEC
    version = 3

    def read(self, path: str | Path) -> list[Lyrics]:
        """The songs of a .txt file, which "---" lines part. Raises UserError."""
        from regenkit_music.modality.texts import read_lyrics

        return read_lyrics(path)

    def parse(self, text: str) -> Lyrics:
        """One song from text; its first line is the title if it begins with "# ". Raises UserError."""
        from regenkit_music.modality.texts import split_title

        title, words = split_title(text)
        return lyrics.from_text(words, title=title)

    def encode(self, value: Lyrics) -> tuple[Fields, dict[str, Any]]:
        return lyrics.encode(value)

    def cut(self, value: Lyrics) -> list[Lyrics]:
        """Parts of at most 64 syllables: see `parts.cut`."""
        return parts.cut(value)

    def write(self, value: Lyrics, path: str | Path) -> None:
        """Write a .txt file, a line a phrase. Raises UserError."""
        from regenkit_music.modality.texts import write_lyrics

        write_lyrics(value, path)

    def describe(self, value: Lyrics) -> str:
        """One line: title, language, length, words."""
        language = f"{value.language}, " if value.language else ""
        return f"{value.title or 'untitled'}: {language}{len(value.syllables)} syllables, “{_shortened(value.words)}”"


def _shortened(words: str, longest: int = 60) -> str:
    words = words.strip()
    return words if len(words) <= longest else words[:longest].rsplit(" ", 1)[0] + " …"


def _many(count: int, what: str) -> str:
    """ "1 note", "2 notes"."""
    return f"{count} {what}{'' if count == 1 else 's'}"
