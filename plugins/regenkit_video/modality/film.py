"""One video file as a stream: frames at a constant rate and upright, and the sound beside them.

Nothing is kept but the frame that is shown, so that an hour takes no more memory than a second. FFmpeg (by PyAV) goes
by a file's content; containers that name other files (playlists) are not among those that it may open.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, final

import av
import numpy as np

from regenkit.errors import BadSource, UserError
from regenkit_video.formats import READS
from regenkit_video.modality.clip import Sound

CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,mpeg,mpegts,mpegvideo,ogg"
"""FFmpeg's names of those that hold frames and sound themselves."""
SLOWEST, FASTEST, USUAL = Fraction(1), Fraction(1000), Fraction(25)
"""Frames a second that a header may state. Beyond, it is wrong, and the usual is taken where frames have no times."""
LONGEST_HOLD = 60.0
"""Seconds that one frame may stand. A greater leap is a damaged time, and the next frame follows at once."""
MOST_PIXELS = 36_000_000
"""Of one frame as it is shown (8K has 33 million): what claims more is not made into pixels."""
NEAR = 1e-3
"""Seconds by which the time of a frame may be rounded."""
NARROWEST, WIDEST = Fraction(1, 4), Fraction(4)
"""A pixel's width by its height: what a header states beyond is wrong."""
WHITE = 255
ROWS = 256
"""Of a transparent frame, that are laid on white at a time: the sums take twice the bytes of the frame."""
EMPTY = "has no frame: it is empty, or cut off"
UNKNOWN = "is of a codec that FFmpeg does not know"
FAULTS = (av.error.FFmpegError, OSError, ValueError, EOFError, MemoryError)


@final
@dataclass
class Film:
    """A video file that can be read through, several times over.

    rate     frames a second as its header states; `USUAL` where that is impossible
    seconds  how long it is, as its header states; 0 where it does not
    sounding whether there is sound
    remarks  what of it could not be read, so far
    """

    path: Path
    rate: Fraction = USUAL
    seconds: float = 0.0
    sounding: bool = False
    remarks: list[str] = field(default_factory=list)

    def frames(self, rate: Fraction | None = None, start: float = 0.0) -> Iterator[np.ndarray]:
        """uint8 (height, width, 3) at `rate` a second (None: each frame once), from `start` seconds on.

        A frame is shown until the next; transparency is laid on white; a camera's rotation is undone; pixels that are
        not square are made so. Raises BadSource where not one frame can be read.
        """
        with opened(self.path) as container:
            aspect = container.streams.video[0].sample_aspect_ratio
            shown = (_Shown(time, frame, aspect) for time, frame in self._timed(container, start))
            even = shown if rate is None else resampled(shown, rate, 1 / self.rate, round(start * rate))
            yield from (each.pixels() for each in even)

    def sound(self, start: float = 0.0) -> Iterator[Sound]:
        """Its sound from `start` seconds on in small pieces, mono or stereo; nothing where it has none."""
        with opened(self.path) as container:
            if not container.streams.audio:
                return
            stream = container.streams.audio[0]
            if stream.codec_context is None:
                self._remark(f"its sound is left out: it {UNKNOWN}")
                return
            channels = min(stream.channels or 1, 2)
            plain = av.AudioResampler(format="flt", layout="stereo" if channels == 2 else "mono", rate=stream.rate)
            _seek(container, stream, start)
            skipped = None if start else 0  # samples before `start`, which the first frame's time tells
            try:
                for frame in chain(container.decode(stream), [None]):
                    if skipped is None:
                        begins = frame.time - _begins(stream) if frame is not None and frame.time is not None else start
                        skipped = max(0, round((start - begins) * stream.rate))
                    for part in plain.resample(frame):
                        values = part.to_ndarray().reshape(-1, channels).clip(-1, 1)
                        skipped, values = max(0, skipped - len(values)), values[skipped:]
                        if len(values):
                            yield Sound(samples=values, rate=int(stream.rate))
            except FAULTS as error:
                self._remark(f"its sound is damaged ({_reason(error)}): the rest is left out")

    def _timed(self, container: Any, start: float) -> Iterator[tuple[float, Any]]:
        """(seconds since the first frame, frame), from the last frame that one can begin with before `start`"""
        stream, count, last, step = container.streams.video[0], 0, start, float(1 / self.rate)
        first = _begins(stream)
        stream.thread_type = "AUTO"
        _seek(container, stream, start)
        try:
            for frame in container.decode(stream):
                stated = frame.time
                time = last + step * bool(count) if stated is None else stated - first
                if count and not last < time <= last + LONGEST_HOLD:
                    first += time - (last + step)  # a time that goes back or leaps: the clock starts again here
                    time = last + step
                width = _width(frame, stream.sample_aspect_ratio)
                if width * frame.height > MOST_PIXELS:
                    raise BadSource(self.path, f"{width} × {frame.height} pixels; at most {MOST_PIXELS:,} are read")
                count, last = count + 1, time
                yield time, frame
        except FAULTS as error:
            if not count:
                raise BadSource(self.path, f"no frame can be read ({_reason(error)})") from error
            self._remark(f"is damaged after {count} frames ({_reason(error)}): the rest is left out")
        if not count:
            raise BadSource(self.path, EMPTY)
        if not start and stream.frames > count + 1:
            self._remark(f"its header states {stream.frames} frames, and {count} could be read")

    def _remark(self, said: str) -> None:
        if said not in self.remarks:
            self.remarks.append(said)


def film(path: str | Path) -> Film:
    """Looks at the header. Raises UserError where the file is missing or of an unknown kind, BadSource where it is no
    video or is damaged."""
    path = Path(path)
    if path.suffix.lower() not in READS:
        raise UserError(f"{path}: videos are read from {', '.join(READS)}, not {path.suffix or 'without a suffix'!r}")
    if not path.is_file():
        raise UserError(f"{path}: {'is a folder, not a file' if path.is_dir() else 'there is no such file'}")
    with opened(path) as container:
        stated = container.streams.video[0].average_rate
        known = stated is not None and SLOWEST <= stated <= FASTEST
        seconds = max(0.0, (container.duration or 0) / av.time_base)
        found = Film(path, Fraction(stated) if known else USUAL, seconds, bool(container.streams.audio))
        if stated is not None and not known:
            found.remarks.append(f"its header states {float(stated):g} frames a second, which is impossible")
        return found


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file by FFmpeg. Raises BadSource where it is no video."""
    try:
        container = av.open(str(path), container_options={"format_whitelist": CONTAINERS}, metadata_errors="replace")
    except FAULTS as error:
        raise BadSource(path, f"is no video that can be read ({_reason(error)})") from error
    with container:
        if not container.streams.video:
            raise BadSource(path, "holds sound alone" if container.streams.audio else EMPTY)
        if container.streams.video[0].codec_context is None:  # to decode it would end the process (PyAV 17)
            raise BadSource(path, UNKNOWN)
        yield container


@final
class _Shown:
    """A decoded frame, made into pixels once, and only if it is shown."""

    def __init__(self, time: float, frame: Any, aspect: Fraction | None) -> None:
        self.time, self._frame, self._aspect = time, frame, aspect
        self._pixels: np.ndarray | None = None

    def pixels(self) -> np.ndarray:
        if self._pixels is None:
            self._pixels = _upright(self._frame, self._aspect)
        return self._pixels


def resampled(shown: Iterator[_Shown], rate: Fraction, last: Fraction, count: int = 0) -> Iterator[_Shown]:
    """What is on the screen at count / rate, (count + 1) / rate …; the last frame stands for `last` seconds."""
    current, end, least = None, 0.0, count + 1
    for each in shown:
        while current is not None and count / rate < each.time - NEAR:
            yield current
            count += 1
        current, end = each, each.time + float(last)
    while current is not None and (count / rate < end - NEAR or count < least):
        yield current
        count += 1


def _begins(stream: Any) -> float:
    """The time of its first frame, in seconds."""
    return float(stream.start_time * stream.time_base) if stream.start_time is not None else 0.0


def _seek(container: Any, stream: Any, start: float) -> None:
    """To where decoding can begin, at `start` seconds or before it."""
    if start:
        container.seek(round((start + _begins(stream)) / stream.time_base), stream=stream)


def _width(frame: Any, aspect: Fraction | None) -> int:
    """In square pixels; `aspect` is the width of one pixel by its height."""
    return round(frame.width * aspect) if aspect and NARROWEST < aspect < WIDEST else int(frame.width)


def _upright(frame: Any, aspect: Fraction | None) -> np.ndarray:
    """uint8 (height, width, 3) as it was seen; `aspect` is that of one pixel."""
    width = _width(frame, aspect)
    if any(component.is_alpha for component in frame.format.components) or frame.format.name == "pal8":
        layers = frame.reformat(format="rgba", width=width).to_ndarray()
        pixels = np.empty((*layers.shape[:2], 3), np.uint8)
        for top in range(0, len(layers), ROWS):
            rows = slice(top, top + ROWS)
            colours, alpha = np.split(layers[rows].astype(np.uint16), [3], axis=2)
            pixels[rows] = (colours * alpha + WHITE * (255 - alpha) + 127) // 255
    else:
        pixels = frame.reformat(format="rgb24", width=width).to_ndarray()
    quarters = round((frame.rotation or 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, quarters)) if quarters else pixels


def _reason(error: BaseException) -> str:
    """FFmpeg's own words, without the file's name."""
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
