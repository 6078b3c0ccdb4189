"""Files of sound as people have them, written by the libraries that they use: for tests."""

from pathlib import Path
from typing import Any

import numpy as np
import soundfile

HERTZ = 440.0


def tone(seconds: float = 0.5, rate: int = 16_000, *, hertz: float = HERTZ, loudness: float = 0.5) -> np.ndarray:
    """float32 [samples]."""
    return (loudness * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def talk(seconds: float, rate: int, seed: int = 0) -> np.ndarray:
    """Loud, soft and silent by turns, so that an encoder of variable bit rate varies it."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    loud = np.clip(np.sin(2 * np.pi * 0.8 * time), 0, 1)
    wave = 0.3 * np.sin(2 * np.pi * (180 * time + 30 * np.sin(4 * time))) + 0.1 * random.normal(size=len(time))
    return (loud * wave).astype(np.float32)


def write(
    path: Path, samples: np.ndarray, rate: int = 16_000, subtype: str | None = "PCM_16", format: str | None = None
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        soundfile.write(file, samples, rate, format=format or path.suffix[1:].upper(), subtype=subtype)


class Pipe:
    """Takes what is written to it, and cannot go back."""

    def __init__(self, path: Path) -> None:
        self.file, self.name = path.open("wb"), str(path)

    def write(self, data: bytes) -> int:
        return self.file.write(data)

    def seekable(self) -> bool:
        return False


def encode(
    target: Any, samples: np.ndarray, rate: int, codec: str, format: str, options: dict[str, str] | None = None,
    codec_options: dict[str, str] | None = None, layout: str = "mono", **stream: Any,
) -> None:  # fmt: skip
    """By FFmpeg's encoder of that name, with options of the format and of the encoder. `target` is a path, or what
    takes bytes."""
    import av

    with av.open(str(target) if isinstance(target, Path) else target, "w", format=format, options=options) as container:
        out = container.add_stream(codec, rate=rate, **stream)
        out.layout = layout
        out.codec_context.options = codec_options or {}
        frame = av.AudioFrame.from_ndarray(
            np.round(samples * 32767).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.sample_rate, frame.pts = rate, 0
        fitting = out.codec_context.codec.audio_formats[0].name
        parts = av.AudioResampler(fitting, layout, rate, out.codec_context.frame_size or None)
        for part in (*parts.resample(frame), *parts.resample(None)):
            container.mux(out.encode(part))
        container.mux(out.encode(None))


def loudest_hertz(samples: np.ndarray, rate: int) -> float:
    """Where the spectrum has its peak."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))
