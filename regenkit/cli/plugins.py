"""plugins, plugins check, new: what is installed, whether it does what its types say, and a beginning of one's own."""

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

from regenkit.cli.options import Json, Settings
from regenkit.cli.streams import print_columns, print_json
from regenkit.terminal import terminal

COLOURS = {"ok": "green", "failed": "red", "skipped": "yellow"}


app = typer.Typer(invoke_without_command=True, help="List every component, or check a plugin.")


@app.callback()
def list_plugins(ctx: typer.Context, as_json: Json = False) -> None:
    """List every component by role, names that clash, and the plugins that could not be loaded or are slow."""
    if ctx.invoked_subcommand:
        return
    from dataclasses import asdict

    from regenkit.plugins import ROLES, host

    found = host()
    if as_json:
        data = {
            role: [{**asdict(component), "from": origin} for component, origin in found.all(role)] for role in ROLES
        }
        print_json({
            **data, "broken": [asdict(each) for each in found.broken], "slow": found.slow,
            "clashes": [asdict(each) for each in found.clashes],
        })  # fmt: skip
        return
    rows = [("role", "name", "from", "summary")]
    rows += [(role, component.name, origin, component.summary)
             for role in ROLES for component, origin in found.all(role)]  # fmt: skip
    print_columns(rows)
    faults = [("[red]broken[/]", str(each)) for each in found.broken]
    faults += [("[yellow]clash[/]", str(each)) for each in found.clashes]
    faults += [("[yellow]slow[/]", f"{name} takes {seconds:.1f} s to import: import heavy packages within functions")
               for name, seconds in found.slow.items()]  # fmt: skip
    for mark, text in faults:
        console = terminal(highlight=False, soft_wrap=True)
        console.print(mark, end=" ")
        console.print(text, markup=False)


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="the plugin, by its entry point or distribution")],
    recipes: Annotated[
        list[Path] | None, typer.Option("--recipe", help="a recipe that uses it, for components that need arguments")
    ] = None,
    settings: Settings = None,
    only: Annotated[str, typer.Option(help="run the checks alone whose line has this text")] = "",
    as_json: Json = False,
) -> None:
    """Check that a plugin does what its types say, with real examples: data, text, samples, losses, replicas. Exit code
    1 if it does not."""
    from regenkit.errors import UserError
    from regenkit.testing.cases import cases, findings

    chosen = [case for case in cases(name, recipes or [], settings or []) if only in str(case)]
    if not chosen:
        raise UserError(f"--only {only!r}: no check's line has this text; without --only all lines are shown")
    console = terminal(soft_wrap=True, highlight=False, stderr=as_json)
    found = []
    for each in findings(chosen):
        found.append(each)
        console.print(f"[{COLOURS[each.state]}]{each.state:7}[/]", end=" ")
        console.print(str(each), markup=False)
    failed = [each for each in found if each.state == "failed"]
    if as_json:
        print_json([each.plain() for each in found])
    else:
        skipped = sum(each.state == "skipped" for each in found)
        console.print(f"{len(found) - len(failed) - skipped} ok, {len(failed)} failed, {skipped} skipped")
    if failed:
        raise typer.Exit(1)


def new(
    plugin: Annotated[str, typer.Argument(help="its name, e.g. chess")] = "",
    into: Annotated[Path | None, typer.Option(help="the folder to make (default: regenkit-NAME)")] = None,
    shape: Annotated[
        Literal["sequence", "grid"] | None,
        typer.Option(
            help="what Y of its example is: a sequence with a length of its own, or a grid (default: sequence)"
        ),
    ] = None,
    description: Annotated[str | None, typer.Option(help="what it is, in a sentence")] = None,
    author: Annotated[str | None, typer.Option(help="whose it is")] = None,
) -> None:
    """Make a plugin that works: records, two modalities, data, a converter, a model, a score, a recipe and tests. What
    is not given is asked for, where the name is not given either."""
    from regenkit.scaffold.make import check_name, make

    asked, chosen = not plugin, str(shape or "")
    if asked:
        plugin = typer.prompt("name of the plugin, e.g. chess")
        check_name(plugin)
        chosen = chosen or typer.prompt("what Y is: sequence or grid", default="sequence")
        description = description or typer.prompt("what it is, in a sentence", default="", show_default=False)
        author = author or typer.prompt("whose it is", default="", show_default=False)
    folder = into or Path(f"regenkit-{plugin.replace('_', '-')}")
    files = make(plugin, folder, shape=chosen or "sequence", description=description or "", author=author or "")
    console = terminal(soft_wrap=True, highlight=False)
    for path in files:
        console.print(f"  {path}", markup=False)
    console.print(
        f"It works as it is; change a file at a time. Next:\n"
        f"  cd {shlex.quote(str(folder))} && pip install -e '.[test]' && pytest\n"
        f"  regenkit train recipes/{plugin}.yaml",
        markup=False,
    )
