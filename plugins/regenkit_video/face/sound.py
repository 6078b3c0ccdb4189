"""The sound of a file, of video or of sound alone, as 16 kHz mono; and its features at the frames of a video.

Features: the logarithm of 20 mel bands (Stevens et al. 1937) of windows of 25 ms, four windows a frame of 40 ms; of
each band its mean over the file is taken away, so that a microphone or a loud voice says nothing.
"""

from functools import lru_cache
from itertools import chain
from pathlib import Path

import av
import numpy as np

from regenkit.errors import BadSource, UserError
from regenkit_video.formats import READS, SOUNDS
from regenkit_video.modality.clip import Sound
from regenkit_video.modality.film import CONTAINERS, FAULTS, UNKNOWN

HERTZ = 16_000
WINDOW, HOP, BANDS, HOPS = 400, 160, 20, 4
FEATURES = BANDS * HOPS
LOW, HIGH = 80.0, 7600.0
FLOOR = 1e-6
SPREAD = 2.0
"""By which features are divided, so that they are of order 1."""
LONGEST = 600.0
"""Seconds of one file that are held at once."""
RUN_UP = 1.0
"""Seconds that are decoded before `start`: the first frames of a lossy codec after a seek lack what they build on."""


def heard(path: str | Path, start: float = 0.0, seconds: float = LONGEST) -> Sound | None:
    """16 kHz mono from `start` on, at most `seconds`; None where there is no sound. Raises UserError and BadSource."""
    path = Path(path)
    if path.suffix.lower() not in (*READS, *SOUNDS):
        right = ", ".join((*SOUNDS, *READS))
        raise UserError(f"{path}: sound is read from {right}, not {path.suffix or 'without a suffix'!r}")
    if not path.is_file():
        raise UserError(f"{path}: {'is a folder, not a file' if path.is_dir() else 'there is no such file'}")
    allowed = f"{CONTAINERS},wav,mp3,flac,aac"
    parts: list[np.ndarray] = []
    try:
        with av.open(str(path), container_options={"format_whitelist": allowed}, metadata_errors="replace") as file:
            if not file.streams.audio:
                return None
            stream = file.streams.audio[0]
            if stream.codec_context is None:
                raise BadSource(path, f"its sound {UNKNOWN}")
            plain = av.AudioResampler(format="flt", layout="mono", rate=HERTZ)
            begins = float(stream.start_time * stream.time_base) if stream.start_time is not None else 0.0
            if start:
                before = max(0.0, start - RUN_UP)  # to it, or to a place before it
                file.seek(round((before + begins) / stream.time_base), stream=stream)
            skip, count = None, 0
            for frame in chain(file.decode(stream), [None]):
                if skip is None:
                    since = start if frame is None or frame.time is None else frame.time - begins
                    skip = max(0, round((start - since) * HERTZ))
                for part in plain.resample(frame):
                    values = part.to_ndarray().reshape(-1)
                    parts.append(values[max(0, skip - count) :])
                    count += len(values)
                if count >= (skip or 0) + seconds * HERTZ:
                    break
    except FAULTS as error:
        if not parts:
            raise BadSource(path, f"holds no sound that can be read ({getattr(error, 'strerror', error)})") from error
    whole = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return Sound(samples=whole[: round(seconds * HERTZ), None].clip(-1, 1), rate=HERTZ)


def features(sound: Sound, frames: int) -> np.ndarray:
    """float32 [frames, 80] of 16 kHz mono; what it lacks at the end is silence."""
    wanted = frames * HOPS * HOP
    samples = sound.samples[:wanted, 0].astype(np.float64)
    samples = np.pad(samples, (WINDOW // 2, wanted - len(samples) + WINDOW // 2))
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[:wanted:HOP] * np.hanning(WINDOW)
    power = np.abs(np.fft.rfft(windows, 512)) ** 2 @ _mel().T
    bands = np.log(power + FLOOR)
    bands = (bands - bands.mean(0)) / SPREAD
    return bands.reshape(frames, FEATURES).astype(np.float32)


@lru_cache(maxsize=1)
def _mel() -> np.ndarray:
    """[bands, frequencies] triangles that are evenly spaced in mel, 2595 log₁₀(1 + f / 700)."""

    def mel(hertz: np.ndarray | float) -> np.ndarray:
        return 2595 * np.log10(1 + np.asarray(hertz) / 700)

    edges = np.linspace(mel(LOW), mel(HIGH), BANDS + 2)
    places = mel(np.fft.rfftfreq(512, 1 / HERTZ))
    rising = (places - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - places) / (edges[2:] - edges[1:-1])[:, None]
    found: np.ndarray = np.maximum(0, np.minimum(rising, falling))
    return found
