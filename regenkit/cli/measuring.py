"""evaluate, compare, probe: how good a run is, a choice of Y′, and what its representations tell."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from regenkit.cli.options import Json, Settings, wide
from regenkit.cli.streams import print_json
from regenkit.terminal import terminal


def evaluate(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="run directories; several give a spread")],
    samples: Annotated[int, typer.Option(min=1, help="samples of each route an input")] = 1,
    examples: Annotated[int | None, typer.Option(min=1, help="measure so many test examples at most")] = None,
    direct: Annotated[
        bool, typer.Option("--direct/--no-direct", help="train and measure the direct routes X → Y as well")
    ] = True,
    as_json: Json = False,
) -> None:
    """Measure Y′ on the test split: bits and metrics from true Y′, predicted Y′, the direct route, trivial baselines.

    Trains the direct routes into the run's direct/ and direct_half/ where that is not done yet, and first estimates how
    long that takes. --no-direct is a quick look without them.
    """
    from regenkit.analysis.evaluate import Options, evaluate_runs
    from regenkit.analysis.findings.wording import counted
    from regenkit.analysis.results.files import to_json
    from regenkit.analysis.tables.report_tables import routes
    from regenkit.analysis.tables.table import in_terminal

    console = terminal(soft_wrap=True, stderr=as_json)
    report = evaluate_runs(runs, Options(samples=samples, examples=examples, direct=direct), console)
    if as_json:
        print_json(to_json(report))
    else:
        measured = f"{counted(report.examples, 'test example')}, {counted(report.steps, report.unit)}"
        if len(runs) > 1:
            measured = f"{measured}; means of {len(runs)} runs ± their standard deviation"
        console.print(in_terminal(routes(report).transposed(), measured, below=len(runs) > 1))


def compare(
    recipes: Annotated[list[Path], typer.Argument(metavar="RECIPE...", help="recipes, by their files or names")],
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=A,B,…", help="the values of a setting, e.g. renderer.width=64,128"),
    ] = None,
    settings: Settings = None,
    seeds: Annotated[int, typer.Option(min=1, help="training seeds a cell; three give a spread")] = 1,
    baseline: Annotated[Literal["direct"] | None, typer.Option(help="train the direct route X → Y beside")] = None,
    split: Annotated[Literal["validation", "test"], typer.Option(help="what to measure on")] = "validation",
    scores: Annotated[
        bool, typer.Option("--scores", help="sample every cell, and compare the recipe's metrics as well")
    ] = False,
    examples: Annotated[int | None, typer.Option(min=1, help="measure so many held-out examples at most")] = None,
    as_json: Json = False,
) -> None:
    """Compare choices of Y′, or of anything else in a recipe: train what is not yet trained, measure held-out bits.

    Several --vary make a grid; several recipes are a cell each, or a grid each. The same command goes on where it was
    interrupted, and uses what is trained already.
    """
    from regenkit.analysis.grid.cells import cells

    console = terminal(soft_wrap=True, stderr=as_json)
    grid = cells(recipes[0], settings or [], vary or [], seeds, recipes[1:])
    from regenkit.analysis.compare import Options
    from regenkit.analysis.compare import compare as compared
    from regenkit.analysis.pages.comparison_page import measured_on, write
    from regenkit.analysis.results.files import to_json
    from regenkit.analysis.tables.comparison_tables import main_table, metric_titles, scores_table
    from regenkit.analysis.tables.table import in_terminal

    options = Options(split=split, direct=baseline == "direct", scored=scores, examples=examples,
                      command=shlex.join(["regenkit", *sys.argv[1:]]))  # fmt: skip
    found = compared(grid, options, console)
    written = write(found)
    if as_json:
        print_json(to_json(found))
    else:
        table = main_table(found).without(metric_titles(found))
        console.print(in_terminal(table, measured_on(found), whole=["total"]))
        if scores:
            console.print(in_terminal(scores_table(found), "Scores of samples; in brackets what is better"))
        for sentence in (*found.finding, *found.limits):
            console.print(f"• {sentence}", markup=False, highlight=False)
    console.print(f"written: {', '.join(map(str, written))}", markup=False, highlight=False)


def probe(
    run: Annotated[Path, typer.Argument(help="a run directory whose X is a class, e.g. runs/class2image/1")],
    stage: Annotated[
        Literal["converter", "generator", "renderer", "direct"],
        typer.Option(help="converter: Y′; others: the inner features of a diffusion model"),
    ] = "converter",
    time: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="level of noise of what a model sees: 0 none, 1 nothing else")
    ] = 0.25,
    examples: Annotated[int, typer.Option(min=10, help="to learn from, and to measure, at most")] = 2000,
    as_json: Json = False,
) -> None:
    """Predict the class of an example from Y, from Y′, or from inner features of a model: linearly, by neighbours."""
    from rich.table import Table

    from regenkit.analysis.findings.wording import number
    from regenkit.analysis.probe import probe_run
    from regenkit.analysis.results.figure import Figure
    from regenkit.analysis.results.files import to_json

    def share(value: Figure) -> str:
        if value.interval is None:  # of one example
            return number(value.mean)
        low, high = value.interval
        return f"{number(value.mean)} ({number(low)}–{number(high)})"

    found = probe_run(run, stage, time=time, examples=examples, progress=lambda *_: None)
    if as_json:
        print_json(to_json(found))
        return
    table = Table("features", "size", "linear", "nearest neighbours", box=None)
    for name, row in found.features.items():
        table.add_row(name, str(row.size or ""), share(row.linear), share(row.knn))
    wide().print(table)
    terminal(stderr=True).print(
        f"{found.training} examples to learn from, {found.held_out} measured; probe-{stage}.json"
    )
