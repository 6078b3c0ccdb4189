"""The times that a file states → those of its film: seconds since its picture began, and never back."""

from collections.abc import Callable
from typing import Any, final

import av
from av.stream import Disposition

JITTER = 1.0
"""Seconds by which a time may go back, without that the clock starts again."""
LONGEST_HOLD = 60.0
"""Seconds that one frame may stand, whatever the header says."""
LONGEST_STATED = 3600.0
"""Seconds that one may stand where the header states a length that has room for it."""


def pictures(container: Any) -> list[Any]:
    """Its streams of pictures that move: not the cover of a piece of music."""
    return [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]


def begins(container: Any) -> float:
    """The time at which a file begins, in seconds: that of its picture, or where it has none that of its sound."""
    for stream in (*pictures(container), *container.streams.audio):
        if stream.start_time is not None:
            return float(stream.start_time * stream.time_base)
    return 0.0


def seconds(container: Any) -> float:
    """How long a file is, as its header states; 0 where it does not."""
    return max(0.0, (container.duration or 0) / av.time_base)


def believed(since: float, until: float, length: float) -> bool:
    """Whether something may last so long in a film of `length` seconds; if not, its time is damaged."""
    return until - since <= LONGEST_HOLD or (until - since <= LONGEST_STATED and until <= length + JITTER)


@final
class Clock:
    """Of frames one after the other; each is later than the one before.

    start   where frames without a time begin
    step    seconds from one frame to the next, where nothing better is known
    length  of the film, as its header states
    remark  is told of times that are not believed
    """

    def __init__(self, start: float, step: float, length: float, remark: Callable[[str], None]) -> None:
        self._last, self._step, self._length, self._remark = start, step, length, remark
        self._behind, self._count = 0.0, 0

    def at(self, stated: float | None) -> float:
        """The time of the next frame."""
        last, following = self._last, self._last + self._step * bool(self._count)
        time = following if stated is None else stated - self._behind
        leaps = time > last and not believed(last, time, self._length)
        if leaps:
            self._remark(f"a time in it leaps by {time - last:.0f} s, which is damage: what follows is shown at once")
        if leaps or (self._count and time <= last - JITTER):  # the clock starts again here
            self._behind += time - following
            time = following
        elif self._count and time <= last:
            time = last + self._step / 100
        self._last, self._count = time, self._count + 1
        return time
