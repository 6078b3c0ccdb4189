"""train, preview."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from regenkit.cli.options import Json, Settings
from regenkit.files import json_text

if TYPE_CHECKING:
    from regenkit.recipe import Recipe


def add_to(app: typer.Typer) -> None:
    app.command()(train)
    app.command()(preview)


def train(
    recipe: Annotated[Path, typer.Argument(help="the recipe, e.g. recipes/lyric2melody.yaml")],
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

    console = Console(soft_wrap=True)
    loaded = load(recipe, [*(settings or []), *([f"train.strategy={strategy}"] if strategy else [])])
    if stage not in (None, *loaded.stages):
        raise UserError(f"--stage {stage}: there are {', '.join(loaded.stages)}")
    check_data(loaded)
    if workers > 1 and "TF_CONFIG" not in os.environ:
        sys.exit(_launch(loaded, run, workers))
    from regenkit.run.train import train_recipe

    train_recipe(loaded, run, console, [stage] if stage else ())


def _launch(recipe: Recipe, run: Path | None, workers: int) -> int:
    from regenkit.cli.launch import launch
    from regenkit.errors import UserError
    from regenkit.run.folder import folder_for, open_run

    if (name := recipe.train_settings().strategy) not in ("auto", "multi_worker"):
        raise UserError(f"--workers {workers} needs train.strategy auto or multi_worker, not {name}")
    folder = run or folder_for(recipe)
    with open_run(folder, recipe):
        pass  # refused here, it is refused once
    return launch(workers, [*sys.argv[1:], *([] if run else ["--run", str(folder)])], folder)


def preview(
    recipe: Annotated[Path, typer.Argument(help="the recipe")],
    settings: Settings = None,
    count: Annotated[int, typer.Option(min=1, help="examples to show")] = 2,
    as_json: Json = False,
) -> None:
    """Show what a recipe will be trained on: examples with their Y′, splits, lengths, what was dropped, parameters."""
    from regenkit.recipe import check_data, load

    console = Console(soft_wrap=True)
    loaded = load(recipe, settings or [])
    check_data(loaded)
    from regenkit.run.preview import describe

    found = describe(loaded, count, Console(stderr=True, quiet=as_json))
    if as_json:
        print(json_text(found))
        return
    table = Table("split", "paired", "unpaired", box=None)
    for split, counts in found["examples"].items():
        table.add_row(split, str(counts["paired"]), str(counts["unpaired"]))
    console.print(table)
    console.print(f"steps an example: {found['steps']}")
    console.print(f"parameters: {found['parameters']}")
    for source, reason in found["skipped"]:
        console.print(f"skipped {source}: {reason}", markup=False)
    for example in found["shown"]:
        console.rule(example["id"])
        console.print(example["y"], markup=False)
        console.print(example["rep"], markup=False)
