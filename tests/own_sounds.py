"""Files of sound as people have them, written by the libraries that they use: for tests."""

from pathlib import Path
from typing import Any

import numpy as np
import soundfile

HERTZ = 440.0


def tone(seconds: float = 0.5, rate: int = 16_000, *, hertz: float = HERTZ, loudness: float = 0.5) -> np.ndarray:
    """float32 [samples]."""
    return (loudness * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def write(
    path: Path, samples: np.ndarray, rate: int = 16_000, subtype: str | None = "PCM_16", format: str | None = None
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        soundfile.write(file, samples, rate, format=format or path.suffix[1:].upper(), subtype=subtype)


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
