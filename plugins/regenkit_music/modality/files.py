"""Melodies from files and into files, by the file's suffix."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from regenkit.data.text_encoding import known
from regenkit.errors import BadSource, UserError
from regenkit_music.modality.melody import Melody, in_midi, pitch_name
from regenkit_music.modality.reading import Reading

MUSICXML = (".musicxml", ".xml", ".mxl")
READS = (".mid", ".midi", ".kar", *MUSICXML, ".abc", ".krn")
WRITES = (".mid", ".musicxml", ".wav", ".png")


def reading(path: str | Path, encoding: str | None = None, language: str | None = None) -> Reading:
    """What a file holds: its melodies, and what of it could not be read. Training and `convert` both read by this.

    encoding   of its text ("cp1251", "shift-jis", …); None: UTF-8, or what the file says or its text looks like.
               MusicXML states its own.
    language   of its words; None: told from them. Only MIDI has words that are not cut into syllables.

    Raises UserError where the file is missing or of an unknown kind, or `encoding` is none; `BadSource` where none of
    it can be read.
    """
    if encoding is not None:
        known(encoding)
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in READS:
        raise UserError(f"{path}: melodies are read from {', '.join(READS)}, not {path.suffix or 'without a suffix'!r}")
    if not path.is_file():
        raise UserError(f"{path}: {'is a folder, not a file' if path.is_dir() else 'there is no such file'}")
    try:
        return _reader(suffix, language)(path, None if suffix in MUSICXML else encoding)
    except OSError as error:
        raise BadSource(path, f"can't be read ({error.strerror or error})") from error


def _reader(suffix: str, language: str | None) -> Callable[[Path, str | None], Reading]:
    if suffix == ".abc":
        from regenkit_music.modality.abc import read_abc

        return read_abc
    if suffix in (".mid", ".midi", ".kar"):
        from regenkit_music.modality.midi import read_midi

        return partial(read_midi, language=language)
    from regenkit_music.modality.score import read_score

    return read_score


def write(melody: Melody, path: str | Path) -> None:
    """Write a file of the kind its suffix says, whole or not at all.

    Raises UserError where the kind is unknown, cannot hold a note, or the folder is missing or not writable.
    """
    path = Path(path)
    written_by(path, WRITES, "melodies")  # a wrong suffix first: it is the likelier mistake
    far = [note.pitch for note in melody.notes if note.pitch != in_midi(note.pitch)]
    if far and path.suffix.lower() == ".mid":
        raise UserError(f"{path}: MIDI has no number for {pitch_name(far[0])}; transpose the melody by octaves")
    atomically(path, lambda beside: _writer(path.suffix.lower())(melody, beside))


def _writer(suffix: str) -> Callable[[Melody, Path], None]:
    if suffix == ".mid":
        from regenkit_music.modality.midi import write_midi

        return write_midi
    if suffix == ".musicxml":
        from regenkit_music.modality.score_writer import write_score

        return write_score
    if suffix == ".wav":
        from regenkit_music.modality.sound import write_wav

        return write_wav
    from regenkit_music.modality.picture import write_png

    return write_png


def written_by(path: Path, suffixes: tuple[str, ...], what: str) -> None:
    """Raises UserError unless the path's suffix is one of `suffixes`."""
    if path.suffix.lower() not in suffixes:
        raise UserError(
            f"{path}: {what} are written as {', '.join(suffixes)}, not {path.suffix or 'without a suffix'!r}"
        )


def atomically(path: Path, write_to: Callable[[Path], None]) -> None:
    """Let `write_to` write a temporary file beside `path`, then rename it to `path`.

    Raises UserError where the folder is missing or not writable.
    """
    if not path.parent.is_dir():
        raise UserError(f"{path}: the folder {path.parent} does not exist; create it first")
    beside = path.with_name(f".{path.stem[:80]}.{os.getpid()}{path.suffix.lower()}")
    try:
        write_to(beside)
        os.replace(beside, path)
    except OSError as error:
        raise UserError(f"{path}: can't be written ({error.strerror or error})") from error
    finally:
        beside.unlink(missing_ok=True)
