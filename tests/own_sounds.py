"""Files of sound as people have them, written by the libraries that they use: for tests."""

from pathlib import Path

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


def encode(path: Path, samples: np.ndarray, rate: int, codec: str, format: str) -> None:
    """By FFmpeg's encoder of that name."""
    import av

    with av.open(str(path), "w", format=format) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(
            np.round(samples * 32767).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.sample_rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def loudest_hertz(samples: np.ndarray, rate: int) -> float:
    """Where the spectrum has its peak."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))
