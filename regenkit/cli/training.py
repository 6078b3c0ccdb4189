"""prepare, preview, train: what is done with a recipe."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regenkit.cli.inline import show
from regenkit.cli.options import Json, RecipeFile, Settings
from regenkit.cli.streams import print_json
from regenkit.terminal import terminal

if TYPE_CHECKING:
    from rich.table import Table

    from regenkit.recipe import Recipe

MOST_CLASSES = 100
"""How many `preview` lists; --json has all."""
MOST_CHARACTERS = 4000
"""Of X, Y′ or Y of an example that `preview` shows: a map of classes as text fills many screens."""


def train(
    recipe: RecipeFile,
    run: Annotated[Path | None, typer.Option(help="run directory (default: runs/NAME/N)")] = None,
    settings: Settings = None,
    stage: Annotated[str | None, typer.Option(help="train this stage alone: converter, generator, renderer, …")] = None,
    strategy: Annotated[
        str | None, typer.Option(help="auto, none, mirrored or multi_worker: short for --set train.strategy=…")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="processes on this machine's CPUs, to try distribution out")] = 1,
) -> None:
    """Train a recipe's stages. The same command goes on where it was interrupted."""
    from regenkit.errors import UserError
    from regenkit.recipe import check_data, load

    console = terminal(soft_wrap=True)
    loaded = load(recipe, [*(settings or []), *([f"train.strategy={strategy}"] if strategy else [])])
    if stage not in (None, *loaded.stages):
        raise UserError(f"--stage {stage}: there are {', '.join(loaded.stages)}")
    check_data(loaded)
    if workers > 1 and "TF_CONFIG" not in os.environ:
        sys.exit(_launch(loaded, run, workers))
    from regenkit.run.train import train_recipe

    train_recipe(loaded, run, console, [stage] if stage else ())


def _launch(recipe: Recipe, run: Path | None, workers: int) -> int:
    from regenkit.cli.local_workers import launch
    from regenkit.errors import UserError
    from regenkit.run.folder import folder_for, open_run

    if (name := recipe.train_settings().strategy) not in ("auto", "multi_worker"):
        raise UserError(f"--workers {workers} needs train.strategy auto or multi_worker, not {name}")
    folder = run or folder_for(recipe)
    with open_run(folder, recipe):
        pass  # refused here, so that the message comes once
    return launch(workers, [*sys.argv[1:], *([] if run else ["--run", str(folder)])], folder)


def prepare(
    recipe: RecipeFile,
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


def preview(
    recipe: RecipeFile,
    settings: Settings = None,
    count: Annotated[int, typer.Option(min=1, help="examples to show")] = 2,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="write the Y of these examples: on one sheet if the modality makes sheets, else a file each",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what a recipe will be trained on: examples with their Y′, splits, classes, lengths, what is left out."""
    from rich.table import Table
    from rich.text import Text

    from regenkit.cli.outputs import check_output
    from regenkit.data.skip_report import LEFT_OUT, NO_DATA, NOT_WHOLE, OUTDATED, listed
    from regenkit.recipe import check_data, load

    console = terminal(soft_wrap=True)
    loaded = load(recipe, settings or [])
    check_data(loaded)
    from regenkit.analysis.preview import describe, write_shown, written_as

    if output:  # before the data are read, which may take long
        check_output(output, written_as(loaded))
    found = describe(loaded, count, terminal(stderr=True, quiet=as_json))
    written = write_shown(loaded, output, count) if output else []
    if as_json:
        print_json(found)
        return
    table = Table("split", "paired", "unpaired", box=None)
    for split, counts in found["examples"].items():
        table.add_row(split, str(counts["paired"]), str(counts["unpaired"]))
    console.print(table)
    table = Table("", *found["steps"], box=None)
    table.add_row("steps an example", *map(str, found["steps"].values()))
    console.print(table)
    for line in found["takes"]:
        console.print(line, markup=False)
    for field, counted in found["classes"].items():
        console.print(_classes(field, counted))
    for line in listed({LEFT_OUT: found["skipped"], NOT_WHOLE: found["remarks"], NO_DATA: found["ignored"],
                        OUTDATED: found["outdated"]}):  # fmt: skip
        console.print(line, markup=False, highlight=False)
    for example in found["shown"]:
        beside = Table(show_header=False, box=None, pad_edge=False, title=Text(example["id"]), title_justify="left")
        for side, name in (("x", "X"), ("rep", "Y′"), ("y", "Y")):
            beside.add_row(Text(name, style="bold"), Text(_beginning(example[side].rstrip())))
        console.print()
        console.print(beside)
    for path in written:
        console.print(f"{path}: the Y of these examples", markup=False, highlight=False)
        show(path, console)


def _beginning(text: str) -> str:
    """A long text as its first lines, and how long it is."""
    if len(text) <= MOST_CHARACTERS:
        return text
    kept = text[:MOST_CHARACTERS].rpartition("\n")[0] or text[:MOST_CHARACTERS]
    return f"{kept}\n… of {len(text):,} characters; --json has all"


def _classes(field: str, counted: dict[str, dict[str, int]]) -> Table:
    """Examples by class and split; where there are very many classes, of the first ones."""
    from rich.table import Table
    from rich.text import Text

    splits = [split for split in ("train", "validation", "test", "dropped")
              if any(split in each for each in counted.values())]  # fmt: skip
    table = Table(field, *splits, box=None)
    for label, numbers in list(counted.items())[:MOST_CLASSES]:
        table.add_row(Text(label), *(str(numbers.get(split, 0)) for split in splits))
    if len(counted) > MOST_CLASSES:
        table.add_row(f"… of {len(counted)}")
    return table
