"""Reports of several runs of one recipe as one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from regenkit.analysis.results.figure import Cost, Figure, Score, StageCost
from regenkit.analysis.results.report import Bits, Length, Report

T = TypeVar("T")


def combine(reports: Sequence[Report]) -> Report:
    """Bits and scores as means over runs, with their standard deviation as `spread`; all else is the first's, without
    its finding."""
    if len(reports) == 1:
        return reports[0]
    first = reports[0]
    spared = _over(reports, lambda report: report.bits.constant_minus_oracle)
    bits = Bits(
        routes={route: _stage([report.bits.routes[route] for report in reports]) for route in first.bits.routes},
        predicted_minus=_by_name([report.bits.predicted_minus for report in reports]),
        constant_minus_oracle=spared,
    )
    scores = {
        name: Score(
            better=score.better,
            routes=_by_name([report.scores[name].routes for report in reports]),
            predicted_minus=_by_name([report.scores[name].predicted_minus for report in reports]),
        )
        for name, score in first.scores.items()
    }
    runs = tuple(run for report in reports for run in report.runs)
    lengths = {
        route: Length(mean=_mean([report.lengths[route].mean for report in reports]),
                      away=_mean([report.lengths[route].away for report in reports]))
        for route in first.lengths
    }  # fmt: skip
    return replace(first, runs=runs, bits=bits, scores=scores, lengths=lengths, finding=())


def _stage(stages: Sequence[StageCost]) -> StageCost:
    fields = {name: _cost([stage.fields[name] for stage in stages]) for name in stages[0].fields}
    infinite = max(stage.infinite for stage in stages)
    return StageCost(total=_cost([stage.total for stage in stages]), fields=fields, infinite=infinite)


def _cost(costs: Sequence[Cost]) -> Cost:
    bits = _mean([cost.bits for cost in costs])
    return Cost(
        bits=bits, without_x=_over(costs, lambda cost: cost.without_x), saved=_over(costs, lambda cost: cost.saved)
    )


def _by_name(figures: Sequence[dict[str, Figure]]) -> dict[str, Figure]:
    return {name: _mean([each[name] for each in figures]) for name in figures[0]}


def _over(each: Sequence[T], figure: Callable[[T], Figure | None]) -> Figure | None:
    """The mean of what all have; None where one lacks it."""
    found = [value for value in map(figure, each) if value is not None]
    return _mean(found) if len(found) == len(each) else None


def _mean(figures: Sequence[Figure]) -> Figure:
    means = [figure.mean for figure in figures]
    mean = float(np.mean(means))
    spread = float(np.std(means, ddof=1)) if np.isfinite(mean) else None
    return Figure(mean, seeds=tuple(means), spread=spread)
