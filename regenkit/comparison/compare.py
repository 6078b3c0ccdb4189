"""Train a grid of recipes and measure what each choice costs, in held-out bits: −log₂ P a step of Y.

    generator   X → Y′, and without X what it would cost: the difference is what X knows of Y′
    renderer    Y′ → Y
    total       both: Y, and Y′ with it, from X
    direct      X → Y without Y′

Likelihoods need no sampling; the recipe's metrics do, and are compared where that is asked for. All cells are measured
on the examples that all of them hold out.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import numpy as np
from rich.console import Console

from regenkit import plugins
from regenkit.comparison.grid import Cell, folders, identity
from regenkit.comparison.gridlog import GridLog
from regenkit.comparison.reuse import remember, stage_key, take
from regenkit.comparison.scores import Scores, summed
from regenkit.data.fraction import shown
from regenkit.data.prepare import Prepared
from regenkit.errors import UserError
from regenkit.evaluation.bits import stage_bits
from regenkit.evaluation.bootstrap import interval
from regenkit.evaluation.scores import better, draw, known_to_all, scores
from regenkit.pipeline import Pipeline
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe import Recipe
from regenkit.recipe.stages import ROUTE, stages_of
from regenkit.run import after, settings_of, taken_from, train_stage
from regenkit.run.folder import environment, open_run
from regenkit.spec import Fields
from regenkit.training import distribute
from regenkit.training.runlog import RunLog

Bits = dict[str, dict[str, np.ndarray]]
"""By stage, or STAGE_without_x, and target field: [examples]."""


@final
@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one run costs, on the paired examples that it holds out."""

    folder: Path
    ids: list[str]
    steps: np.ndarray
    bits: Bits
    keys: dict[str, str]  # what each stage depends on
    given: tuple[str, ...]
    shared: tuple[str, ...]  # the fields of Y′ that Y holds too
    parameters: dict[str, int]
    seconds: dict[str, float]
    density: bool = False  # Y′ is continuous: its bits are those of a density
    scores: Scores = field(default_factory=dict)


def compare(cells: Sequence[Cell], split: str, direct: bool, scored: bool, console: Console) -> dict[str, Any]:
    """Train what is not yet trained of every cell, and return the comparison (see `summary`).

    direct   train the direct route as well
    scored   sample each run, and compare the recipe's metrics

    Raises UserError, or Interrupted once everything is saved.
    """
    recipes = [(cell, seed, recipe) for cell in cells for seed, recipe in cell.recipes.items()]
    for cell, _, recipe in recipes:
        if recipe.train_settings().strategy in ("auto", "multi_worker") and distribute.cluster():
            raise UserError("compare works in one process: train its cells by themselves, or set train.strategy=none")
        if direct and recipe.direct is None and not taken_from(recipe, "direct"):
            raise UserError(f"--baseline direct: {cell.label} takes its generator from a run; there is none to build")
        if scored and not recipe.evaluate:
            raise UserError(f"--scores: {recipe.path} names no metric; list some in the section 'evaluate'")

    def stages(recipe: Recipe) -> tuple[str, ...]:
        return (*stages_of(recipe), *(["direct"] if direct else []))

    where = folders(cells)
    updates = sum(settings_of(recipe, stage).steps for _, _, recipe in recipes for stage in stages(recipe))
    runs: list[list[Measured]] = [[] for _ in cells]
    tf.get_logger().setLevel("ERROR")  # it warns of tracing one function for many stages, which is what a grid does
    with GridLog(console, updates) as log:
        for number, (cell, seed, recipe) in enumerate(recipes, 1):
            log.at(f"{number}/{len(recipes)} {cell.label} seed {seed}")
            runs[cells.index(cell)].append(_run(recipe, where[identity(recipe)], stages(recipe), split, scored, log))
            keras.utils.clear_session()  # else the graphs of all cells stay in memory
    return {
        "recipe": recipes[0][2].name,
        "split": split,
        "base": recipes[0][2].resolved(),
        **summary([(cell.label, cell.settings) for cell in cells], runs),
        "better": better([recipe for _, _, recipe in recipes]) if scored else {},
        "seeds": [sorted(cell.recipes) for cell in cells],
        "environment": environment(),
    }


def _run(recipe: Recipe, folder: Path, stages: Sequence[str], split: str, scored: bool, grid: GridLog) -> Measured:
    """One run of the grid: what it lacks is trained, or taken where another has it."""
    strategy = plugins.host().hook.make_strategy(recipe=recipe)
    with open_run(folder, recipe), RunLog(folder, Console(quiet=True)) as quiet:
        pipeline, log = Pipeline(recipe, folder), grid.told(quiet)
        pipeline.strategy = strategy
        prepared = pipeline.prepare(log.counted)
        keys = {}
        for stage in stages:
            keys[stage] = stage_key(pipeline, stage, prepared)
            take(pipeline, stage, keys[stage], Path("runs") / recipe.name)
            train_stage(pipeline, stage, prepared, strategy, log)
            prepared = after(stage, pipeline, prepared, strategy, log)
            remember(folder / stage, keys[stage])
            grid.passed(settings_of(recipe, stage).steps)
        grid.show(0, "measuring")
        return _measure(pipeline, shown(prepared), keys, split, scored)


def _measure(pipeline: Pipeline, prepared: Prepared, keys: dict[str, str], split: str, scored: bool) -> Measured:
    assert pipeline.folder is not None
    places = [int(place) for place in prepared.places(split, paired=True)]
    sides = [known_to_all(pipeline, prepared.example(place)[0]) for place in places]
    bits: Bits = {}
    measured = [stage for stage in keys if stage in (*ROUTE, "direct")]  # others are parts of these
    for stage in measured:
        if not hasattr(pipeline.stage(stage), "field_log_prob"):
            raise UserError(f"{pipeline.folder}: its {stage} has no likelihood (field_log_prob), so no bits to compare")
        bits[stage] = stage_bits(pipeline, stage, sides)
        if stage != "renderer":
            bits[f"{stage}_without_x"] = stage_bits(pipeline, stage, sides, withhold=True)
    found = _scores(pipeline, prepared, sides, "direct" in keys) if scored else {}
    names = prepared.examples.column("id")
    return Measured(
        folder=pipeline.folder, ids=[str(names[place]) for place in places],
        steps=np.array([pipeline.specs["y"].steps(each["y"]) for each in sides]), bits=bits, keys=keys,
        given=tuple(pipeline.given_scalars),
        shared=tuple(name for name in pipeline.specs["rep"] if name in pipeline.specs["y"]),
        parameters={stage: json.loads((pipeline.folder / stage / "done.json").read_text())["parameters"]
                    for stage in measured},
        seconds={stage: seconds(pipeline.folder, stage) for stage in keys}, scores=found,
        density=any(not each.vocabulary for each in pipeline.sides("generator")[1].spec.values()),
    )  # fmt: skip


def _scores(pipeline: Pipeline, prepared: Prepared, sides: list[dict[str, Fields]], direct: bool) -> Scores:
    routes = ("reference", "oracle", "predicted", *(["direct"] if direct else []))
    training = [known_to_all(pipeline, prepared.example(int(place))[0])
                for place in prepared.places("train", paired=True)]  # fmt: skip
    drawn = {route: draw(pipeline, route, sides, training) for route in routes}
    return scores(pipeline, drawn, sides, training)


def seconds(folder: Path, stage: str) -> float:
    """Seconds that a stage's updates took, validation and checkpoints left out: from the log of the run that trained
    it; NaN where that is gone."""
    done = folder / stage / "done.json"
    other = json.loads(done.read_text()).get("from") if done.exists() else None
    if other:
        return seconds(Path(other), stage)
    if not (folder / "log.jsonl").exists():
        return float("nan")
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines() if line.endswith("}")]
    mine = [line for line in lines if line["stage"] == stage and line["kind"] == "train"]
    before = [0, *(line["step"] for line in mine)]
    return sum((line["step"] - last) / line["steps_per_second"] for line, last in zip(mine, before, strict=False))


def summary(named: Sequence[tuple[str, dict[str, str]]], runs: Sequence[Sequence[Measured]]) -> dict[str, Any]:
    """The figures of every cell, given its (label, settings) and its runs, one a seed.

    A figure is bits a step: {"mean", "low", "high": 95 % bootstrap interval over examples of the mean over seeds,
    "seeds": of each, "spread": their standard deviation, where there are several}. Differences are taken example by
    example and seed by seed. The metrics of runs that have some are in "scores" (see `summed`). Raises UserError where
    no example is held out by all.
    """
    every = [run for each in runs for run in each]
    common = sorted(set(every[0].ids).intersection(*(run.ids for run in every)))
    if not common:
        raise UserError("no paired example is held out by all cells, so there is nothing to compare them on")
    places = {id(run): {name: place for place, name in enumerate(run.ids)} for run in every}
    at = {run: [places[run][name] for name in common] for run in places}
    steps = every[0].steps[at[id(every[0])]]

    def total(cell: Sequence[Measured], *stages: str) -> np.ndarray:
        """Bits of whole stages, [seeds, examples]."""
        return np.array([np.add.reduce([value for stage in stages for value in run.bits[stage].values()])[at[id(run)]]
                         for run in cell])  # fmt: skip

    def field(cell: Sequence[Measured], stage: str, name: str) -> np.ndarray:
        return np.array([run.bits[stage][name][at[id(run)]] for run in cell])

    def route(cell: Sequence[Measured], stage: str) -> dict[str, Any]:
        """What a stage that reads X costs, and what X saves it."""
        with_x, without = total(cell, stage), total(cell, f"{stage}_without_x")
        fields = {}
        for name in cell[0].bits[stage]:
            bits, blind = field(cell, stage, name), field(cell, f"{stage}_without_x", name)
            fields[name] = {"bits": figure(bits, steps), "saved": figure(blind - bits, steps)}
        return {"bits": figure(with_x, steps), "saved": figure(without - with_x, steps), "fields": fields}

    totals = [total(cell, "generator", "renderer") for cell in runs]
    density = [cell[0].density and not all(each[0].density for each in runs) for cell in runs]
    lowest = int(
        np.argmin([np.inf if each else mine.mean(0).sum() for each, mine in zip(density, totals, strict=True)])
    )
    found: dict[str, Any] = {"examples": len(common), "steps": int(steps.sum()), "lowest": lowest}
    found["left_out"] = max(len(run.ids) for run in every) - len(common)
    direct: dict[tuple[str, ...], dict[str, Any]] = {}
    found["cells"] = []
    for (label, settings), cell, mine in zip(named, runs, totals, strict=True):
        row = {
            "label": label,
            "settings": settings,
            "runs": [str(run.folder) for run in cell],
            "given": list(cell[0].given),
            "shared": list(cell[0].shared),
            "density": cell[0].density,
            "generator": route(cell, "generator"),
            "renderer": {
                "bits": figure(total(cell, "renderer"), steps),
                "fields": {name: {"bits": figure(field(cell, "renderer", name), steps)}
                           for name in cell[0].bits["renderer"]},
            },
            "total": figure(mine, steps),
            "minus_lowest": figure(mine - totals[lowest], steps),
            "parameters": sum(cell[0].parameters[stage] for stage in ROUTE),
            "seconds": _mean([sum(each for stage, each in run.seconds.items() if stage != "direct") for run in cell]),
        }  # fmt: skip
        if "direct" in cell[0].keys:
            key = tuple(run.keys["direct"] for run in cell)
            direct.setdefault(key, {
                **route(cell, "direct"), "parameters": cell[0].parameters["direct"],
                "seconds": _mean([run.seconds["direct"] for run in cell]),
            })  # fmt: skip
            row["direct"] = list(direct).index(key)
            row["minus_direct"] = figure(mine - total(cell, "direct"), steps)
        if cell[0].scores:
            row["scores"] = summed([run.scores for run in cell], [at[id(run)] for run in cell])
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
