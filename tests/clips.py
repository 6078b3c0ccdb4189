"""Small videos for tests, written by PyAV itself: of any rate, frames at any times, turned, with sound or alpha."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

TICKS = 90_000
"""A second in the units of time that these files are written with."""


def grey(levels: Sequence[int], height: int = 32, width: int = 32) -> np.ndarray:
    """uint8 [frames, height, width, 3], each frame of one grey."""
    return np.broadcast_to(np.array(levels, np.uint8)[:, None, None, None], (len(levels), height, width, 3)).copy()


def film(
    path: Path, frames: np.ndarray, *, rate: Fraction | int = 8, times: Sequence[float] | None = None,
    codec: str = "libx264", pixels: str = "yuv420p", quarters: int = 0, sound: np.ndarray | None = None,
    hertz: int = 16_000,
) -> Path:  # fmt: skip
    """Write frames, uint8 [frames, height, width, 3 or 4].

    times     seconds at which each frame begins; by default at the rate
    quarters  turns against the clock that a player is told to make
    sound     float [samples], mono
    """
    rate = Fraction(rate)
    layout = "rgba" if frames.shape[3] == 4 else "rgb24"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], pixels
        if times is not None:
            stream.codec_context.time_base = Fraction(1, TICKS)
        if quarters:
            stream.set_display_rotation(90 * quarters)
        heard = container.add_stream("aac", rate=hertz) if sound is not None else None
        if heard is not None:
            heard.layout = "mono"
        for number, pixels_ in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels_), format=layout)
            if times is not None:
                frame.pts, frame.time_base = round(times[number] * TICKS), Fraction(1, TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if heard is not None and sound is not None:
            for start in range(0, len(sound), 1024):
                part = av.AudioFrame.from_ndarray(np.float32(sound[None, start : start + 1024]), "fltp", "mono")
                part.sample_rate, part.pts = hertz, start
                container.mux(heard.encode(part))
            container.mux(heard.encode(None))
    return path


def tone(seconds: float, hertz: int = 16_000) -> np.ndarray:
    """440 Hz at half the full level."""
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * hertz)) / hertz)
