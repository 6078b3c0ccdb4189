"""Scores of the boundaries between classes: whether they are where they should be, and how far off they are.

A boundary pixel of a class has a neighbour, above, below, left or right, of another known class. Distances are
Euclidean, in pixels.
"""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from regenkit.components import Evaluation
from regenkit_dense.metrics.maps import pair

Score = Callable[[np.ndarray, np.ndarray], float]
"""Of two boundaries, bool (height, width)."""
TOLERANCE = 0.0075
"""Of the picture's diagonal (Csurka et al. 2013), but at least one pixel."""
FAR = 95
"""Per cent."""


def boundary_f(of: Evaluation) -> np.ndarray:
    """(samples,) the harmonic mean of precision and recall of boundary pixels, matched within the tolerance, and of it
    the mean over the classes of a picture (Csurka et al. 2013)."""
    samples, references = pair(of, "classes")
    tolerance = max(1.0, TOLERANCE * np.hypot(*samples.shape[1:3]))

    def score(mine: np.ndarray, theirs: np.ndarray) -> float:
        if not mine.any() or not theirs.any():
            return 0.0
        precision = (_distance(theirs)[mine] <= tolerance).mean()
        recall = (_distance(mine)[theirs] <= tolerance).mean()
        return float(2 * precision * recall / max(precision + recall, 1e-12))

    return np.array([_over_classes(one, other, score) for one, other in zip(samples, references, strict=True)])


def hausdorff_95(of: Evaluation) -> np.ndarray:
    """(samples,) pixels: the distance within which 95 % of both boundaries are from the other one, the mean over the
    classes of a picture. A class that only one of the two has is off by the picture's diagonal."""
    samples, references = pair(of, "classes")
    diagonal = float(np.hypot(*samples.shape[1:3]))

    def score(mine: np.ndarray, theirs: np.ndarray) -> float:
        if not mine.any() or not theirs.any():
            return diagonal
        return max(
            float(np.percentile(_distance(theirs)[mine], FAR)), float(np.percentile(_distance(mine)[theirs], FAR))
        )

    return np.array([_over_classes(one, other, score) for one, other in zip(samples, references, strict=True)])


def outline(classes: np.ndarray, name: int) -> np.ndarray:
    """bool (height, width): the boundary pixels of a class."""
    inside = classes == name
    found = np.zeros_like(inside)
    for axis in (0, 1):
        for step in (1, -1):
            beside = np.roll(classes, step, axis)
            edge = [slice(None)] * 2
            edge[axis] = slice(0, 1) if step == 1 else slice(-1, None)
            beside[tuple(edge)] = 0  # beyond the picture nothing is known
            found |= inside & (beside > 0) & (beside != name)
    return found


def _over_classes(sample: np.ndarray, reference: np.ndarray, score: Score) -> float:
    """The mean over the classes whose boundary one of the two has; NaN where there is none."""
    sample = np.where(reference > 0, sample, 0)
    found = []
    for name in np.union1d(np.unique(sample), np.unique(reference)):
        mine, theirs = outline(sample, int(name)), outline(reference, int(name))
        if name > 0 and (mine.any() or theirs.any()):
            found.append(score(mine, theirs))
    return float(np.mean(found)) if found else float("nan")


def _distance(outline: np.ndarray) -> np.ndarray:
    """Of each pixel to the nearest one of the outline."""
    found: np.ndarray = ndimage.distance_transform_edt(~outline)
    return found
