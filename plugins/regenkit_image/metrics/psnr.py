"""Peak signal-to-noise ratio."""

import numpy as np

from regenkit.components import Evaluation
from regenkit_image.metrics.pictures import stacked

LEAST = 1 / 12
"""Squared levels: the error of rounding to levels. Less is not said of pictures that are written as levels."""


def psnr(of: Evaluation) -> np.ndarray:
    """(samples,) dB: 10 log₁₀(255² / mean squared error) of each sample and its own reference; 58.9 at most."""
    difference = stacked(of.samples).astype(np.float32) - stacked(of.references)
    error = np.square(difference).mean((1, 2, 3), dtype=np.float64)
    decibels: np.ndarray = 10 * np.log10(255**2 / np.maximum(error, LEAST))
    return decibels
