"""The metrics of a cell over its training seeds, and what is lost on the way: by rendering, and by predicting Y′.

A loss is how much worse a score is than the reference's: more where lower is better, less where higher is, and the
distance, of the means, where closer is. Losses add up: predicted − reference = (oracle − reference) + (predicted −
oracle), the renderer's share and the mismatch (arXiv 2301.08846, RQ10). A negative one is a gain.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from regenkit.analysis.evaluation.bootstrap import interval

Scores = dict[str, dict[str, np.ndarray]]
"""By metric and route: [examples], or [] of all of them together."""
Values = list[np.ndarray]
"""Of one route, by seed."""


def summed(runs: Sequence[Scores], at: Sequence[Sequence[int]], better: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Figures by metric and route; "gap", which is predicted − oracle, example by example and seed by seed; and of the
    metrics in `better` the losses, under "loss":

        rendering     of the true Y′                  predicting     what predicted Y′ loses beyond that
        whole         both                            split          rendering − predicting
        direct        of the direct route             minus_direct   whole − direct

    runs     one a seed
    at       which examples of each count, in the same order; a score of all together is of all that the run holds out
    better   which side of a metric is: "higher", "lower" or "closer" (to the reference)
    """
    found: dict[str, dict[str, Any]] = {}
    for name, routes in runs[0].items():
        values = {
            route: [np.asarray(run[name][route])[places] if run[name][route].ndim else run[name][route]
                    for run, places in zip(runs, at, strict=True)]
            for route in routes
        }  # fmt: skip
        figures: dict[str, Any] = {route: _figure(each) for route, each in values.items()}
        figures["gap"] = _figure(_minus(values["predicted"], values["oracle"]))
        if name in better:
            figures["loss"] = {part: _figure(each) for part, each in _losses(values, better[name]).items()}
        found[name] = figures
    return found


def _losses(values: Mapping[str, Values], side: str) -> dict[str, Values]:
    lost: dict[str, Values] = {}
    for route in ("oracle", "predicted", "direct"):
        if route not in values:
            continue
        apart = _minus(values[route], values["reference"])
        sign = {"lower": 1, "higher": -1}.get(side) or (-1 if np.mean([_mean(each) for each in apart]) < 0 else 1)
        lost[route] = [sign * each for each in apart]
    predicting = _minus(lost["predicted"], lost["oracle"])
    found = {"rendering": lost["oracle"], "predicting": predicting, "whole": lost["predicted"],
             "split": _minus(lost["oracle"], predicting)}  # fmt: skip
    if "direct" in lost:
        found |= {"direct": lost["direct"], "minus_direct": _minus(lost["predicted"], lost["direct"])}
    return found


def _minus(ones: Values, others: Values) -> Values:
    return [one - other for one, other in zip(ones, others, strict=True)]


def _figure(values: Values) -> dict[str, Any]:
    """The mean of [seeds] or [seeds, examples], as `summary.figure` gives it; what is undefined in one seed is left out
    of the interval, and of that seed."""
    seeds = [_mean(each) for each in values]
    spread = {"spread": float(np.std(seeds, ddof=1))} if len(seeds) > 1 else {}
    over = interval(np.mean(values, axis=0)) if np.ndim(values[0]) else {}
    return {**over, "mean": float(np.mean(seeds)), "seeds": seeds, **spread}


def _mean(values: np.ndarray) -> float:
    defined = np.asarray(values)[np.isfinite(values)]
    return float(defined.mean()) if defined.size else float("nan")
