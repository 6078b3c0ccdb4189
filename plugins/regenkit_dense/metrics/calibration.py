"""Whether probabilities of classes are what they say: of the pixels that are 80 % sure, 80 % should be right.

It is a function of probabilities, which samples do not have, and so no metric of a recipe: `regenkit evaluate` states
bits, which probabilities that are too sure make worse. `benchmarks/dense.py` states this one, too.
"""

import numpy as np

BINS = 15


def calibration_error(probabilities: np.ndarray, classes: np.ndarray, bins: int = BINS) -> float:
    """The expected calibration error (Guo et al. 2017, arXiv 1706.04599): the difference of confidence and accuracy in
    `bins` equal bins of confidence, a mean weighed by their pixels.

    probabilities   (…, n); classes (…), 1…n, 0 not known, which counts nowhere
    """
    known = classes > 0
    sure, right = probabilities.max(-1)[known], (probabilities.argmax(-1) + 1 == classes)[known]
    if not sure.size:
        return float("nan")
    place = np.minimum((sure * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    gap = np.abs(np.bincount(place, sure, bins) - np.bincount(place, right, bins))
    return float(gap.sum() / counts.sum())
