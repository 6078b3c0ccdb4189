"""Means with their bootstrap intervals (Efron 1979), over examples, and their spread over training seeds."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from regenkit.analysis.results.figure import Figure

DRAWS = 1000
FEWEST = 6
"""Examples that an interval takes: if of fewer all lie on one side, that is chance more than once in twenty times."""


def bootstrap(values: np.ndarray, weights: np.ndarray | None = None) -> Figure:
    """Σ values / Σ weights (1 each by default) with its 95 % percentile interval; undefined values are left out,
    and fewer than FEWEST have none.

    With weights it is a ratio, and numerator and denominator are drawn together, as they belong together. Where all
    weights are 0 it is undefined (NaN); draws in which they are say nothing.
    """
    values = np.asarray(values, np.float64)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    defined = np.isfinite(values)
    values, weights = values[defined], weights[defined]
    if not weights.any():
        return Figure(float("nan"))
    mean = float(values.sum() / weights.sum())
    if np.count_nonzero(values.astype(bool) | weights.astype(bool)) < FEWEST:
        return Figure(mean)
    random, means = np.random.default_rng(0), np.full(DRAWS, np.nan)
    for number in range(DRAWS):  # one at a time: thousands of examples need no gigabyte
        drawn = random.integers(0, len(values), len(values))
        if weights[drawn].any():
            means[number] = values[drawn].sum() / weights[drawn].sum()
    low, high = np.quantile(means[np.isfinite(means)], [0.025, 0.975])
    return Figure(mean, float(low), float(high))


def figure_of(values: np.ndarray, samples: int = 1) -> Figure:
    """A metric's values with their interval over examples; or its one value [] of all examples together.

    values    [samples · examples], round after round
    samples   how many of each example: they are drawn together, else the interval would be that of more examples
    """
    if not values.ndim:
        return Figure(float(values))
    rounds = np.asarray(values, np.float64).reshape(samples, -1)
    defined = np.isfinite(rounds)
    counts = defined.sum(0)
    return bootstrap(np.where(counts, np.where(defined, rounds, 0.0).sum(0), np.nan), counts)


def over_seeds(values: Sequence[np.ndarray] | np.ndarray, weights: np.ndarray | None = None) -> Figure:
    """The mean of training seeds, each [examples], or [] of all examples together; the interval is over examples, of
    the mean over seeds. What is undefined in one seed is left out of that seed alone."""
    seeds = tuple(_mean(each, weights) for each in values)
    mean = float(np.mean(seeds))
    spread = float(np.std(seeds, ddof=1)) if len(seeds) > 1 and np.isfinite(mean) else None
    if not np.ndim(values[0]):
        whole = Figure(mean)
    elif ((defined := np.isfinite(values)) == defined[0]).all():
        whole = bootstrap(np.mean(np.where(defined, values, np.nan), axis=0), weights)
    else:
        whole = _drawn_together(np.asarray(values, np.float64), weights)
    return replace(whole, mean=mean, seeds=seeds, spread=spread)


def _drawn_together(values: np.ndarray, weights: np.ndarray | None) -> Figure:
    """The interval of the mean over seeds that leave out different examples: drawn are examples, and of each draw every
    seed has the mean of those that it defines."""
    defined = np.isfinite(values)
    known = defined * (np.ones(values.shape[1]) if weights is None else np.asarray(weights, np.float64))
    values = np.where(defined, values, 0.0)
    some = (values.astype(bool) | known.astype(bool)).any(0)
    if not known.any(1).all() or np.count_nonzero(some) < FEWEST:
        return Figure(float("nan"))
    values, known = values[:, some], known[:, some]
    random, means = np.random.default_rng(0), np.full(DRAWS, np.nan)
    for number in range(DRAWS):
        drawn = random.integers(0, values.shape[1], values.shape[1])
        totals = known[:, drawn].sum(1)
        if totals.all():
            means[number] = (values[:, drawn].sum(1) / totals).mean()
    if not np.isfinite(means).any():
        return Figure(float("nan"))
    low, high = np.quantile(means[np.isfinite(means)], [0.025, 0.975])
    return Figure(float("nan"), float(low), float(high))


def _mean(values: np.ndarray, weights: np.ndarray | None) -> float:
    if not np.ndim(values):
        return float(values)
    defined = np.isfinite(values)
    total = float(defined.sum() if weights is None else weights[defined].sum())
    return float(values[defined].sum()) / total if total else float("nan")
