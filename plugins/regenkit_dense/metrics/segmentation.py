"""Scores of classes. A pixel whose class is not known (0) counts nowhere."""

import numpy as np

from regenkit.components import Evaluation
from regenkit_dense.metrics.maps import mean_where, pair


def pixel_accuracy(of: Evaluation) -> np.ndarray:
    """(samples,) the share of known pixels whose class is right."""
    samples, references = pair(of, "classes")
    return mean_where(samples == references, references > 0)


def miou(of: Evaluation) -> float:
    """One value: intersection over union of each class, over the pixels of all pictures, and the mean of those classes
    that the references or the samples have (as PASCAL VOC and Cityscapes do)."""
    samples, references = pair(of, "classes")
    both, sizes = _overlaps(samples[None], references[None])
    union = sizes - both
    return float((both[union > 0] / union[union > 0]).mean()) if union.any() else float("nan")


def picture_iou(of: Evaluation) -> np.ndarray:
    """(samples,) the same of each picture by itself."""
    both, sizes = _overlaps(*pair(of, "classes"))
    return _mean_of_classes(both, sizes - both)


def dice(of: Evaluation) -> np.ndarray:
    """(samples,) 2 · intersection over the sum of sizes, the mean of the classes that a picture or its truth has."""
    both, sizes = _overlaps(*pair(of, "classes"))
    return _mean_of_classes(2 * both, sizes)


def _mean_of_classes(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    there = whole > 0
    share = np.where(there, part / np.maximum(whole, 1), 0).sum(1)
    return np.where(there.any(1), share / np.maximum(there.sum(1), 1), np.nan)


def _overlaps(samples: np.ndarray, references: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(pixels that a class has in both, in one plus in the other), each [pictures, classes]."""
    count = max(1, int(samples.max(initial=0)), int(references.max(initial=0)))
    known = references > 0
    flat = [np.where(known, each, 0).reshape(len(each), -1) for each in (samples, references)]
    both = np.stack([((flat[0] == name) & (flat[1] == name)).sum(1) for name in range(1, count + 1)], 1)
    sizes = np.stack([(flat[0] == name).sum(1) + (flat[1] == name).sum(1) for name in range(1, count + 1)], 1)
    return both.astype(np.float64), sizes.astype(np.float64)
