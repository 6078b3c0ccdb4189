"""Structural similarity (Wang et al. 2004, IEEE Transactions on Image Processing 13:4).

In float64: `tf.image.ssim`, in float32, is wrong by 0.001 on flat pictures, which clip art has much of.
"""

import numpy as np

from regenkit.components import Evaluation
from regenkit_image.metrics.pictures import stacked

WINDOW, SIGMA = 11, 1.5
LUMINANCE, CONTRAST = (0.01 * 255) ** 2, (0.03 * 255) ** 2
BATCH = 128


def ssim(of: Evaluation) -> np.ndarray:
    """(samples,) −1…1 of each sample and its own reference, in levels; 1 where they are the same.

    Gaussian window of 11 × 11 pixels, σ 1.5 (smaller pictures: as large as they are), K₁ 0.01, K₂ 0.03, windows within
    the picture only, mean of places and channels.
    """
    samples, references = stacked(of.samples), stacked(of.references)
    spans = [slice(start, start + BATCH) for start in range(0, len(samples), BATCH)]
    return np.concatenate([_similarity(samples[span] * 1.0, references[span] * 1.0) for span in spans])


def _similarity(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    mean, other_mean = _local(one), _local(other)
    variance = _local(one**2) - mean**2 + _local(other**2) - other_mean**2
    covariance = _local(one * other) - mean * other_mean
    maps = (2 * mean * other_mean + LUMINANCE) * (2 * covariance + CONTRAST)
    maps /= (mean**2 + other_mean**2 + LUMINANCE) * (variance + CONTRAST)
    similarity: np.ndarray = maps.mean((1, 2, 3))
    return similarity


def _local(values: np.ndarray) -> np.ndarray:
    """Weighted means of the windows of [batch, height, width, channels]."""
    size = min(WINDOW, values.shape[1])
    weights = np.exp(-((np.arange(size) - (size - 1) / 2) ** 2) / (2 * SIGMA**2))
    for axis in (1, 2):
        values = np.lib.stride_tricks.sliding_window_view(values, size, axis) @ (weights / weights.sum())
    return values
