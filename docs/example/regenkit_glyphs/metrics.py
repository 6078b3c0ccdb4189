"""The metric: one value for each sample."""

import numpy as np

from regenkit import Evaluation


def same_squares(of: Evaluation) -> np.ndarray:
    """Share of squares that a sample has as its reference has them, [samples]."""
    pairs = zip(of.samples, of.references, strict=True)
    return np.array([(sample["squares"] == reference["squares"]).mean() for sample, reference in pairs])
