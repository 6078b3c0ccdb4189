"""A recording as a picture: its waveform above its spectrogram."""

from pathlib import Path
from typing import Any

import numpy as np

from regenkit_speech.modality.recording import Recording

WIDE, HIGH, DOTS = 900, 380, 100
LOUDEST, SOFTEST = 0.0, -80.0
"""Decibels below the loudest that are shown."""


def draw(recording: Recording, path: Path) -> None:
    """Write a .png of WIDE × HIGH pixels."""
    drawn(recording)[0].savefig(path, format="png")


def drawn(recording: Recording) -> tuple[Any, Any]:
    """(the figure, the axes of its spectrogram), of matplotlib."""
    from matplotlib.figure import Figure  # no pyplot: it keeps figures, and asks for a display

    samples, rate = recording.samples, recording.rate
    size = 1 << round(np.log2(0.032 * rate))
    figure = Figure(figsize=(WIDE / DOTS, HIGH / DOTS), dpi=DOTS, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1, 2.4])
    time = np.arange(len(samples)) / rate
    above.plot(time, samples, linewidth=0.4, color="#25506d")
    above.set(ylim=(-1, 1), yticks=[-1, 0, 1])
    power = _power(samples, size, size // 4)
    decibels = 10 * np.log10(np.maximum(power / max(power.max(), 1e-12), 1e-12))
    end = max(len(samples), 1) / rate
    below.imshow(decibels.T, origin="lower", aspect="auto", cmap="magma", vmin=SOFTEST, vmax=LOUDEST,
                 extent=(0, end, 0, rate / 2000))  # fmt: skip
    below.set(xlabel="seconds", ylabel="kHz", xlim=(0, end))
    return figure, below


def _power(samples: np.ndarray, size: int, hop: int) -> np.ndarray:
    """[frames, size / 2 + 1]."""
    padded = np.pad(samples, size // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    return np.abs(np.fft.rfft(frames * np.hanning(size), axis=1)) ** 2
