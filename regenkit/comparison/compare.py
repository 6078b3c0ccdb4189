"""Train a grid of recipes and measure what each choice costs, in held-out bits: −log₂ P a step of Y.

    generator   X → Y′, and without X what it would cost: the difference is what X knows of Y′
    renderer    Y′ → Y
    total       both: Y, and Y′ with it, from X
    direct      X → Y without Y′

Likelihoods need no sampling; the recipe's metrics do, and are compared where that is asked for. They are all there is
where a stage has no likelihood, or Y′ is continuous, so that what it costs is a density. All cells are measured on the
examples that all of them hold out.
"""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from regenkit import distribute, plugins
from regenkit.comparison.grid import Cell, folders, homes
from regenkit.comparison.gridlog import GridLog
from regenkit.comparison.labels import shortened
from regenkit.comparison.reuse import remember, stage_key, take
from regenkit.comparison.scores import Scores
from regenkit.comparison.summary import Bits, Measured, summary
from regenkit.data.fraction import shown
from regenkit.data.prepare import Prepared
from regenkit.errors import UserError
from regenkit.evaluation.bits import has_bits, stage_bits
from regenkit.evaluation.chosen import chosen
from regenkit.evaluation.scores import better, check_metrics, draw, known_to_all, scores
from regenkit.pipeline import Pipeline
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe import Recipe
from regenkit.recipe.stages import ROUTE, source, stages_of
from regenkit.run import after, settings_of, taken_from, train_stage
from regenkit.run.folder import environment, identity, open_run
from regenkit.run.spent import training_seconds
from regenkit.spec import Fields, digest
from regenkit.training.runlog import RunLog

Sides = list[dict[str, Fields]]
Drawn = dict[str, list[Fields]]
"""Y of a direct route, by what it depends on."""


def compare(
    cells: Sequence[Cell], split: str, direct: bool, scored: bool, console: Console, examples: int | None = None
) -> dict[str, Any]:
    """Train what is not yet trained of every cell, and return the comparison (see `summary`).

    direct     train the direct route as well
    scored     sample each run, and compare the recipe's metrics
    examples   measure at most so many examples, the same of every cell

    Raises UserError, or Interrupted once everything is saved.
    """
    recipes = [(cell, seed, recipe) for cell in cells for seed, recipe in cell.recipes.items()]
    bases: dict[str, Any] = {}
    for cell, _, recipe in recipes:
        bases.setdefault(recipe.name, recipe.resolved())
        if recipe.train_settings().strategy in ("auto", "multi_worker") and distribute.cluster():
            raise UserError("compare works in one process: train its cells by themselves, or set train.strategy=none")
        if direct and recipe.direct is None and not taken_from(recipe, "direct"):
            raise UserError(f"--baseline direct: {cell.label} takes its generator from a run; there is none to build")
        if scored and not recipe.evaluate:
            raise UserError(f"--scores: {recipe.path} names no metric; list some in the section 'evaluate'")
        if scored:
            check_metrics(recipe)
    measured = (*ROUTE, *(["direct"] if direct else []))
    if not scored and (why := [said for cell in cells for said in _without_bits(cell, measured)]):
        raise UserError("\n".join((*why, "there are no bits of these to compare: add --scores, to compare samples")))

    def stages(recipe: Recipe) -> tuple[str, ...]:
        return (*stages_of(recipe), *(["direct"] if direct else []))

    where = folders(cells)
    updates = sum(settings_of(recipe, stage).steps for _, _, recipe in recipes for stage in stages(recipe))
    runs: list[list[Measured]] = [[] for _ in cells]
    drawn: Drawn = {}
    tf.get_logger().setLevel("ERROR")  # it warns of tracing one function for many stages, which is what a grid does
    with GridLog(console, updates) as log:
        for number, (cell, seed, recipe) in enumerate(recipes, 1):
            log.at(f"{number}/{len(recipes)} {cell.label} seed {seed}")
            folder = where[identity(recipe)]
            strategy = plugins.host().hook.make_strategy(recipe=recipe)
            with open_run(folder, recipe), RunLog(folder, Console(quiet=True)) as own:
                pipeline = Pipeline(recipe, folder)
                pipeline.strategy = strategy
                prepared, keys = _train(pipeline, stages(recipe), homes(cells), log, log.told(own))
                log.show(0, "measuring")
                places = chosen(prepared, split, examples)
                runs[cells.index(cell)].append(_measure(pipeline, prepared, places, keys, drawn if scored else None))
            keras.utils.clear_session()  # else the graphs of all cells stay in memory
    sides = better([recipe for _, _, recipe in recipes]) if scored else {}
    settings = [cell.settings for cell in cells]
    return {
        "recipe": ", ".join(bases),
        "folder": str(homes(cells)[0] / "compare"),
        "split": split,
        "at_most": examples,
        "base": bases if len(bases) > 1 else next(iter(bases.values())),
        **summary(list(zip(shortened(settings), settings, strict=True)), runs, sides),
        "better": sides,
        "seeds": [sorted(cell.recipes) for cell in cells],
        "environment": environment(),
    }


def _without_bits(cell: Cell, stages: Sequence[str]) -> Iterator[str]:
    """Why a cell has none, as far as its recipe tells."""
    recipe = next(iter(cell.recipes.values()))
    for stage in stages:
        at, section = source(recipe, stage)
        component = at.section(section).component
        target = component.load() if component else None
        if isinstance(target, type) and not hasattr(target, "field_log_prob"):
            yield f"{cell.label}: its {stage}, {at.section(section).use}, has no likelihood (field_log_prob)"
            return
    if continuous := _continuous(Pipeline(recipe)):
        yield f"{cell.label}: its Y′ is continuous ({', '.join(continuous)}), so that what it costs is a density"


def _continuous(pipeline: Pipeline) -> list[str]:
    """The fields of Y′ to be predicted that are not of tokens."""
    return [name for name, field in pipeline.sides("generator")[1].spec.items() if not field.vocabulary]


def _train(
    pipeline: Pipeline, stages: Sequence[str], homes: Sequence[Path], grid: GridLog, log: RunLog
) -> tuple[Prepared, dict[str, str]]:
    """What a run of the grid lacks is trained, or taken where another has it; (its data, by stage what it is of)."""
    assert pipeline.folder is not None
    prepared, keys = pipeline.prepare(log.counted), {}
    for stage in stages:
        keys[stage] = stage_key(pipeline, stage, prepared)
        for home in homes:
            take(pipeline, stage, keys[stage], home)
        train_stage(pipeline, stage, prepared, pipeline.strategy, log)
        prepared = after(stage, pipeline, prepared, pipeline.strategy, log)
        remember(pipeline.folder / stage, keys[stage])
        grid.passed(settings_of(pipeline.recipe, stage).steps)
    return shown(prepared), keys


def _measure(
    pipeline: Pipeline, prepared: Prepared, places: list[int], keys: dict[str, str], drawn: Drawn | None
) -> Measured:
    """drawn   what is sampled directly is found here again by other cells of the same; None: nothing is sampled."""
    assert pipeline.folder is not None
    sides = [known_to_all(pipeline, prepared.example(place)[0]) for place in places]
    bits: Bits = {}
    measured = [stage for stage in keys if stage in (*ROUTE, "direct")]  # others are parts of these
    density = bool(_continuous(pipeline))
    for stage in measured:
        if not has_bits(pipeline, stage) or (density and stage == "generator"):
            if drawn is None:
                raise UserError(f"{pipeline.folder}: there are no bits of its {stage}: add --scores to compare samples")
            continue
        bits[stage] = stage_bits(pipeline, stage, sides)
        if stage != "renderer":
            bits[f"{stage}_without_x"] = stage_bits(pipeline, stage, sides, withhold=True)
    column = prepared.examples.column("id")
    ids = [str(column[place]) for place in places]
    found: Scores = {}
    if drawn is not None:
        found = _scores(pipeline, prepared, sides, digest([keys["direct"], ids]) if "direct" in keys else None, drawn)
    spent = {stage: training_seconds(pipeline.folder, stage) for stage in keys}
    return Measured(
        folder=pipeline.folder, ids=ids, scores=found, density=density, keys=keys, bits=bits,
        steps=np.array([pipeline.specs["y"].steps(each["y"]) for each in sides]),
        given=tuple(pipeline.given_scalars),
        shared=tuple(name for name in pipeline.specs["rep"] if name in pipeline.specs["y"]),
        parameters={stage: json.loads((pipeline.folder / stage / "done.json").read_bytes())["parameters"]
                    for stage in measured},
        seconds={stage: math.nan if took is None else took for stage, took in spent.items()},
    )  # fmt: skip


def _scores(pipeline: Pipeline, prepared: Prepared, sides: Sides, direct: str | None, drawn: Drawn) -> Scores:
    learned = [known_to_all(pipeline, prepared.example(int(place))[0])
               for place in prepared.places("train", paired=True)]  # fmt: skip
    found = {route: draw(pipeline, route, sides, learned) for route in ("reference", "oracle", "predicted")}
    if direct:
        if direct not in drawn:
            drawn[direct] = draw(pipeline, "direct", sides, learned)[0]
        found["direct"] = (drawn[direct], [each["rep"] for each in sides])
    return scores(pipeline, found, sides, learned)
