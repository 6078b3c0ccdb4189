"""Files of sound as blocks of samples, so that memory does not grow with the length of a file.

soundfile (libsndfile) reads what it knows by its content, whatever the suffix says; PyAV (FFmpeg) reads the rest, and
g722, which has no header and so is known by its suffix alone. Where tensorflow-io loads, it decodes what it decodes as
libsndfile does, which has looked at the header before.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from regenkit.errors import BadSource
from regenkit_speech.signal import tfio

BLOCK = 1 << 16
"""Samples that are decoded at a time."""
HIGHEST_RATE = 1_000_000
UNREADABLE = "is damaged, or is no sound of a kind that is read"
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
    if path.suffix.lower() == ".g722":
        return _by_av(path, start)
    import soundfile

    try:
        file = soundfile.SoundFile(path)
    except (soundfile.LibsndfileError, OSError):
        return _by_av(path, start)
    wanted = OWN_NAMES.get(path.suffix.lower())
    remarks = () if wanted and file.format in wanted else (f"is {file.format}, not what its suffix says",)
    native = (file.format, file.subtype) in tfio.DECODED and tfio.loaded() is not None
    blocks = (_of_tfio if native else _of_soundfile)(file, path, start)
    return Opened(_possible(file.samplerate, path), blocks, remarks)


def duration(path: Path) -> float | None:
    """Seconds, as the header says; None where none says it. Raises BadSource as `opened` does."""
    if path.suffix.lower() == ".g722":
        return path.stat().st_size / 8000  # 64 kbit a second
    import soundfile

    try:
        return float(soundfile.info(path).duration)
    except (soundfile.LibsndfileError, OSError):
        pass
    with _container(path) as container:
        return container.duration / 1e6 if container.duration else None


def _of_soundfile(file: Any, path: Path, start: float) -> Iterator[np.ndarray]:
    import soundfile

    with file:
        expected, count = _announced(path) or file.frames, 0
        try:
            if start:
                file.seek(min(int(start * file.samplerate), file.frames))
                count = file.tell()
            while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
                count += len(block)
                yield block
        except soundfile.LibsndfileError as error:
            raise BadSource(path, UNREADABLE) from error
        if file.format != "MP3" and count < expected:  # libsndfile estimates the frames of some MP3
            raise BadSource(path, CUT_OFF)


def _of_tfio(file: Any, path: Path, start: float) -> Iterator[np.ndarray]:
    from regenkit.quiet import tensorflow as tf

    with file:
        expected, first = _announced(path) or file.frames, min(int(start * file.samplerate), file.frames)
    if file.frames < expected:
        raise BadSource(path, CUT_OFF)
    count = first
    try:
        for block in tfio.decoded(path, first, BLOCK):
            count += len(block)
            yield block
    except tf.errors.OpError as error:
        raise BadSource(path, UNREADABLE) from error
    if count < expected:
        raise BadSource(path, CUT_OFF)


def _announced(path: Path) -> int | None:
    """How many frames a plain WAV's header announces, which libsndfile corrects to those that are there."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
            return None
        align = 0
        while len(chunk := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", chunk)
            if name == b"fmt ":
                body = file.read(size + size % 2)
                align = struct.unpack_from("<H", body, 12)[0] if len(body) >= 14 else 0
            elif name == b"data":
                streamed = size in (0, 0xFFFFFFFF)  # written before the length was known
                return None if streamed or not align else size // align
            else:
                file.seek(size + size % 2, 1)
    return None


def _container(path: Path) -> Any:
    try:
        import av
    except ModuleNotFoundError as error:
        raise BadSource(path, "needs the package 'av' to be read: pip install 'regenkit[speech]'") from error
    try:
        container = av.open(str(path), format="g722" if path.suffix.lower() == ".g722" else None)
    except av.error.FFmpegError as error:
        raise BadSource(path, UNREADABLE) from error
    if not container.streams.audio:
        container.close()
        raise BadSource(path, "holds no sound")
    return container


def _by_av(path: Path, start: float) -> Opened:
    container = _container(path)
    rate = getattr(container.streams.audio[0], "rate", None)  # of a codec that FFmpeg does not know there is none
    return Opened(_possible(rate, path), _of_av(container, path, start), ())


def _possible(rate: Any, path: Path) -> int:
    """A rate as a header states it. Raises BadSource where there is no sound of such a rate."""
    if not isinstance(rate, int) or not 1 <= rate <= HIGHEST_RATE:
        raise BadSource(path, f"states a rate of {rate} Hz; right are 1 to {HIGHEST_RATE:,}")
    return rate


def _of_av(container: Any, path: Path, start: float) -> Iterator[np.ndarray]:
    import av

    with container:
        stream = container.streams.audio[0]
        plain = av.AudioResampler(format="fltp", rate=stream.rate)
        skip = int(start * stream.rate)  # decoded and dropped: seeking is inexact in compressed streams
        try:
            for frame in container.decode(stream):
                for part in plain.resample(frame):
                    block = part.to_ndarray().T
                    dropped = min(skip, len(block))
                    skip -= dropped
                    if dropped < len(block):
                        yield np.ascontiguousarray(block[dropped:], np.float32)
        except av.error.FFmpegError as error:
            raise BadSource(path, UNREADABLE) from error
