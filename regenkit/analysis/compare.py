"""Train a grid of recipes and measure what each choice costs, in held-out bits: −log₂ P a step of Y.

    generator   X → Y′, and without X what it would cost: the difference is what X knows of Y′
    renderer    Y′ → Y
    total       both: Y, and Y′ with it, from X
    direct      X → Y without Y′

Likelihoods need no sampling; the recipe's metrics do, and are compared where that is asked for. They are all there is
where a stage has no likelihood, or Y′ is continuous, so that what it costs is a density. All cells are measured on the
examples that all of them hold out.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, final

import numpy as np
from rich.console import Console

from regenkit import plugins
from regenkit.adapter import unit_of
from regenkit.analysis.findings.comparison import worded
from regenkit.analysis.grid.cells import Cell, folders, homes
from regenkit.analysis.grid.labels import shortened
from regenkit.analysis.grid.losses import Values
from regenkit.analysis.grid.reuse import remember, stage_key, take
from regenkit.analysis.grid.summary import Measured, summary
from regenkit.analysis.measures.bits import has_bits, learned_without_x, stage_bits
from regenkit.analysis.measures.examples import Pair, Pairs, pair
from regenkit.analysis.measures.sampling import Drawn, draw
from regenkit.analysis.measures.scores import better, check_metrics, score
from regenkit.analysis.measures.spool import Spool, beside
from regenkit.analysis.measures.subset import subset
from regenkit.analysis.progress import WorkProgress
from regenkit.analysis.results.comparison import Comparison, Setup
from regenkit.cluster import cluster
from regenkit.data.fraction import shown
from regenkit.data.prepare import Prepared
from regenkit.digest import digest
from regenkit.errors import UserError
from regenkit.forget import forget_graphs
from regenkit.pipeline import Pipeline
from regenkit.quiet import tensorflow as tf
from regenkit.recipe import Recipe
from regenkit.run.folder import environment, identity, open_run
from regenkit.run.origin import done, settings_of, taken_from, training_seconds
from regenkit.run.train import after, train_stage
from regenkit.stage import HasLikelihood
from regenkit.stages import ROUTE
from regenkit.terminal import terminal
from regenkit.training.log import RunLog
from regenkit.training.log_protocol import Log


@final
@dataclass(frozen=True, kw_only=True)
class Options:
    """How a grid is compared.

    direct     train the direct route as well
    scored     sample each run, and compare the recipe's metrics
    examples   measure at most so many examples, the same of every cell
    command    that was typed
    """

    split: Literal["validation", "test"] = "validation"
    direct: bool = False
    scored: bool = False
    examples: int | None = None
    command: str = ""

    def stages(self, recipe: Recipe) -> tuple[str, ...]:
        return (*recipe.stages, *(["direct"] if self.direct else []))


def compare(cells: Sequence[Cell], options: Options, console: Console) -> Comparison:
    """Train what is not yet trained of every cell, and measure all of them.

    Raises UserError, or Interrupted once everything is saved.
    """
    _check(cells, options)
    recipes = [(cell, seed, recipe) for cell in cells for seed, recipe in cell.recipes.items()]
    updates = sum(settings_of(recipe, stage).steps for _, _, recipe in recipes for stage in options.stages(recipe))
    runs: list[list[Measured]] = [[] for _ in cells]
    drawn: dict[str, Spool] = {}  # by direct routes, which cells may have in common
    where = folders(cells)
    tf.get_logger().setLevel("ERROR")  # it warns of tracing one function for many stages, which is what a grid does
    with WorkProgress(console, updates, "updates", steady=True) as progress:
        for number, (cell, seed, recipe) in enumerate(recipes, 1):
            part = f"{number}/{len(recipes)} {cell.label} seed {seed}"
            measured = _run(recipe, where[identity(recipe)], homes(cells), options, part, progress, drawn)
            runs[cells.index(cell)].append(measured)
            forget_graphs()  # else those of all cells stay in memory
    settings = [cell.settings for cell in cells]
    named = list(zip(shortened(settings), settings, strict=True))
    return worded(summary(_setup(cells, options), named, runs))


def _check(cells: Sequence[Cell], options: Options) -> None:
    """Raises UserError where the grid cannot be trained here, or not measured as is asked."""
    for cell in cells:
        for recipe in cell.recipes.values():
            if recipe.train_settings().strategy in ("auto", "multi_worker") and cluster():
                raise UserError(
                    "compare works in one process: train its cells by themselves, or set train.strategy=none"
                )
            if options.direct and recipe.part("direct").run and not taken_from(recipe, "direct"):
                raise UserError(
                    f"--baseline direct: {cell.label} takes its generator from a run; there is none to build"
                )
            if options.scored and not recipe.evaluate:
                raise UserError(f"--scores: {recipe.path} names no metric; list some in the section 'evaluate'")
            if options.scored:
                check_metrics(recipe)
        _check_stages(cell, options)
    measured = (*ROUTE, *(["direct"] if options.direct else []))
    if not options.scored and (why := [reason for cell in cells for reason in _without_bits(cell, measured)]):
        raise UserError("\n".join((*why, "there are no bits of these to compare: add --scores, to compare samples")))
    if not options.scored and (one := _differ_in_samples_alone(cells)):
        raise UserError(
            f"--vary: {one} differs from another only in how samples are drawn, which changes no bits: add --scores"
        )


def _check_stages(cell: Cell, options: Options) -> None:
    """Raises UserError where a stage of a cell cannot be built, before another cell has been trained for hours."""
    recipe = next(iter(cell.recipes.values()))
    pipeline = Pipeline(recipe)
    for stage in options.stages(recipe):
        try:
            pipeline.build(stage, drafted=True)
        except UserError as error:
            raise UserError(f"{cell.label}: {error}" if cell.settings else str(error)) from error


def _setup(cells: Sequence[Cell], options: Options) -> Setup:
    recipes = [recipe for cell in cells for recipe in cell.recipes.values()]
    bases = {recipe.name: recipe.plain() for recipe in reversed(recipes)}  # of each name the first
    bases = {name: bases[name] for name in dict.fromkeys(recipe.name for recipe in recipes)}
    return Setup(
        recipe=", ".join(bases),
        folder=str(homes(cells)[0] / "compare"),
        split=options.split,
        at_most=options.examples,
        base=bases if len(bases) > 1 else next(iter(bases.values())),
        seeds=tuple(tuple(sorted(cell.recipes)) for cell in cells),
        better=better(recipes) if options.scored else {},
        environment=environment(),
        command=options.command,
    )


def _differ_in_samples_alone(cells: Sequence[Cell]) -> str:
    """The first cell that is another's but for sampling options (`STAGE.sample`); empty where there is none."""
    trained = [{key: value for key, value in cell.settings.items() if "sample" not in key.split(".")} for cell in cells]
    return next((cell.label for index, cell in enumerate(cells) if trained.index(trained[index]) < index), "")


def _without_bits(cell: Cell, stages: Sequence[str]) -> Iterator[str]:
    """Why a cell has none, as a draft of its stages shows: some components have a likelihood by how they are built."""
    recipe = next(iter(cell.recipes.values()))
    pipeline = Pipeline(recipe)
    for stage in stages:
        if not isinstance(pipeline.build(stage, drafted=True), HasLikelihood):
            yield f"{cell.label}: its {stage}, {recipe.part(stage).use}, has no likelihood (field_log_prob)"
            return
    if continuous := _continuous(Pipeline(recipe)):
        yield f"{cell.label}: its Y′ is continuous ({', '.join(continuous)}), so that what it costs is a density"


def _continuous(pipeline: Pipeline) -> list[str]:
    """The fields of Y′ to be predicted that are not of tokens."""
    return [name for name, field in pipeline.sides("generator")[1].spec.items() if not field.vocabulary]


def _run(
    recipe: Recipe, folder: Path, homes: Sequence[Path], options: Options, part: str, progress: WorkProgress,
    drawn: dict[str, Spool],
) -> Measured:  # fmt: skip
    """Train and measure one cell by one seed."""
    strategy = plugins.host().strategy(recipe)
    with open_run(folder, recipe), RunLog(folder, terminal(quiet=True)) as own:
        pipeline = Pipeline(recipe, folder)
        pipeline.strategy = strategy
        prepared, keys = _train(pipeline, options.stages(recipe), homes, part, progress, own)
        progress.begin(part, 0)
        progress.show(0, "measuring")
        return _measure(pipeline, prepared, keys, options, drawn)


def _train(
    pipeline: Pipeline, stages: Sequence[str], homes: Sequence[Path], part: str, progress: WorkProgress, own: Log
) -> tuple[Prepared, dict[str, str]]:
    """What a run of the grid lacks is trained, or taken where another has it; (its data, by stage its key)."""
    assert pipeline.folder is not None
    log = progress.shared_with(own)
    progress.begin(part, 0)
    prepared, keys = pipeline.prepare(log.counted), {}
    for stage in stages:
        progress.begin(part, settings_of(pipeline.recipe, stage).steps)
        keys[stage] = stage_key(pipeline, stage, prepared)
        for home in homes:
            take(pipeline, stage, keys[stage], home)
        train_stage(pipeline, stage, prepared, pipeline.strategy, log)
        prepared = after(stage, pipeline, prepared, pipeline.strategy, log)
        remember(pipeline.folder / stage, keys[stage])
    return shown(prepared), keys


def _measure(
    pipeline: Pipeline, prepared: Prepared, keys: dict[str, str], options: Options, drawn: dict[str, Spool]
) -> Measured:
    assert pipeline.folder is not None
    indices = subset(prepared, options.split, options.examples)
    pairs = [pair(pipeline, prepared.example(index)[0]) for index in indices]
    column = prepared.examples.column("id")
    ids = [str(column[index]) for index in indices]
    measured = [stage for stage in keys if stage in (*ROUTE, "direct")]  # others are parts of these
    density = bool(_continuous(pipeline))
    bits: dict[str, dict[str, np.ndarray]] = {}
    for stage in measured:
        if not has_bits(pipeline, stage) or (density and stage == "generator"):
            if not options.scored:
                raise UserError(f"{pipeline.folder}: there are no bits of its {stage}: add --scores to compare samples")
            continue
        bits[stage] = stage_bits(pipeline, stage, pairs)
        if stage != "renderer" and learned_without_x(pipeline, prepared, stage):
            bits[f"{stage}_without_x"] = stage_bits(pipeline, stage, pairs, withhold=True)
    spent = {stage: training_seconds(pipeline.folder, stage) for stage in keys}
    if options.scored and (how := dict(pipeline.recipe.part("direct").sample)) and "direct" in keys:
        keys = {**keys, "direct": digest([keys["direct"], how])}  # one model, drawn from in several ways
    direct = digest([keys["direct"], ids]) if "direct" in keys else None
    return Measured(
        folder=pipeline.folder, ids=ids, density=density, keys=keys, bits=bits,
        scores=_scores(pipeline, prepared, pairs, direct, drawn) if options.scored else {},
        steps=np.array([pipeline.units(each["y"]) for each in pairs]),
        unit=unit_of(pipeline.y).name,
        given=tuple(pipeline.given_scalars),
        shared=tuple(name for name in pipeline.specs["rep"] if name in pipeline.specs["y"]),
        parameters={stage: done(pipeline.folder / stage).get("parameters", 0) for stage in measured},
        seconds={stage: math.nan if took is None else took for stage, took in spent.items()},
    )  # fmt: skip


def _scores(
    pipeline: Pipeline, prepared: Prepared, pairs: list[Pair], direct: str | None, known: dict[str, Spool]
) -> Values:
    """By metric and route.

    direct   names what the samples of the direct route depend on, if there is one
    known    where they are found again
    """
    learned = Pairs(pipeline, prepared, prepared.indices("train", paired=True))
    found: dict[str, dict[str, np.ndarray]] = {name: {} for name in pipeline.recipe.evaluate}
    for route in ("reference", "oracle", "predicted", *(["direct"] if direct else [])):
        if route == "direct" and direct:
            if direct not in known:
                known[direct] = beside(known.values(), draw(pipeline, route, pairs, learned).ys)
            drawn = Drawn(known[direct], [each["rep"] for each in pairs])
        else:
            drawn = draw(pipeline, route, pairs, learned)
        for name, value in score(pipeline, drawn, pairs, learned).items():
            found[name][route] = value
    return found
