"""The sound of a file, of video or of sound alone, as 16 kHz mono; and its features at the frames of a video.

Features: the logarithm of 20 mel bands (Stevens et al. 1937) of windows of 25 ms, four windows a frame of 40 ms; of
each band its mean over the file is taken away, so that a microphone or a loud voice says nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np

from regenkit.errors import BadSource, UserError
from regenkit_video.formats import READS, SOUNDS
from regenkit_video.modality.clip import Sound
from regenkit_video.modality.decoding import FAULTS, reason
from regenkit_video.modality.film import CONTAINERS, UNKNOWN
from regenkit_video.modality.hearing import hearing

HERTZ = 16_000
WINDOW, HOP, BANDS, HOPS = 400, 160, 20, 4
FEATURES = BANDS * HOPS
LOW, HIGH = 80.0, 7600.0
FLOOR = 1e-6
SPREAD = 2.0
"""By which features are divided, so that they are of order 1."""
UNHEARD = "holds no sound that can be read"
LONGEST = 600.0
"""Seconds of one file that are held at once."""


def heard(path: str | Path, start: float = 0.0, seconds: float = LONGEST) -> Sound | None:
    """16 kHz mono from `start` on, at most `seconds`; None where there is no sound. Of a video, `start` counts from its
    first picture. Raises UserError and BadSource."""
    path = Path(path)
    if path.suffix.lower() not in (*READS, *SOUNDS):
        right = ", ".join((*SOUNDS, *READS))
        raise UserError(f"{path}: sound is read from {right}, not {path.suffix or 'without a suffix'!r}")
    if not path.is_file():
        raise UserError(f"{path}: {'is a folder, not a file' if path.is_dir() else 'there is no such file'}")

    @contextmanager
    def opening() -> Iterator[Any]:
        allowed = f"{CONTAINERS},wav,mp3,flac,aac"
        try:
            file = av.open(str(path), container_options={"format_whitelist": allowed}, metadata_errors="replace")
        except FAULTS as error:
            raise BadSource(path, f"{UNHEARD} ({reason(error)})") from error
        with file:
            yield file

    with opening() as file:
        if not file.streams.audio:
            return None
        if file.streams.audio[0].codec_context is None:
            raise BadSource(path, f"its sound {UNKNOWN}")
    parts, count, wanted = [], 0, round(seconds * HERTZ)
    lost: list[str] = []
    for piece in hearing(opening, start, lost.append, HERTZ, most=1):
        parts.append(piece.samples)
        count += len(piece.samples)
        if count >= wanted:
            break
    if lost and not parts:
        raise BadSource(path, f"{UNHEARD} ({lost[0]})")
    whole = np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)
    remarks = tuple(f"its sound is damaged ({why}): what can't be read is silent" for why in lost[:1])
    return Sound(samples=whole[:wanted], rate=HERTZ, remarks=remarks)


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
