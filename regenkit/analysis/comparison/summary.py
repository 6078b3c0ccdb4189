"""The figures of a comparison: what every run measured, over seeds and on the examples that all hold out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.analysis.comparison.scores import Scores, summed
from regenkit.analysis.evaluation.bootstrap import interval
from regenkit.errors import UserError
from regenkit.stages import ROUTE

Bits = dict[str, dict[str, np.ndarray]]
"""By stage, or STAGE_without_x, and target field: [examples]."""


@final
@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one run costs, on the paired examples that it holds out."""

    folder: Path
    ids: list[str]
    steps: np.ndarray
    bits: Bits  # of the stages that have some
    keys: dict[str, str]  # what each stage depends on
    given: tuple[str, ...]
    shared: tuple[str, ...]  # the fields of Y′ that Y holds too
    parameters: dict[str, int]
    seconds: dict[str, float]
    density: bool = False  # Y′ is continuous: what it costs is a density and no number of bits
    scores: Scores = field(default_factory=dict)


def summary(
    named: Sequence[tuple[str, dict[str, str]]], runs: Sequence[Sequence[Measured]], better: Mapping[str, str]
) -> dict[str, Any]:
    """The figures of every cell, given its (label, settings) and its runs, one a seed.

    A figure is bits a step: {"mean", "low", "high": 95 % bootstrap interval over examples of the mean over seeds,
    "seeds": of each, "spread": their standard deviation, where there are several}. Differences are taken example by
    example and seed by seed. Of a stage without bits there is no figure; "total", and what is taken from it, there is
    where the whole route has them; "lowest" is None where no cell has a total. The metrics of runs that have some are
    in "scores", with the losses of those in `better` (see `summed`). Raises UserError where no example is held out by
    all.
    """
    every = [run for each in runs for run in each]
    common = sorted(set(every[0].ids).intersection(*(run.ids for run in every)))
    if not common:
        raise UserError("no paired example is held out by all cells, so there is nothing to compare them on")
    places = {id(run): {name: place for place, name in enumerate(run.ids)} for run in every}
    at = {run: [places[run][name] for name in common] for run in places}
    steps = every[0].steps[at[id(every[0])]]

    def has(cell: Sequence[Measured], *stages: str) -> bool:
        return all(stage in run.bits for run in cell for stage in stages)

    def total(cell: Sequence[Measured], *stages: str) -> np.ndarray:
        """Bits of whole stages, [seeds, examples]."""
        return np.array([np.add.reduce([value for stage in stages for value in run.bits[stage].values()])[at[id(run)]]
                         for run in cell])  # fmt: skip

    def of_field(cell: Sequence[Measured], stage: str, name: str) -> np.ndarray:
        return np.array([run.bits[stage][name][at[id(run)]] for run in cell])

    def route(cell: Sequence[Measured], stage: str) -> dict[str, Any]:
        """What a stage that reads X costs, and what X saves it."""
        with_x, without = total(cell, stage), total(cell, f"{stage}_without_x")
        fields = {}
        for name in cell[0].bits[stage]:
            bits, blind = of_field(cell, stage, name), of_field(cell, f"{stage}_without_x", name)
            fields[name] = {"bits": figure(bits, steps), "saved": figure(blind - bits, steps)}
        return {"bits": figure(with_x, steps), "saved": figure(without - with_x, steps), "fields": fields}

    totals = {place: total(cell, *ROUTE) for place, cell in enumerate(runs) if has(cell, *ROUTE)}
    lowest = min(totals, key=lambda place: float(totals[place].mean()), default=None)
    found: dict[str, Any] = {"examples": len(common), "steps": int(steps.sum()), "lowest": lowest}
    found["left_out"] = max(len(run.ids) for run in every) - len(common)
    direct: dict[tuple[str, ...], dict[str, Any]] = {}
    found["cells"] = []
    for place, ((label, settings), cell) in enumerate(zip(named, runs, strict=True)):
        row = {
            "label": label,
            "settings": settings,
            "runs": [str(run.folder) for run in cell],
            "given": list(cell[0].given),
            "shared": list(cell[0].shared),
            "density": cell[0].density,
            "parameters": sum(cell[0].parameters[stage] for stage in ROUTE),
            "seconds": _mean([sum(each for stage, each in run.seconds.items() if stage != "direct") for run in cell]),
        }
        if has(cell, "generator"):
            row["generator"] = route(cell, "generator")
        if has(cell, "renderer"):
            fields = {name: {"bits": figure(of_field(cell, "renderer", name), steps)}
                      for name in cell[0].bits["renderer"]}  # fmt: skip
            row["renderer"] = {"bits": figure(total(cell, "renderer"), steps), "fields": fields}
        if place in totals and lowest is not None:
            row["total"] = figure(totals[place], steps)
            row["minus_lowest"] = figure(totals[place] - totals[lowest], steps)
        if "direct" in cell[0].keys:
            key = tuple(run.keys["direct"] for run in cell)
            direct.setdefault(key, {
                **(route(cell, "direct") if has(cell, "direct") else {}),
                "parameters": cell[0].parameters["direct"], "seconds": _mean([run.seconds["direct"] for run in cell]),
            })  # fmt: skip
            row["direct"] = list(direct).index(key)
            if place in totals and has(cell, "direct"):
                row["minus_direct"] = figure(totals[place] - total(cell, "direct"), steps)
        if cell[0].scores:
            row["scores"] = summed([run.scores for run in cell], [at[id(run)] for run in cell], better)
        found["cells"].append(row)
    return {**found, "direct": list(direct.values())}


def figure(bits: np.ndarray, steps: np.ndarray) -> dict[str, Any]:
    """Bits a step of [seeds, examples]: see `summary`."""
    seeds = [float(each) for each in bits.sum(1) / steps.sum()]
    spread = {"spread": float(np.std(seeds, ddof=1))} if len(seeds) > 1 else {}
    return {**interval(bits.mean(0), steps), "seeds": seeds, **spread}


def _mean(values: Sequence[float]) -> float | None:
    mean = float(np.mean(values))
    return mean if np.isfinite(mean) else None
