"""The maps of an evaluation, by name, as arrays."""

import numpy as np

from regenkit.components import Evaluation
from regenkit.errors import UserError


def pair(of: Evaluation, *names: str) -> tuple[np.ndarray, np.ndarray]:
    """(samples, references) of the first of these maps that Y has, each [samples, height, width, …].

    Raises UserError where Y has none, or a sample is not a number.
    """
    has = next((name for name in names if of.samples and name in of.samples[0]), None)
    if has is None:
        fields = ", ".join(of.samples[0]) if of.samples else "nothing"
        raise UserError(
            f"this metric is of {' or '.join(names)}, and Y has {fields}: take it out of the recipe's evaluate"
        )
    samples, references = (np.stack([fields[has] for fields in each]) for each in (of.samples, of.references))
    if not np.isfinite(samples).all():
        raise UserError(f"{has} that are not numbers (NaN or infinite); has their model diverged?")
    return samples, references


def mean_where(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The mean of each example's known pixels, [samples]; NaN where none is."""
    axes = tuple(range(1, values.ndim))
    count = known.sum(axes)
    total = np.where(known, values, 0).sum(axes, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
