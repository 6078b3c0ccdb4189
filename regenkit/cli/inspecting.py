"""check, schema, plugins, doctor: what is installed, and whether it works."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from regenkit.cli.options import Json, Settings, wide
from regenkit.cli.streams import for_json_alone, print_json


def add_to(app: typer.Typer) -> None:
    app.command()(check)
    app.command()(schema)
    app.command("plugins")(list_plugins)
    app.command()(doctor)


def check(
    recipe: Annotated[Path, typer.Argument(help="the recipe")], settings: Settings = None, as_json: Json = False
) -> None:
    """Validate a recipe without training: form, names, arguments, and whether its stages can be built and fit."""
    from regenkit.pipeline import Pipeline
    from regenkit.pipeline.cost import costs, listed
    from regenkit.recipe import check_data, load

    loaded = load(recipe, settings or [])
    check_data(loaded)
    pipeline = Pipeline(loaded)
    found = costs(pipeline, (*loaded.stages, "direct"))
    if as_json:
        print_json(loaded.plain())
        return
    for line in listed(pipeline, found):
        print(line)
    print(f"{recipe}: sound")


def schema() -> None:
    """Print a JSON Schema of recipes, for editors."""
    from regenkit.recipe.schema import build

    for_json_alone()
    print_json(build())


def list_plugins(as_json: Json = False) -> None:
    """List every component by role, and the plugins that could not be loaded."""
    from dataclasses import asdict

    from regenkit.plugins import ROLES, host

    found = host()
    if as_json:
        data = {
            role: [{**asdict(component), "from": origin} for component, origin in found.all(role)] for role in ROLES
        }
        print_json({**data, "broken": [asdict(each) for each in found.broken]})
        return
    console = wide()
    table = Table("role", "name", "from", "summary", box=None, pad_edge=False)
    for role in ROLES:
        for component, origin in found.all(role):
            table.add_row(role, f"[bold]{component.name}[/]", origin, component.summary)
    console.print(table)
    for broken in found.broken:
        console.print(f"[red]broken[/] {broken}")


def doctor(as_json: Json = False) -> None:
    """Show what is installed, what is broken, and the command that repairs it. Exit code 1 if something is broken."""
    from regenkit.doctor import examine

    findings = examine()
    if as_json:
        print_json(findings)
    else:
        console = Console(soft_wrap=True, highlight=False)
        for finding in findings:
            mark = "[green]ok[/]    " if finding["ok"] else "[red]broken[/]"
            console.print(f"{mark} {finding['what']}: {finding['detail']}")
            if not finding["ok"]:
                console.print(f"        mend: [bold]{finding['mend']}[/]")
    if not all(finding["ok"] for finding in findings):
        raise typer.Exit(1)
