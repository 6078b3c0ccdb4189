"""The metrics of a cell over its training seeds, and what is lost on the way: by rendering, and by predicting Y′.

A loss is how much worse a score is than the reference's: more where lower is better, less where higher is, and the
distance, of the means, where closer is. Losses add up: predicted − reference = (oracle − reference) + (predicted −
oracle), the renderer's share and the mismatch (arXiv 2301.08846, RQ10). So they are of the examples of which all of
these are defined. A negative one is a gain.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from regenkit.analysis.measures.bootstrap import over_seeds
from regenkit.analysis.results.figure import Better, Loss, Score

Values = dict[str, dict[str, np.ndarray]]
"""Of one run, by metric and route: [examples], or [] of all of them together."""
Seeds = list[np.ndarray]
"""Of one route, by seed."""


def score_over_seeds(
    runs: Sequence[Values], at: Sequence[Sequence[int]], better: Mapping[str, Better]
) -> dict[str, Score]:
    """By metric of `better`. Differences are taken example by example and seed by seed.

    runs   one a seed
    at     which examples of each count, in the same order; a score of all together is of all that the run holds out
    """
    found = {}
    for name, side in better.items():
        values = {
            route: [np.asarray(run[name][route])[places] if run[name][route].ndim else run[name][route]
                    for run, places in zip(runs, at, strict=True)]
            for route in runs[0][name]
        }  # fmt: skip
        found[name] = Score(
            better=side,
            routes={route: over_seeds(each) for route, each in values.items()},
            predicted_minus={other: over_seeds(_minus(values["predicted"], values[other]))
                             for other in ("oracle", "direct") if other in values},
            loss=_loss(values, side) if "reference" in values else None,
        )  # fmt: skip
    return found


def _loss(values: Mapping[str, Seeds], side: Better) -> Loss:
    values, lost = _of_the_same(values), dict[str, Seeds]()
    for route in ("oracle", "predicted", "direct"):
        if route not in values:
            continue
        minus = _minus(values[route], values["reference"])
        sign = {"lower": 1, "higher": -1}.get(side) or (-1 if np.mean([_mean(each) for each in minus]) < 0 else 1)
        lost[route] = [sign * each for each in minus]
    predicting = _minus(lost["predicted"], lost["oracle"])
    return Loss(
        rendering=over_seeds(lost["oracle"]),
        predicting=over_seeds(predicting),
        whole=over_seeds(lost["predicted"]),
        split=over_seeds(_minus(lost["oracle"], predicting)),
        direct=over_seeds(lost["direct"]) if "direct" in lost else None,
        minus_direct=over_seeds(_minus(lost["predicted"], lost["direct"])) if "direct" in lost else None,
    )


def _of_the_same(values: Mapping[str, Seeds]) -> Mapping[str, Seeds]:
    """The same, undefined in every route where one of the two steps is: of other examples losses would not add up."""
    steps = (values[route] for route in ("reference", "oracle", "predicted"))
    with np.errstate(invalid="ignore"):
        gaps = [0.0 * np.add.reduce(each) for each in zip(*steps, strict=True)]  # 0, or NaN
    return {route: [value + gap for value, gap in zip(each, gaps, strict=True)] for route, each in values.items()}


def _minus(ones: Seeds, others: Seeds) -> Seeds:
    return [one - other for one, other in zip(ones, others, strict=True)]


def _mean(values: np.ndarray) -> float:
    defined = np.asarray(values)[np.isfinite(values)]
    return float(defined.mean()) if defined.size else float("nan")
