"""Means with their bootstrap intervals (Efron 1979), over examples."""

import numpy as np

DRAWS = 1000


def interval(values: np.ndarray, weights: np.ndarray | None = None) -> dict[str, float]:
    """Σ values / Σ weights (1 each, if not said) and its 95 % percentile interval; undefined values are left out.

    With weights it is a ratio, and numerator and denominator are drawn together, as they belong together.
    """
    values = np.asarray(values, np.float64)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    defined = np.isfinite(values)
    values, weights = values[defined], weights[defined]
    if not len(values):
        return {"mean": float("nan")}
    random, means = np.random.default_rng(0), np.empty(DRAWS)
    for number in range(DRAWS):  # one at a time: thousands of examples need no gigabyte
        drawn = random.integers(0, len(values), len(values))
        means[number] = values[drawn].sum() / weights[drawn].sum()
    low, high = np.quantile(means, [0.025, 0.975])
    return {"mean": float(values.sum() / weights.sum()), "low": float(low), "high": float(high)}
