"""Recipes read from files."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from regenkit import plugins
from regenkit.errors import UserError
from regenkit.recipe import document
from regenkit.recipe.reader import Reader
from regenkit.recipe.recipe import Recipe
from regenkit.recipe.resolve import resolve
from regenkit.recipe.section import Written


def read(path: str | Path, overrides: Iterable[str] = (), host: plugins.Host | None = None) -> Written:
    """The recipe at `path` with `overrides` ("generator.depth=4") applied: its form and names, and no import.

    Raises UserError with a line for each fault.
    """
    written = document.read(Path(path))
    for setting in overrides:
        written.override(setting)
    return Reader(written, host or plugins.host()).written(Path(path))


def load(path: str | Path, overrides: Iterable[str] = (), host: plugins.Host | None = None) -> Recipe:
    """The same, resolved: what it names is imported, its arguments are checked. Raises UserError likewise."""
    return resolve(read(path, overrides, host), cache(lambda run: of_run(run, host)))


def of_run(folder: Path, host: plugins.Host | None = None) -> Recipe:
    """The recipe of a run directory. Raises UserError where it cannot be used any more, saying what to do."""
    path = folder / "recipe.yaml"
    if not path.is_file():
        raise UserError(f"{folder}: not a run directory (it has no recipe.yaml)")
    try:
        return load(path, (), host)
    except UserError as error:
        raise UserError(
            f"{error}\nThis recipe was kept in a run by another version of regenkit or of a plugin. Correct it as "
            "the message above says, or train a new run of your recipe"
        ) from error
