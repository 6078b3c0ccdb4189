"""recipes, recipes copy: what comes with regenkit, to train as it is or to begin one's own from."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from regenkit.cli.options import Json, wide
from regenkit.cli.streams import print_json

app = typer.Typer(help="Recipes that come with regenkit.", invoke_without_command=True)


@app.callback()
def list_recipes(context: typer.Context, as_json: Json = False) -> None:
    """List the recipes that come with regenkit: what they make, what they cost, what came out. `regenkit train NAME`
    trains one."""
    if context.invoked_subcommand is not None:
        return
    from dataclasses import asdict

    from regenkit.recipe.shipped import about, shipped

    found = [about(path) for path in shipped().values()]
    if as_json:
        print_json([{**asdict(each), "x_to_y": _x_to_y(each.path)} for each in found])
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("recipe", "x → y", "what", "cost", "figures", box=None, pad_edge=False)
    for each in found:
        table.add_row(
            Text(each.name, style="bold"), _x_to_y(each.path), each.summary, each.cost or "not said",
            each.figures or "not said",
        )  # fmt: skip
    console = wide()
    console.print(table)
    console.print("To train one: regenkit train NAME. To change one: regenkit recipes copy NAME")


@app.command("copy")
def copy_recipe(
    name: Annotated[str, typer.Argument(help="as `regenkit recipes` lists it")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="the file (default: NAME.yaml)")] = None,
) -> None:
    """Copy a recipe into a file of your own, to change it. A file that is there is not overwritten."""
    from regenkit.errors import UserError
    from regenkit.files import copy
    from regenkit.nearest import did_you_mean
    from regenkit.recipe.shipped import SUFFIX, shipped

    known = shipped()
    if name not in known:
        raise UserError(f"no recipe named {name!r} comes with regenkit{did_you_mean(name, known)}")
    path = output or Path(f"{name}{SUFFIX}")
    if path.exists():
        raise UserError(f"{path}: is there already; name another file with -o FILE")
    copy(known[name], path)
    print(f"{path}: yours to change; to train it: regenkit train {shlex.quote(str(path))}")


def _x_to_y(path: Path) -> str:
    """What a recipe's dataset holds; "" where its plugin is not installed."""
    from regenkit.components import Dataset
    from regenkit.errors import UserError
    from regenkit.recipe import read

    try:
        dataset = read(path).dataset.component
    except UserError:
        return ""
    return f"{dataset.x} → {dataset.y}" if isinstance(dataset, Dataset) else ""
