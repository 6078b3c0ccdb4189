"""Files of sound by PyAV (FFmpeg), in blocks of samples.

MP3 is read by it, because libsndfile's reader is sent back to where it is after each block, which an MP3 cannot do
without a fault, and because it ends too early where no Xing header says how long the file is.
"""

from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from regenkit.errors import BadSource

HIGHEST_RATE = 1_000_000
UNREADABLE = "is damaged, or is no sound of a kind that is read"
RUN_UP = 2.0
"""Seconds of an MP3 that are decoded before what is wanted: a frame has bits in those before it."""


def opened(path: Path, start: float, format: str | None = None) -> tuple[int, Iterator[np.ndarray]]:
    """(its rate, its blocks, each float32 [samples, channels], from the second `start` on)

    format  by FFmpeg's name; None = what its content says
    """
    container = _container(path, format)
    rate = getattr(container.streams.audio[0], "rate", None)  # of a codec that FFmpeg does not know there is none
    return possible(rate, path), _blocks(container, path, start)


def duration(path: Path, format: str | None = None) -> float | None:
    """Seconds, nearly; None where nothing says it. What a header of MP3 or FLAC says may be an estimate or missing, so
    frames are counted. Raises BadSource."""
    import av

    with _container(path, format) as container:
        stream = container.streams.audio[0]
        if _is_mp4(container):
            return container.duration / 1e6 if container.duration else None
        try:
            ticks = sum(packet.duration or 0 for packet in container.demux(stream))
        except av.error.FFmpegError as error:
            raise BadSource(path, UNREADABLE) from error
        return float(ticks * stream.time_base) or None if stream.time_base else None


def possible(rate: Any, path: Path) -> int:
    """A rate as a header states it. Raises BadSource where there is no sound of such a rate."""
    if not isinstance(rate, int) or not 1 <= rate <= HIGHEST_RATE:
        raise BadSource(path, f"states a rate of {rate} Hz; right are 1 to {HIGHEST_RATE:,}")
    return rate


def _container(path: Path, format: str | None) -> Any:
    try:
        import av
    except ModuleNotFoundError as error:
        raise BadSource(path, "needs the package 'av' to be read: pip install 'regenkit[speech]'") from error
    try:
        container = av.open(str(path), format=format, metadata_errors="replace")  # tags in Latin-1
    except av.error.FFmpegError as error:
        raise BadSource(path, UNREADABLE) from error
    if not container.streams.audio:
        container.close()
        raise BadSource(path, "holds no sound")
    return container


def _is_mp4(container: Any) -> bool:
    return "m4a" in container.format.name.split(",")


def _blocks(container: Any, path: Path, start: float) -> Iterator[np.ndarray]:
    import av

    with container:
        stream = container.streams.audio[0]
        rate, first = stream.rate, int(start * stream.rate)
        plain, kind = None, None
        try:
            at, padded = _sought(container, stream, start), _is_mp4(container)
            for frame, following in pairwise(chain(_frames(container, stream), [None])):
                if frame.sample_rate != rate:
                    raise BadSource(path, f"has another rate from some place on: {frame.sample_rate} Hz after {rate}")
                if at is None:
                    at = round(rate * (frame.pts * frame.time_base - stream.start_time * stream.time_base))
                length = _in_last(frame, stream, at) if padded and following is None else frame.samples
                if plain is None or kind != (frame.layout.name, frame.format.name):  # an MP3 may go on in stereo
                    kind = frame.layout.name, frame.format.name
                    # packed samples: of planes, PyAV counts one too many from eight channels on
                    plain = av.AudioResampler(format="flt", rate=rate)
                for part in plain.resample(frame):
                    block = part.to_ndarray().reshape(-1, part.layout.nb_channels)[:length]
                    kept = block[max(0, first - at) :]
                    at += len(block)
                    if len(kept):
                        yield np.ascontiguousarray(kept, np.float32)
        except (av.error.FFmpegError, ValueError) as error:  # ValueError: frames of other channels than before
            raise BadSource(path, UNREADABLE) from error


def _in_last(frame: Any, stream: Any, at: int) -> int:
    """Samples of the last frame of an MP4, which is filled up: as its own length says, or else the length of all."""
    own = round((frame.duration or 0) * frame.time_base * frame.sample_rate) or frame.samples
    if own < frame.samples or not stream.duration:
        return min(own, int(frame.samples))
    return max(0, min(int(frame.samples), round(stream.duration * stream.time_base * frame.sample_rate) - at))


def _sought(container: Any, stream: Any, start: float) -> int | None:
    """The sample at which decoding begins: 0, or in an MP3 None = as its first frame says. In others seeking is
    inexact."""
    if not _is_mp3(stream) or stream.start_time is None or start <= RUN_UP:
        return 0
    container.seek(round((start - RUN_UP) / stream.time_base) + stream.start_time, stream=stream)
    return None


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Raises FFmpegError where the file is damaged. What stands before or behind the frames of an MP3 is no damage:
    tags, and what fills a sector."""
    import av

    fault, begun = None, False
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError as error:
            if not _is_mp3(stream):
                raise
            fault = error if begun else None
            continue
        if frames and fault is not None:
            raise fault
        begun = begun or bool(frames)
        yield from frames


def _is_mp3(stream: Any) -> bool:
    return stream.codec_context is not None and stream.codec_context.name in ("mp3", "mp3float")
