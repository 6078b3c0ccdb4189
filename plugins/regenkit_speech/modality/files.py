"""Recordings into files, by the file's suffix."""

import hashlib
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
        file.close()
        _with_header(temporary, first.rate)


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
        _with_header(temporary, recording.rate)


def _with_header(path: Path, rate: int) -> None:
    """A FLAC without samples, of which libsndfile writes nothing, gets its header (RFC 9639, 8.2)."""
    if path.stat().st_size:
        return
    blocks, frames = (4096).to_bytes(2) * 2, bytes(6)
    mono_of_16_bits = (rate << 44 | 15 << 36).to_bytes(8)
    header = blocks + frames + mono_of_16_bits + hashlib.md5(b"", usedforsecurity=False).digest()
    path.write_bytes(b"fLaC" + bytes([0x80, *len(header).to_bytes(3)]) + header)
