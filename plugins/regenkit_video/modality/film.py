"""One video file as a stream: frames at a constant rate and upright, and the sound beside them.

Nothing is kept but the frame that is shown, so that an hour takes no more memory than a second. FFmpeg (by PyAV) goes
by a file's content; containers that name other files (playlists) are not among those that it may open.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, final

import av
import numpy as np

from regenkit.errors import BadSource, UserError
from regenkit_video.formats import READS
from regenkit_video.modality.clip import Sound
from regenkit_video.modality.clock import Clock, begins, believed, pictures, seconds
from regenkit_video.modality.decoding import FAULTS, NEAR, decoded, flat, reason
from regenkit_video.modality.hearing import hearing
from regenkit_video.modality.upright import upright, width

CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,mpeg,mpegts,mpegvideo,ogg"
"""FFmpeg's names of those that hold frames and sound themselves."""
SLOWEST, FASTEST, USUAL = Fraction(1, 600), Fraction(1000), Fraction(25)
"""Frames a second that a header may state. Beyond, it is wrong, and the usual is taken where frames have no times."""
MOST_PIXELS = 36_000_000
"""Of one frame as it is shown (8K has 33 million): what claims more is not made into pixels."""
SHORT = 0.05
"""Of the length that a header states: what may be missing before it is said, and at least a second."""
GUESSED = 1.0
"""Seconds that are decoded before `start` of an MPEG file: the times of the first frames after a seek are guessed."""
BRIGHT = {16: "PQ", 18: "HLG"}
"""Transfer functions of high dynamic range (ITU-T H.273, table 3): their levels are those of brighter screens."""
EMPTY = "has no frame: it is empty, or cut off"
UNKNOWN = "is of a codec that FFmpeg does not know"


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
        even = self._timed(start)
        if rate is not None:
            even = resampled(even, rate, round(start * rate))
        for each in even:
            try:
                pixels = each.pixels()
            except FAULTS as error:
                raise BadSource(self.path, f"a frame can't be made into pixels ({reason(error)})") from error
            yield pixels

    def sound(self, start: float = 0.0) -> Iterator[Sound]:
        """Its sound from `start` seconds on in small pieces, mono or stereo; nothing where it has none."""
        with opened(self.path) as container:
            if not container.streams.audio:
                return
            if container.streams.audio[0].codec_context is None:
                self._remark(f"its sound is left out: it {UNKNOWN}")
                return
        yield from hearing(
            partial(opened, self.path), start,
            lambda why: self._remark(f"its sound is damaged ({why}): what can't be read is silent"),
        )  # fmt: skip

    def _timed(self, start: float) -> Iterator["_Shown"]:
        """Its frames, from the last that one can begin with before `start`."""
        with opened(self.path) as container:
            stream = pictures(container)[0]
            aspect, frames = stream.sample_aspect_ratio, stream.frames
            run_up = GUESSED if container.format.name.startswith("mpeg") else 0.0
            stated = _stated(stream) or (0.0 if self.sounding or frames else self.seconds)
        lost: list[str] = []
        count, end = 0, 0.0
        clock = Clock(start, float(1 / self.rate), self.seconds, self._remark)
        for own, frame in decoded(partial(opened, self.path), "video", start, run_up, lost.append):
            if width(frame, aspect) * frame.height > MOST_PIXELS:
                size = f"{width(frame, aspect)} × {frame.height}"
                raise BadSource(self.path, f"{size} pixels; at most {MOST_PIXELS:,} are read")
            time = clock.at(own)
            end = time + self._stands(frame, time)
            count += 1
            yield _Shown(time, end, frame, aspect)
        if not count:
            raise BadSource(self.path, f"no frame can be read ({lost[0]})" if lost else EMPTY)
        for why in lost[:1]:
            self._remark(f"is damaged ({why}): frames of it are left out")
        if not start and frames > count + 1:
            self._remark(f"its header states {frames} frames, and {count} could be read")
        elif stated - end > max(1.0, SHORT * stated):
            self._remark(f"its header states {stated:.1f} s, and {end:.1f} s could be read: it is cut off")

    def _stands(self, frame: Any, time: float) -> float:
        """Seconds that a frame stands if it is the last."""
        own = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 0.0
        return own if own > 0 and believed(time, time + own, self.seconds) else float(1 / self.rate)

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
        stream = pictures(container)[0]
        stated = stream.average_rate
        known = stated is not None and SLOWEST <= stated <= FASTEST
        found = Film(path, Fraction(stated) if known else USUAL, seconds(container), bool(container.streams.audio))
        if stated is not None and not known:
            found.remarks.append(f"its header states {float(stated):g} frames a second, which is impossible")
        if curve := BRIGHT.get(stream.codec_context.color_trc):
            said = "its levels are taken as usual ones, which is paler"
            found.remarks.append(f"is of high dynamic range ({curve}): {said}")
        if flat(stream):
            found.remarks.append("its transparency is left out: this build of FFmpeg can't read it")
        return found


def measured(path: Path) -> float:
    """How long a video is whose header does not state it, in seconds: by the times of its packets, none decoded.
    Recorders that write as they go on (WebM of a browser) leave it out. Raises BadSource as `opened` does."""
    clock, end = Clock(0.0, float(1 / USUAL), 0.0, lambda _: None), 0.0
    with opened(path) as container:
        zero = begins(container)
        try:
            for packet in container.demux(pictures(container)[0]):
                if packet.size and packet.pts is not None:
                    end = clock.at(float(packet.pts * packet.time_base) - zero)
        except FAULTS:
            pass  # what is damaged is said where it is read
    return end


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file by FFmpeg. Raises BadSource where it is no video."""
    try:
        container = av.open(str(path), container_options={"format_whitelist": CONTAINERS}, metadata_errors="replace")
    except FAULTS as error:
        raise BadSource(path, f"is no video that can be read ({reason(error)})") from error
    with container:
        if not (shown := pictures(container)):
            raise BadSource(path, "holds sound alone" if container.streams.audio else EMPTY)
        if shown[0].codec_context is None:  # to decode it would end the process (PyAV 17)
            raise BadSource(path, UNKNOWN)
        yield container


@final
class _Shown:
    """A decoded frame, from `time` to the next or at most to `end`; made into pixels once, and only if it is shown."""

    def __init__(self, time: float, end: float, frame: Any, aspect: Fraction | None) -> None:
        self.time, self.end, self._frame, self._aspect = time, end, frame, aspect
        self._pixels: np.ndarray | None = None

    def pixels(self) -> np.ndarray:
        if self._pixels is None:
            self._pixels = upright(self._frame, self._aspect)
        return self._pixels


def resampled(shown: Iterator[_Shown], rate: Fraction, count: int = 0) -> Iterator[_Shown]:
    """What is on the screen at count / rate, (count + 1) / rate …; only the last frame ends at its own end. Of a film
    from its beginning on there is one frame at least; from a place beyond its end on there is none."""
    current, least = None, 0 if count else 1
    for each in shown:
        while current is not None and count / rate < each.time - NEAR:
            yield current
            count += 1
        current = each
    while current is not None and (count / rate < current.end - NEAR or count < least):
        yield current
        count += 1


def _stated(stream: Any) -> float:
    """Seconds of a stream of Matroska, as its header states; 0 where it does not."""
    try:
        hours, minutes, rest = stream.metadata.get("DURATION", "").split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(rest)
    except ValueError:
        return 0.0
