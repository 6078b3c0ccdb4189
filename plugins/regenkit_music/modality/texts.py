"""Lyrics from text files and into them."""

import codecs
import re
from pathlib import Path

from regenkit.data.text_encoding import decoded
from regenkit.errors import BadSource, UserError
from regenkit_music.modality.files import atomically, written_by
from regenkit_music.modality.lyrics import Lyrics, from_text

BETWEEN_SONGS = re.compile(r"(?:^|\n)[ \t]*---+[ \t]*(?=\n|$)")


def read_lyrics(path: str | Path, language: str | None = None) -> list[Lyrics]:
    """The songs of a text file, which lines of three or more hyphens ("---") part.

    A song's first line is its title if it begins with "# "; one empty line ends a stanza. Text is UTF-8, UTF-16
    with a byte-order mark, or in an older encoding that can be told (`regenkit.data.text_encoding`).
    Raises UserError: no such file, not a .txt, no text, a song without words or too long (named by its number).
    """
    path = Path(path)
    if path.suffix.lower() != ".txt":
        raise UserError(f"{path}: lyrics are read from .txt, not {path.suffix or 'without a suffix'!r}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: can't be read ({error.strerror})") from error
    text = _decoded(data, path).replace("\r\n", "\n").replace("\r", "\n")
    songs = [song for song in BETWEEN_SONGS.split(text) if song.strip()]
    if not songs:
        raise UserError(f"{path}: is empty; write the words of a song, its lines as lines")
    found = []
    for number, song in enumerate(songs, start=1):
        title, words = split_title(song)
        try:
            found.append(from_text(words, language, title))
        except UserError as error:
            raise UserError(f"{path}, song {number} of {len(songs)}: {error}") from error
    return found


def split_title(song: str) -> tuple[str, str]:
    """A song's "# Title" line, if it begins with one, and the rest."""
    first, _, rest = song.lstrip().partition("\n")
    return (first[2:].strip(), rest) if first.startswith("# ") else ("", song)


def _decoded(data: bytes, path: Path) -> str:
    if b"\0" in data and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UserError(f"{path}: is not a text file; lyrics are plain text in UTF-8")
    try:
        return decoded(data, None, path)
    except BadSource:
        raise UserError(f"{path}: is in an encoding that can't be told; save it as UTF-8") from None


def write_lyrics(lyrics: Lyrics, path: str | Path) -> None:
    """Write UTF-8 text, a line a phrase. Raises UserError as `files.write` does."""
    path = Path(path)
    written_by(path, (".txt",), "lyrics")
    atomically(path, lambda beside: _write(lyrics, beside))


def _write(lyrics: Lyrics, path: Path) -> None:
    lines = [""]
    for syllable in lyrics.syllables:
        lines[-1] += syllable.text + " " * (syllable.word in ("single", "end"))
        if syllable.boundary != "none":
            lines.append("")
    title = f"# {lyrics.title}\n" if lyrics.title else ""
    path.write_text(title + "".join(f"{line.strip()}\n" for line in lines if line.strip()), encoding="utf-8")
