"""prepare: read and convert a recipe's dataset before its training, here or on a cluster."""

from pathlib import Path
from typing import Annotated

import typer

from regenkit.cli.options import Settings
from regenkit.terminal import terminal


def prepare(
    recipe: Annotated[Path, typer.Argument(help="the recipe")],
    options: Annotated[
        list[str] | None, typer.Argument(metavar="-- BEAM OPTIONS", help="the runner's, as --direct_num_workers=4")
    ] = None,
    runner: Annotated[
        str | None, typer.Option(help="Apache Beam runner, e.g. DirectRunner or FlinkRunner (default: local processes)")
    ] = None,
    settings: Settings = None,
) -> None:
    """Read and convert a recipe's dataset into the cache, as train would: by local processes, or by Apache Beam."""
    from rich.progress import Progress

    from regenkit.data.beam import on
    from regenkit.data.skip_report import listed
    from regenkit.errors import UserError
    from regenkit.recipe import check_data, load

    loaded = load(recipe, settings or [])
    if options and runner is None:
        raise UserError(f"{options[0]}: what follows the recipe is for a Beam runner; name it: --runner FlinkRunner")
    elsewhere = on(runner, options or []) if runner else None
    check_data(loaded)
    from regenkit.pipeline import Pipeline

    console = terminal(soft_wrap=True, highlight=False)
    with Progress(console=terminal(stderr=True), transient=True) as bar:
        tasks = {what: bar.add_task(what, total=None) for what in ("reading", "converting")}
        prepared = Pipeline(loaded).prepare(
            lambda what, done, total: bar.update(tasks[what], completed=done, total=total), elsewhere=elsewhere
        )
    for split, counts in prepared.counts().items():
        console.print(f"{split}: {counts['paired']} paired, {counts['unpaired']} unpaired")
    for line in listed(prepared.notes):
        console.print(line, markup=False)
