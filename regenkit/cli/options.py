"""What several commands have in common: options, and consoles to print on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regenkit.cli.streams import for_json_alone
from regenkit.terminal import terminal

if TYPE_CHECKING:
    from rich.console import Console

RecipeFile = Annotated[Path, typer.Argument(help="its file, or the name of one that `regenkit recipes` lists")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="override a setting, e.g. renderer.depth=4")
]
Json = Annotated[bool, typer.Option("--json", callback=for_json_alone, help="print JSON for a program to read")]


def wide() -> Console:
    """A console for tables: as wide as the terminal, or wide enough for whole lines where there is none."""
    console = terminal(highlight=False)
    return console if console.is_terminal else terminal(highlight=False, width=200)
