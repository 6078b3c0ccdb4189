"""Peak signal-to-noise ratio of clips."""

import numpy as np

from regenkit.components import Evaluation
from regenkit_video.metrics.frames import stacked

LEAST = 1 / 12
"""Squared levels: the error of rounding to levels. Less is not said of frames that are written as levels."""


def psnr(of: Evaluation) -> np.ndarray:
    """(samples,) dB: the mean over frames of 10 log₁₀(255² / mean squared error) to the own reference; 58.9 at most."""
    difference = stacked(of.samples).astype(np.float32) - stacked(of.references)
    error = np.square(difference).mean((2, 3, 4), dtype=np.float64)
    decibels: np.ndarray = (10 * np.log10(255**2 / np.maximum(error, LEAST))).mean(1)
    return decibels
