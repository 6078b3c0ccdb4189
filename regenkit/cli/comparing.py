"""compare: one recipe with varied settings, or several recipes, in one table and on one page."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from regenkit.cli.options import Json, Settings
from regenkit.cli.streams import print_json
from regenkit.terminal import terminal


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
    interrupted, and uses what is trained already.
    """
    from regenkit.analysis.grid.cells import cells

    console = terminal(soft_wrap=True, stderr=as_json)
    grid = cells(recipes[0], settings or [], vary or [], seeds, recipes[1:])
    from regenkit.analysis.compare import Options
    from regenkit.analysis.compare import compare as compared
    from regenkit.analysis.pages.comparison_page import measured_on, write
    from regenkit.analysis.pages.comparison_tables import main_table, metric_titles, scores_table
    from regenkit.analysis.pages.tables import in_terminal
    from regenkit.analysis.results.files import to_json

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
