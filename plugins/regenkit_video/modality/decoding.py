"""Packets of one stream of a file → decoded frames with their times, from any second on; damage is passed over."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Literal

import av

from regenkit_video.modality.clock import begins, pictures

FAULTS = (av.error.FFmpegError, OSError, ValueError, EOFError, MemoryError)
NEAR = 1e-3
"""Seconds by which the time of a frame may be rounded."""
SURE = 3
"""After a seek: frames in a row that tell that packets begin where they seem to."""
LAYERED = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders that see the transparency of a WebM; FFmpeg's own pass over it."""

Opening = Callable[[], AbstractContextManager[Any]]


def decoded(
    opening: Opening, kind: Literal["video", "audio"], start: float, run_up: float, lost: Callable[[str], None]
) -> Iterator[tuple[float | None, Any]]:
    """(seconds since the film began or None, frame) of the first stream of a kind, from one at `start` or before it.

    A seek may land too late (MPEG has no index): then it is tried from farther before. `run_up` are seconds that are
    decoded before `start`. What can't be decoded is left out, and `lost` is told why.
    """
    back = run_up
    while True:
        begin = max(0.0, start - back)
        with opening() as container:
            streams = pictures(container) if kind == "video" else container.streams.audio
            frames = _frames(opening, container, streams[0], begin, lost)
            first = next(frames, None)
            if not begin or (first is not None and first[0] is not None and first[0] <= start + NEAR):
                if first is not None:
                    yield first
                    yield from frames
                return
        back = 2 * back or 1.0


def reason(error: BaseException) -> str:
    """FFmpeg's own words, without the file's name."""
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


def _frames(
    opening: Opening, container: Any, stream: Any, begin: float, lost: Callable[[str], None]
) -> Iterator[tuple[float | None, Any]]:
    unstated = container.format.name == "avi" and stream.type == "video"
    zero = _first(opening) if unstated else begins(container)
    decoder, held, rate = _decoder(stream), [], getattr(stream, "rate", None)
    ready = not begin  # after a seek, the first packet may be cut in its middle, and its rest look like packets
    try:
        if begin:
            container.seek(round((begin + zero) / stream.time_base), stream=stream)
        for packet in container.demux(stream):
            if not packet.size and packet.dts is not None:
                continue  # the picture stays as it is; to decode it would end the decoding
            try:
                for frame in decoder.decode(packet):
                    stated = frame.dts if unstated else frame.pts
                    time = None if stated is None else float(stated * (frame.time_base or stream.time_base)) - zero
                    held.append((time, frame))
                if not ready and stream.type == "audio" and any(frame.sample_rate != rate for _, frame in held):
                    held = []  # what looked like a packet was none
                ready = ready or len(held) >= SURE
            except FAULTS as error:
                if ready:
                    lost(reason(error))
                else:
                    held = []
            if ready:
                yield from held
                held = []
    except FAULTS as error:
        lost(reason(error))
    yield from held


def _first(opening: Opening) -> float:
    """AVI states when packets are to be decoded, and not when frames are shown: the time of its first frame."""
    with opening() as container:
        stream = pictures(container)[0]
        stream.thread_type = "AUTO"
        try:
            frame = next(container.decode(stream), None)
        except FAULTS:
            return 0.0
        return float(frame.dts * frame.time_base) if frame is not None and frame.dts is not None else begins(container)


def flat(stream: Any) -> bool:
    """Whether it is transparent, and this build of FFmpeg does not see that."""
    return _layered(stream) not in (None, *av.codecs_available)


def _layered(stream: Any) -> str | None:
    """The decoder that sees the transparency of a stream; None where it has none, or any decoder does."""
    return LAYERED.get(stream.codec_context.name) if stream.metadata.get("alpha_mode") == "1" else None


def _decoder(stream: Any) -> Any:
    if stream.type == "video":
        stream.thread_type = "AUTO"
        layered = _layered(stream)
        if layered in av.codecs_available:
            return av.CodecContext.create(layered, "r")
    return stream.codec_context
