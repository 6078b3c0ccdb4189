"""The metrics of a cell over its training seeds, and its gap: what predicted Y′ loses against the true one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from regenkit.evaluation.bootstrap import interval

Scores = dict[str, dict[str, np.ndarray]]
"""By metric and route: [examples], or [] of all of them together."""


def summed(runs: Sequence[Scores], at: Sequence[Sequence[int]]) -> dict[str, dict[str, Any]]:
    """Figures by metric and route, and "gap", which is predicted − oracle, example by example and seed by seed.

    runs   one a seed
    at     which examples of each count, in the same order; a score of all together is of all that the run holds out
    """
    found: dict[str, dict[str, Any]] = {}
    for name, routes in runs[0].items():
        values = {
            route: [np.asarray(run[name][route])[places] if run[name][route].ndim else run[name][route]
                    for run, places in zip(runs, at, strict=True)]
            for route in routes
        }  # fmt: skip
        values["gap"] = [one - other for one, other in zip(values["predicted"], values["oracle"], strict=True)]
        found[name] = {route: _figure(np.array(each)) for route, each in values.items()}
    return found


def _figure(values: np.ndarray) -> dict[str, Any]:
    """The mean of [seeds] or [seeds, examples], as `compare.figure` gives it; what is undefined in one seed is left out
    of the interval, and of that seed."""
    seeds = [float(interval(each)["mean"]) if each.ndim else float(each) for each in values]
    spread = {"spread": float(np.std(seeds, ddof=1))} if len(seeds) > 1 else {}
    over = interval(values.mean(0)) if values.ndim > 1 else {}
    return {**over, "mean": float(np.mean(seeds)), "seeds": seeds, **spread}
