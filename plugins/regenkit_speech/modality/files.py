"""Recordings into files, by the file's suffix."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from regenkit.errors import UserError
from regenkit.files import beside
from regenkit_speech.formats import WRITES
from regenkit_speech.modality.picture import draw
from regenkit_speech.modality.recording import Recording


def write_parts(recordings: Iterable[Recording], path: str | Path) -> None:
    """Write the parts of one recording into a .wav or .flac as they come. Raises UserError where it can't be."""
    import soundfile

    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in (".wav", ".flac"):
        raise UserError(f"{path}: parts are written as .wav or .flac, not {suffix or 'without a suffix'!r}")
    parts = iter(recordings)
    first = next(parts, None)
    if first is None:
        raise UserError(f"{path}: there is nothing to write")
    with (
        beside(path) as temporary,
        soundfile.SoundFile(temporary, "w", first.rate, 1, format=suffix[1:].upper(), subtype="PCM_16") as file,
    ):
        for part in chain([first], parts):
            file.write(part.samples)


def write(recording: Recording, path: str | Path) -> None:
    """Write a .wav or .flac of 16 bits, or a .png, whole or not at all. Raises UserError where it can't be."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in WRITES:
        raise UserError(f"{path}: sound is written as {', '.join(WRITES)}, not {suffix or 'without a suffix'!r}")
    if not path.parent.is_dir():
        raise UserError(f"{path}: the folder {path.parent} does not exist; create it first")
    with beside(path) as temporary:
        if suffix == ".png":
            draw(recording, temporary)
            return
        import soundfile

        soundfile.write(temporary, recording.samples, recording.rate, format=suffix[1:].upper(), subtype="PCM_16")
