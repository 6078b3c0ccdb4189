"""Files of sound as blocks of samples, so that memory does not grow with the length of a file.

soundfile (libsndfile) reads what it knows by its content, whatever the suffix says; PyAV (FFmpeg) reads the rest: MP3,
what was written to a pipe and does not say how long it is, an Ogg of several recordings in a row, and g722, which has
no header and so is known by its suffix alone. Where tensorflow-io loads, it decodes what it decodes as libsndfile does,
which has looked at the header before.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from regenkit.errors import BadSource
from regenkit_speech.modality import ffmpeg, headers
from regenkit_speech.modality.ffmpeg import UNREADABLE
from regenkit_speech.signal import tfio

BLOCK = 1 << 16
"""Samples that are decoded at a time."""
MOST = 1 << 62
"""Frames; libsndfile says more of a FLAC that does not say how many it has."""
CUT_OFF = "is cut off: it has fewer samples than its header says"
OWN_NAMES = {".wav": ("WAV", "WAVEX", "RF64"), ".flac": ("FLAC",), ".mp3": ("MP3", "MPEG"), ".ogg": ("OGG",),
             ".opus": ("OGG",), ".aiff": ("AIFF",), ".aif": ("AIFF",)}  # fmt: skip
"""By suffix, what libsndfile calls a format."""


class Opened(NamedTuple):
    """A file of sound: its rate, its blocks, each float32 [samples, channels], and what is to be said of it."""

    rate: int
    blocks: Iterator[np.ndarray]
    remarks: tuple[str, ...]


def opened(path: Path, start: float = 0.0) -> Opened:
    """The file from the second `start` on. Raises BadSource where it is empty or no sound; so may its blocks."""
    if not path.stat().st_size:
        raise BadSource(path, "is empty")
    file = _known(path)
    if file is None:
        return Opened(*ffmpeg.opened(path, start, _raw(path)), ())
    wanted = OWN_NAMES.get(path.suffix.lower())
    remarks = () if wanted and file.format in wanted else (f"is {file.format}, not what its suffix says",)
    if _is_left(file, path):
        with file:
            return Opened(*ffmpeg.opened(path, start, _mp3(file)), remarks)
    native = (file.format, file.subtype) in tfio.DECODED and tfio.loaded() is not None
    blocks = (_of_tfio if native else _of_soundfile)(file, path, start)
    return Opened(ffmpeg.possible(file.samplerate, path), blocks, remarks)


def duration(path: Path) -> float | None:
    """Seconds, of what has no exact header nearly; None where nothing says it. Raises BadSource as `opened` does."""
    if _raw(path):
        return path.stat().st_size / 8000  # 64 kbit a second
    file = _known(path)
    if file is None:
        return ffmpeg.duration(path)
    with file:
        return ffmpeg.duration(path, _mp3(file)) if _is_left(file, path) else file.frames / file.samplerate


def _raw(path: Path) -> str | None:
    return "g722" if path.suffix.lower() == ".g722" else None


def _known(path: Path) -> Any:
    """The file as libsndfile opens it; None where it does not know it."""
    import soundfile

    try:
        return None if _raw(path) else soundfile.SoundFile(path)
    except (soundfile.LibsndfileError, OSError):
        return None


def _is_left(file: Any, path: Path) -> bool:
    """Whether FFmpeg is to read what libsndfile knows."""
    unsaid = file.frames >= MOST or (not file.frames and headers.unfinished(path))
    return unsaid or file.subtype.startswith("MPEG") or (file.format in OWN_NAMES[".ogg"] and headers.chained(path))


def _mp3(file: Any) -> str | None:
    return "mp3" if file.format in OWN_NAMES[".mp3"] else None


def _of_soundfile(file: Any, path: Path, start: float) -> Iterator[np.ndarray]:
    import soundfile

    with file:
        first, count = min(int(start * file.samplerate), file.frames), 0
        with suppress(soundfile.LibsndfileError):  # some codecs (GSM) cannot: all that is before is dropped
            count = file.seek(first) if first else 0
        try:
            while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
                kept = block[max(0, first - count) :]
                count += len(block)
                if len(kept):
                    yield kept
        except soundfile.LibsndfileError as error:
            raise BadSource(path, UNREADABLE) from error
        if count < file.frames or headers.cut_off(path):
            raise BadSource(path, CUT_OFF)


def _of_tfio(file: Any, path: Path, start: float) -> Iterator[np.ndarray]:
    from regenkit.quiet import tensorflow as tf

    with file:
        expected, count = file.frames, min(int(start * file.samplerate), file.frames)
    if headers.cut_off(path):
        raise BadSource(path, CUT_OFF)
    try:
        for block in tfio.decoded(path, count, BLOCK):
            count += len(block)
            yield block
    except tf.errors.OpError as error:
        raise BadSource(path, UNREADABLE) from error
    if count < expected:
        raise BadSource(path, CUT_OFF)
