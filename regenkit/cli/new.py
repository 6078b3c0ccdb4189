"""new: the beginning of a plugin of one's own."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from regenkit.terminal import terminal


def new(
    plugin: Annotated[str, typer.Argument(help="its name, e.g. chess")] = "",
    into: Annotated[Path | None, typer.Option(help="the folder to make (default: regenkit-NAME)")] = None,
    shape: Annotated[
        Literal["sequence", "grid"] | None,
        typer.Option(
            help="what Y of its example is: a sequence with a length of its own, or a grid  [default: sequence]"
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
        f"  cd {folder} && pip install -e '.[test]' && pytest\n"
        f"  regenkit train recipes/{plugin}.yaml",
        markup=False,
    )
