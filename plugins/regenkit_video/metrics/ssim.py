"""Structural similarity of clips (Wang et al. 2004, IEEE Transactions on Image Processing 13:4), by scikit-image."""

import numpy as np
from skimage.metrics import structural_similarity

from regenkit.components import Evaluation
from regenkit_video.metrics.frames import stacked

WINDOW = 11


def ssim(of: Evaluation) -> np.ndarray:
    """(samples,) −1…1, the mean over frames, of each sample and its own reference; 1 where they are the same.

    Gaussian window of 11 × 11, σ 1.5, K₁ 0.01, K₂ 0.03. NaN of frames that are smaller than the window.
    """
    samples, references = stacked(of.samples), stacked(of.references)
    if min(samples.shape[2:4]) < WINDOW:
        return np.full(len(samples), np.nan)
    return np.array([
        np.mean([_similarity(one, other) for one, other in zip(sample, reference, strict=True)])
        for sample, reference in zip(samples, references, strict=True)
    ])  # fmt: skip


def _similarity(one: np.ndarray, other: np.ndarray) -> float:
    return float(structural_similarity(one, other, channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5,
                                       use_sample_covariance=False))  # fmt: skip
