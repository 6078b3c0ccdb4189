"""The figures of a comparison: what every run measured, over seeds and on the examples that all hold out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import final

import numpy as np

from regenkit.analysis.grid.losses import Values, score_over_seeds
from regenkit.analysis.measures.bootstrap import over_seeds
from regenkit.analysis.measures.costs import FieldBits, difference, stage_cost, whole
from regenkit.analysis.results.comparison import Cell, Comparison, Direct, Setup
from regenkit.analysis.results.figure import Figure, StageCost
from regenkit.errors import UserError
from regenkit.stages import ROUTE


@final
@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one run costs, on the paired examples that it holds out.

    bits        of the stages that have some: by stage, or STAGE_without_x, and target field, [examples]
    keys        what each stage depends on; where samples are scored, a direct route on how they are drawn as well
    shared      the fields of Y′ that Y holds too
    density     Y′ is continuous: what it costs is a density and no number of bits
    steps, unit how much of Y each has, and what it is counted in
    """

    folder: Path
    ids: list[str]
    steps: np.ndarray
    bits: dict[str, dict[str, np.ndarray]]
    keys: dict[str, str]
    given: tuple[str, ...]
    shared: tuple[str, ...]
    parameters: dict[str, int]
    seconds: dict[str, float]
    density: bool = False
    unit: str = "step"
    scores: Values = field(default_factory=dict)

    def has(self, *stages: str) -> bool:
        return all(stage in self.bits for stage in stages)


@final
@dataclass(frozen=True)
class _Runs:
    """The runs of one cell, one a seed; `at` says which of each run's examples count, in one order for all."""

    runs: Sequence[Measured]
    at: Sequence[Sequence[int]]
    steps: np.ndarray

    def has(self, *stages: str) -> bool:
        return all(run.has(*stages) for run in self.runs)

    def bits(self, stage: str) -> FieldBits:
        """By field, [seeds, examples]."""
        return {
            name: np.array([run.bits[stage][name][places] for run, places in zip(self.runs, self.at, strict=True)])
            for name in self.runs[0].bits[stage]
        }

    def cost(self, stage: str) -> StageCost | None:
        if not self.has(stage):
            return None
        without_x = self.bits(f"{stage}_without_x") if self.has(f"{stage}_without_x") else None
        both = self.total(*ROUTE) if stage in ROUTE and self.has(*ROUTE) else None
        return stage_cost(self.bits(stage), self.steps, without_x, over_seeds, both)

    def total(self, *stages: str) -> np.ndarray:
        """Of all fields of some stages, [seeds, examples]."""
        return sum((whole(self.bits(stage)) for stage in stages), np.zeros(()))

    def seconds(self, stages: Sequence[str]) -> float | None:
        mean = float(np.mean([sum(run.seconds[stage] for stage in stages) for run in self.runs]))
        return mean if np.isfinite(mean) else None


def summary(
    setup: Setup, named: Sequence[tuple[str, dict[str, str]]], runs: Sequence[Sequence[Measured]]
) -> Comparison:
    """The figures of every cell, given its (label, settings) and its runs, one a seed.

    Differences are taken example by example and seed by seed. Raises UserError where no example is held out by all.
    """
    every = [run for each in runs for run in each]
    common = sorted(set(every[0].ids).intersection(*(run.ids for run in every)))
    if not common:
        raise UserError("no paired example is held out by all cells, so there is nothing to compare them on")

    def counted(run: Measured) -> list[int]:
        numbers = {name: number for number, name in enumerate(run.ids)}
        return [numbers[name] for name in common]

    steps = every[0].steps[counted(every[0])]
    cells = [_Runs(each, [counted(run) for run in each], steps) for each in runs]
    totals = {number: cell.total(*ROUTE) for number, cell in enumerate(cells) if cell.has(*ROUTE)}
    lowest = min(totals, key=lambda number: _rank(totals[number], steps), default=None)
    if lowest is not None and not np.isfinite(totals[lowest]).all(0).any():  # all hold every example impossible
        lowest = None
    direct: dict[tuple[str, ...], Direct] = {}
    found = []
    for number, ((label, settings), cell) in enumerate(zip(named, cells, strict=True)):
        row = _cell(cell, label, settings, setup)
        if number in totals:
            row = replace(row, total=over_seeds(totals[number], steps))
            if lowest is not None:
                row = replace(row, minus_lowest=over_seeds(difference(totals[number], totals[lowest]), steps))
        if "direct" in cell.runs[0].keys:
            key = tuple(run.keys["direct"] for run in cell.runs)
            direct.setdefault(key, Direct(parameters=cell.runs[0].parameters["direct"],
                                          seconds=cell.seconds(["direct"]), cost=cell.cost("direct")))  # fmt: skip
            row = replace(row, direct=list(direct).index(key), minus_direct=_minus_direct(cell, totals.get(number)))
        found.append(row)
    return Comparison(
        setup=replace(setup, unit=every[0].unit), examples=len(common), steps=float(steps.sum()),
        lowest=lowest, cells=tuple(found),
        left_out=len(set(every[0].ids).union(*(run.ids for run in every))) - len(common), direct=tuple(direct.values()),
    )  # fmt: skip


def _rank(bits: np.ndarray, steps: np.ndarray) -> tuple[int, float]:
    """By how many examples are impossible (whose bits no mean holds), then by the others' bits a step: of cells that
    rule out as many, one is not the lower because these are longer."""
    defined = np.isfinite(bits).all(0)
    whole = float(steps[defined].sum())
    return int((~defined).sum()), float(bits[:, defined].mean(0).sum()) / whole if whole else 0.0


def _cell(cell: _Runs, label: str, settings: Mapping[str, str], setup: Setup) -> Cell:
    first = cell.runs[0]
    scores = score_over_seeds([run.scores for run in cell.runs], cell.at, setup.better) if first.scores else {}
    return Cell(
        label=label, settings=dict(settings), runs=tuple(str(run.folder) for run in cell.runs), given=first.given,
        shared=first.shared, density=first.density, parameters=sum(first.parameters[stage] for stage in ROUTE),
        seconds=cell.seconds([stage for stage in first.seconds if stage != "direct"]),
        generator=cell.cost("generator"), renderer=cell.cost("renderer"), scores=scores,
    )  # fmt: skip


def _minus_direct(cell: _Runs, total: np.ndarray | None) -> Figure | None:
    return (
        None
        if total is None or not cell.has("direct")
        else over_seeds(difference(total, cell.total("direct")), cell.steps)
    )
