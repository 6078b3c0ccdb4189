"""compare: one recipe with some settings varied, or several recipes, on one table and one page."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from regenkit.cli.streams import print_json
from regenkit.cli.training import Json, Settings


def add_to(app: typer.Typer) -> None:
    app.command()(compare)


def compare(
    recipes: Annotated[list[Path], typer.Argument(metavar="RECIPE...", help="the recipe, or several to compare")],
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=A,B,…", help="the values of a setting, e.g. converter.parts=[timing],[rhythm]"),
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
    interrupted, and finds again what is trained.
    """
    from regenkit.comparison.grid import cells

    console = Console(soft_wrap=True, stderr=as_json)
    grid = cells(recipes[0], settings or [], vary or [], seeds, recipes[1:])
    from regenkit.comparison.compare import compare as run
    from regenkit.comparison.verdict import finding, limits
    from regenkit.report.comparison import as_table, write
    from regenkit.report.scores import as_table as scores_table

    command = shlex.join(["regenkit", *sys.argv[1:]])
    report = run(grid, split, baseline == "direct", scores, console, examples)
    report = {**report, "command": command, "finding": finding(report), "limits": limits(report)}
    written = write(report)
    if as_json:
        print_json(report)
    else:
        console.print(as_table(report))
        if scores:
            console.print(scores_table(report))
        for sentence in (*report["finding"], *report["limits"]):
            console.print(f"• {sentence}", markup=False, highlight=False)
    console.print(f"written: {', '.join(map(str, written))}", markup=False, highlight=False)
