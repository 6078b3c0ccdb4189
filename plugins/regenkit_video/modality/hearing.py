"""The sound of a file on the clock of its pictures: what comes later is later, and what is missing is silent."""

from collections.abc import Callable, Iterator
from typing import Any, final

import av
import numpy as np

from regenkit_video.modality.clip import Sound
from regenkit_video.modality.clock import JITTER, believed, seconds
from regenkit_video.modality.decoding import FAULTS, Opening, decoded, reason

GAP = 0.04
"""Seconds by which times of sound may be off, since many are rounded. It is less than anybody hears."""
FULL = 2.0**31
"""The largest sample of 32 bits."""
RUN_UP = 1.0
"""Seconds that are decoded before `start`: the first frames of a lossy codec after a seek lack what they build on."""


def hearing(
    opening: Opening, start: float, lost: Callable[[str], None], hertz: int | None = None, most: int = 2
) -> Iterator[Sound]:
    """Its sound from `start` seconds on in small pieces, of at most `most` channels, at `hertz` (None: its own).

    `lost` is told why something could not be read; it is silent.
    """
    with opening() as container:
        stream, length = container.streams.audio[0], seconds(container)
        rate, channels = int(hertz or stream.rate), min(stream.channels or 1, most)
    track = _Track(start, length, rate, channels, lost)
    try:
        for time, frame in decoded(opening, "audio", start, RUN_UP, lost):
            for samples in track.pieces(time, frame):
                yield Sound(samples=samples, rate=rate)
        for samples in track.drained():
            yield Sound(samples=samples, rate=rate)
    except FAULTS as error:
        lost(reason(error))


@final
class _Track:
    """Frames of sound, laid at their times. Samples before `start` are cut off."""

    def __init__(self, start: float, length: float, rate: int, channels: int, lost: Callable[[str], None]) -> None:
        self._start, self._length, self._rate, self._channels, self._lost = start, length, rate, channels, lost
        self._plain = self._resampler()
        self._end: float | None = None  # of what was given, in seconds
        self._behind, self._skip = 0.0, 0
        self._form: tuple[str, str, int] | None = None

    def pieces(self, time: float | None, frame: Any) -> Iterator[np.ndarray]:
        """float32 [samples, channels] in [−1, 1] of the next frame, and of the silence before it."""
        if self._end is None:
            self._end = begin = min(self._start, time if time is not None else self._start)
            self._skip = round((self._start - begin) * self._rate)
        off = 0.0 if time is None else time - self._behind - self._end
        leaps = not believed(self._end, self._end + off, self._length)
        if leaps:
            self._lost(f"a time in it leaps by {off:.0f} s")
        if leaps or off < -JITTER:  # the clock starts again here
            self._behind, off = self._behind + off, 0.0
        lasts = frame.samples / frame.sample_rate
        if lasts / 4 < abs(off) <= GAP and self._end + off <= self._start:
            # after a seek in an MPEG the first time may be that of the next frame; nothing was given yet
            self._skip, self._end, off = self._skip - round(off * self._rate), self._end + off, 0.0
        if off < -GAP:
            return  # this was heard already
        if off > GAP or (off > 0 and self._end == self._start):
            yield from self.drained()
            yield from self._silence(round(off * self._rate))
            self._end += off
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._form != form:  # a resampler is of one form, and files are joined of several
            yield from self.drained()
            self._form = form
        self._end += lasts
        yield from self._given(self._plain.resample(frame))

    def drained(self) -> Iterator[np.ndarray]:
        """What the resampler still holds."""
        if self._end is not None:
            yield from self._given(self._plain.resample(None))
            self._plain = self._resampler()

    def _given(self, parts: list[Any]) -> Iterator[np.ndarray]:
        for part in parts:
            values = (part.to_ndarray().reshape(-1, self._channels) / FULL).astype(np.float32)
            self._skip, values = max(0, self._skip - len(values)), values[self._skip :]
            if len(values):
                yield values

    def _silence(self, samples: int) -> Iterator[np.ndarray]:
        """A second at a time."""
        self._skip, samples = max(0, self._skip - samples), samples - min(self._skip, samples)
        while samples > 0:
            piece = min(samples, self._rate)
            yield np.zeros((piece, self._channels), np.float32)
            samples -= piece

    def _resampler(self) -> Any:
        """Into integers: FFmpeg mixes channels into floats as their sum over √2, which is louder than any of them."""
        return av.AudioResampler(format="s32", layout="stereo" if self._channels == 2 else "mono", rate=self._rate)
