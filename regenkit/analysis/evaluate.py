"""Measure a run on its test split: held-out bits, every metric of the recipe by every route from X to Y (see
`measures/sampling`), and the boundary Y′; into its report.json, report.html and MODEL_CARD.md.

Bits are of the stages that have a likelihood, scores of samples by every route.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

import numpy as np
from rich.console import Console

from regenkit import limits, plugins
from regenkit.adapter import unit_of
from regenkit.analysis.findings.evaluation import worded
from regenkit.analysis.measures import provenance
from regenkit.analysis.measures.bits import learned_without_x
from regenkit.analysis.measures.boundary import boundary
from regenkit.analysis.measures.combine import combine
from regenkit.analysis.measures.costs import held_out_bits
from regenkit.analysis.measures.examples import Pairs, pair
from regenkit.analysis.measures.lengths import length
from regenkit.analysis.measures.sampling import DIRECT, draw, routes_to
from regenkit.analysis.measures.scores import check_metrics, figures, score
from regenkit.analysis.measures.subset import subset
from regenkit.analysis.pages.card import write_card
from regenkit.analysis.pages.gallery import Example, Gallery
from regenkit.analysis.pages.report_page import write_html
from regenkit.analysis.plan import in_words, planned
from regenkit.analysis.progress import WorkProgress
from regenkit.analysis.results import files
from regenkit.analysis.results.figure import Score
from regenkit.analysis.results.report import Bits, Boundary, Length, Report
from regenkit.data.fraction import shown
from regenkit.data.prepare import Prepared
from regenkit.distribute import is_chief, together
from regenkit.errors import UserError
from regenkit.pipeline import Pipeline
from regenkit.pipeline.load import load_run
from regenkit.run.folder import environment, identity, untrained
from regenkit.run.prepare_distributed import prepare_distributed
from regenkit.run.train import train_stage, working_on
from regenkit.spec import Fields
from regenkit.stages import ROUTE
from regenkit.terminal import terminal
from regenkit.trust import check_data

WRITTEN = ("report.json", "report.html", "MODEL_CARD.md")
MEASURING = ("bits", "the boundary Y′", "the report")
"""Parts of the work beside training and each route's samples."""


@final
@dataclass(frozen=True, kw_only=True)
class Options:
    """How runs are evaluated.

    samples    samples of each route an input
    examples   measure so many of the test examples at most (see `measures/subset`)
    direct     train and measure the direct routes X → Y as well
    """

    samples: int = 1
    examples: int | None = None
    direct: bool = True

    @property
    def baselines(self) -> tuple[str, ...]:
        return DIRECT if self.direct else ()


def evaluate_runs(folders: Sequence[Path], options: Options, console: Console) -> Report:
    """Evaluate each run (into its report.json), training what is missing; several are averaged, with their spread.

    Raises UserError.
    """
    _check_samples(options.samples, 1)
    if len(folders) > 1:
        _check_same_recipe(folders)
    return combine([evaluate_run(folder, options, console) for folder in folders])


def _check_same_recipe(folders: Sequence[Path]) -> None:
    """Before anything is measured: runs of different recipes have no mean, and those of one seed no spread."""
    recipes = [load_run(folder).recipe for folder in folders]
    known: dict[str, Path] = {}
    for folder, recipe in zip(folders, recipes, strict=True):
        if (mine := identity(recipe)) in known:
            raise UserError(
                f"{known[mine]} and {folder} are one run twice, of one recipe and seed {recipe.train_settings().seed}, "
                "so their spread would be 0. Name each once, or train another seed: --set train.seed=N"
            )
        known[mine] = folder
    found = {
        identity(recipe, but=("strategy", "seed")): folder for folder, recipe in zip(folders, recipes, strict=True)
    }
    if len(found) > 1:
        raise UserError(
            f"{' and '.join(map(str, found.values()))} are of different recipes, so they have no mean: evaluate them "
            "one by one, or see `regenkit compare`"
        )


def evaluate_run(folder: Path, options: Options, console: Console) -> Report:
    """Evaluate one run. Raises UserError, or Interrupted once everything is saved."""
    pipeline = load_run(folder)
    check_data(folder, pipeline.recipe.dataset.arguments)
    check_metrics(pipeline.recipe)
    strategy = pipeline.strategy = plugins.host().strategy(pipeline.recipe)
    if not is_chief(strategy):
        console = terminal(quiet=True)
    with working_on(folder, pipeline.recipe, strategy, terminal(quiet=True)) as own:
        with together(strategy):
            if missing := untrained(folder, pipeline.recipe):  # before others are trained to be compared with
                raise UserError(f"{folder}: its {missing[0]} has not been trained; run `regenkit train` (it goes on "
                                "where it stopped)")  # fmt: skip
            to_train = planned(pipeline, options.baselines)
            routes = routes_to(pipeline.specs["y"], options.baselines)
        if to_train:
            console.print(
                f"{folder}: trains {in_words(to_train)}. --no-direct leaves the direct routes out", markup=False
            )
        parts = len(options.baselines) + len(routes) + len(MEASURING)
        with WorkProgress(console, parts, "parts", steady=False) as progress:
            log = progress.shared_with(own)
            progress.begin(f"{folder}: preparing", 0)
            prepared = prepare_distributed(pipeline, strategy, log.counted)
            indices = subset(prepared, "test", options.examples)
            with together(strategy):
                _check_samples(options.samples, len(indices))
            for stage in options.baselines:
                progress.begin(f"{folder}: training", 1)
                train_stage(pipeline, stage, prepared, strategy, log)
            console.print(f"{folder}: measuring {len(routes)} routes on {len(indices)} test examples", markup=False)
            begun = time.perf_counter()
            found = measure(pipeline, prepared, indices, options, progress.begin)
            report = replace(as_report(pipeline, prepared, found, options), seconds=time.perf_counter() - begun)
            progress.begin("writing the report", 1)
            with together(strategy):
                if is_chief(strategy):
                    report = write(report, found.gallery, named(prepared, indices), folder)
        console.print(f"written: {', '.join(str(folder / name) for name in WRITTEN)}", markup=False, highlight=False)
    return report


def _check_samples(samples: int, examples: int) -> None:
    """Raises UserError where there would be more than the limit, before anything is trained or drawn."""
    if samples * examples > (most := limits.most(limits.SAMPLES)):
        of = f" of each of {examples:,} test examples" if examples > 1 else ""
        raise UserError(
            f"--samples {samples}: {samples:,} samples{of} by every route, and the limit is {most:,} of a route. Take "
            f"at most --samples {max(1, most // examples):,}, or fewer --examples; {limits.SAMPLES} raises the limit"
        )


def write(report: Report, gallery: Gallery, example: Example, folder: Path) -> Report:
    """Write the gallery's files, and the report as JSON, page and card; returns it with its gallery."""
    report = replace(report, gallery=gallery.write(folder / "gallery", example))
    files.write(report, folder / "report.json")
    write_html(report, folder / "report.html")
    write_card(report, folder / "MODEL_CARD.md")
    return report


@final
@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a run's stages and data show, and samples of a few examples."""

    examples: int
    steps: float
    bits: Bits
    scores: dict[str, Score]
    lengths: dict[str, Length]
    boundary: Boundary
    gallery: Gallery


def measure(
    pipeline: Pipeline,
    prepared: Prepared,
    indices: Sequence[int],
    options: Options,
    begin: Callable[[str, float], None] = lambda part, weight: None,
) -> Measured:
    """Measure a run whose stages are all trained, on the examples at `places`, in this order.

    begin   is called with each part of the work as it begins, and its weight
    """
    stages = ("generator", *options.baselines)
    blindfolded = [stage for stage in stages if learned_without_x(pipeline, prepared, stage)]
    prepared = shown(prepared)  # what is measured of the data itself, and baselines, know of no hidden X
    pairs = [pair(pipeline, prepared.example(index)[0]) for index in indices]
    learned = Pairs(pipeline, prepared, prepared.indices("train", paired=True))
    steps = np.array([pipeline.units(each["y"]) for each in pairs])
    begin("measuring bits", 1)
    bits, predicted = held_out_bits(pipeline, pairs, learned, steps, options.baselines, blindfolded)
    gallery = Gallery(pipeline, None if predicted is None else predicted / np.where(steps, steps, 1), len(indices))
    values, lengths = {}, {}
    for route in routes_to(pipeline.specs["y"], options.baselines):  # one route's samples are in memory at a time
        begin(f"measuring samples: {route}", 1)
        drawn = draw(pipeline, route, pairs, learned, options.samples)
        values[route] = score(pipeline, drawn, pairs, learned, options.samples)
        if found := length(pipeline, drawn.ys, pairs):
            lengths[route] = found
        gallery.keep(route, drawn.ys, drawn.reps)
    begin("measuring the boundary Y′", 1)
    return Measured(
        examples=len(indices), steps=float(steps.sum()), bits=bits,
        scores=figures(pipeline.recipe, values, options.samples), lengths=lengths,
        boundary=boundary(pipeline, learned, pairs), gallery=gallery,
    )  # fmt: skip


def as_report(pipeline: Pipeline, prepared: Prepared, found: Measured, options: Options) -> Report:
    """What was measured, with where it comes from and what it shows; without the gallery's files."""
    target = pipeline.sides("generator")[1].spec
    return worded(Report(
        runs=(str(pipeline.folder),),
        recipe=pipeline.recipe.plain(),
        examples=found.examples,
        steps=found.steps,
        unit=unit_of(pipeline.y).name,
        samples=options.samples,
        seconds=0.0,
        baselines=options.baselines,
        continuous=tuple(name for name, each in target.items() if not each.vocabulary),
        parameters=provenance.parameters(pipeline, (*ROUTE, *options.baselines)),
        bits=found.bits,
        scores=found.scores,
        lengths=found.lengths,
        boundary=found.boundary,
        data=provenance.data(pipeline, prepared),
        training=provenance.training(pipeline),
        trained_with=provenance.trained_with(pipeline),
        environment=environment(),
    ))  # fmt: skip


def named(prepared: Prepared, indices: Sequence[int]) -> Example:
    """Gives (id, X, meta) of an example by its number among `places`."""
    names = prepared.examples.column("id")

    def example(number: int) -> tuple[str, Fields, dict[str, Any]]:
        index = indices[number]
        sides, meta = prepared.example(index)
        return str(names[index]), sides["x"] or {}, meta

    return example
