"""Scores of faces in motion, in units of the distance of the eyes' outer corners.

Sample and reference are of the mean person, in the head's own axes, so that neither shape nor pose is judged.
"""

import numpy as np

from regenkit.components import Evaluation
from regenkit.errors import UserError
from regenkit_video.face.face import opening

MOST_LAG = 5
"""Frames by which lips may be early or late: 0.2 seconds."""
ROUNDING = 1e-5
"""Of the length of a series around its mean: less is no movement."""
MOUTH = (0, 11, 12, 13, 14, 15, 16, 17, 37, 39, 40, 61, 78, 80, 81, 82, 84, 87, 88, 91, 95, 146, 178, 181, 185, 191,
         267, 269, 270, 291, 308, 310, 311, 312, 314, 317, 318, 321, 324, 375, 402, 405, 409, 415)  # fmt: skip
"""The points of the lips."""


def landmark_error(of: Evaluation) -> np.ndarray:
    """(samples,) mean distance of all points to the reference's; of the oracle route, what coefficients lose."""
    return np.array([_apart(sample["mesh"], reference["mesh"]) for sample, reference in _pairs(of)])


def mouth_error(of: Evaluation) -> np.ndarray:
    """(samples,) the same of the lips alone."""
    return np.array([_apart(sample["mesh"][:, MOUTH], reference["mesh"][:, MOUTH]) for sample, reference in _pairs(of)])


def lip_correlation(of: Evaluation) -> np.ndarray:
    """(samples,) Pearson's correlation over frames of how far the lips are open with the reference; NaN where either
    does not move."""
    return np.array([correlation(*_openings(sample, reference)) for sample, reference in _pairs(of)])


def lip_lag(of: Evaluation) -> np.ndarray:
    """(samples,) by how many frames, early or late, the lips' opening fits the reference best, 0 to 5; NaN as above."""
    return np.array([abs(lag(*_openings(sample, reference))) for sample, reference in _pairs(of)])


def jitter(of: Evaluation) -> np.ndarray:
    """(samples,) mean length of (frame before − 2 × frame + frame after) over all points; NaN of two frames."""
    found = []
    for sample in _samples(of):
        mesh = sample["mesh"]
        change = mesh[:-2] - 2 * mesh[1:-1] + mesh[2:]
        found.append(float(np.linalg.norm(change, axis=2).mean()) if len(mesh) > 2 else np.nan)
    return np.array(found)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's, NaN where either is constant (but for rounding) or there are fewer than three values."""
    if len(one) < 3 or len(other) < 3:
        return float("nan")
    one, other = np.float64(one) - np.mean(one), np.float64(other) - np.mean(other)
    norms = np.linalg.norm(one), np.linalg.norm(other)
    return float(one @ other / np.prod(norms)) if min(norms) > ROUNDING else float("nan")


def lag(one: np.ndarray, other: np.ndarray) -> float:
    """By how many frames `one` is late, of −5 to 5, where the correlation is greatest; NaN where there is none."""
    found = {}
    for late in range(-MOST_LAG, MOST_LAG + 1):
        first, second = one[max(0, late) : len(one) + min(0, late)], other[max(0, -late) : len(other) - max(0, late)]
        found[late] = correlation(first, second) if len(first) > 2 else float("nan")
    known = {late: value for late, value in found.items() if not np.isnan(value)}
    return float(max(known, key=lambda late: (known[late], -abs(late)))) if known else float("nan")


def _pairs(of: Evaluation) -> list[tuple[dict, dict]]:
    return list(zip(_samples(of), of.references, strict=True))


def _samples(of: Evaluation) -> list[dict]:
    """Raises UserError where a point is not a number."""
    if not all(np.isfinite(sample["mesh"]).all() for sample in of.samples):
        raise UserError("meshes that are not numbers (NaN or infinite); has their model diverged?")
    return list(of.samples)


def _openings(sample: dict, reference: dict) -> tuple[np.ndarray, np.ndarray]:
    frames = min(len(sample["mesh"]), len(reference["mesh"]))
    return opening(sample["mesh"][:frames]), opening(reference["mesh"][:frames])


def _apart(sample: np.ndarray, reference: np.ndarray) -> float:
    frames = min(len(sample), len(reference))
    return float(np.linalg.norm(sample[:frames] - reference[:frames], axis=2).mean())
