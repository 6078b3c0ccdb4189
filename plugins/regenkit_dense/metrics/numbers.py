"""Scores of depths, disparities and normals. A pixel that was not measured (0) counts nowhere."""

import numpy as np

from regenkit.components import Evaluation
from regenkit_dense.metrics.maps import mean_where, pair
from regenkit_dense.modality.maps import known

LEAST = 1e-6
NEAR = 1.25


def _pair(of: Evaluation) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    samples, references = (each[..., 0].astype(np.float64) for each in pair(of, "depth", "disparity"))
    return np.maximum(samples, LEAST), references, references > 0


def abs_rel(of: Evaluation) -> np.ndarray:
    """(samples,) the mean of |sample − true| / true, of depth or disparity."""
    samples, references, measured = _pair(of)
    return mean_where(np.abs(samples - references) / np.maximum(references, LEAST), measured)


def rmse(of: Evaluation) -> np.ndarray:
    """(samples,) the root of the mean squared error, in metres, or pixels of disparity."""
    samples, references, measured = _pair(of)
    return np.sqrt(mean_where((samples - references) ** 2, measured))


def delta(of: Evaluation) -> np.ndarray:
    """(samples,) the share of pixels whose ratio to the true value is below 1.25, whichever is larger."""
    samples, references, measured = _pair(of)
    true = np.maximum(references, LEAST)
    return mean_where(np.maximum(samples / true, true / samples) < NEAR, measured)


def angular_error(of: Evaluation) -> np.ndarray:
    """(samples,) the mean angle to the true normal, in degrees."""
    angles, measured = _angles(of)
    return mean_where(angles, measured)


def median_angular_error(of: Evaluation) -> np.ndarray:
    """(samples,) the median angle to the true normal, in degrees; NaN where no normal is known."""
    angles, measured = _angles(of)
    return np.array(
        [np.median(each[seen]) if seen.any() else np.nan for each, seen in zip(angles, measured, strict=True)]
    )


def _angles(of: Evaluation) -> tuple[np.ndarray, np.ndarray]:
    samples, references = (each.astype(np.float64) for each in pair(of, "normals"))
    lengths = np.linalg.norm(samples, axis=-1) * np.linalg.norm(references, axis=-1)
    cosine = (samples * references).sum(-1) / np.maximum(lengths, LEAST)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1))), known("normals", references)
