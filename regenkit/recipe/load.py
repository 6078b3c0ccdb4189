"""Recipes read from files."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from regenkit import plugins, trust
from regenkit.errors import UserError
from regenkit.extras import installed
from regenkit.recipe import document
from regenkit.recipe.reader import Reader, Written
from regenkit.recipe.recipe import Recipe
from regenkit.recipe.resolve import resolve
from regenkit.recipe.shipped import located
from regenkit.run_files import Map, inside, read_json
from regenkit.stages import STAGES

_KEPT = (
    "This recipe was kept in a run by another version of regenkit or of a plugin. Correct it as the message above "
    "says, or train a new run of your recipe"
)


def read(path: str | Path, overrides: Iterable[str] = (), host: plugins.Host | None = None) -> Written:
    """The recipe at `path` with `overrides` ("renderer.depth=4") applied: its form and names, and no import.

    `path` may be the name of a recipe that comes with regenkit. Raises UserError with a line for each fault.
    """
    path = located(path)
    written = document.read(path)
    for setting in overrides:
        written.override(setting)
    return Reader(written, host or plugins.host()).written(path)


def load(path: str | Path, overrides: Iterable[str] = (), host: plugins.Host | None = None) -> Recipe:
    """The same, resolved: what it names is imported, its arguments are checked. Raises UserError likewise."""
    return _load(path, overrides, host, ())


def _load(path: str | Path, overrides: Iterable[str], host: plugins.Host | None, within: tuple[Path, ...],
          stranger: Path | None = None) -> Recipe:  # fmt: skip
    """stranger   the run whose recipe it is, where that was not made here: it may name nothing outside of itself"""
    overrides = tuple(overrides)

    def other_run(run: Path) -> Recipe:
        if stranger:
            trust.check_named(stranger, "recipe", run)
        return of_run(run, host, within)

    recipe = resolve(read(path, overrides, host), cache(other_run))
    for setting in overrides:
        _refuse_unused(recipe, setting)
    return recipe


def _refuse_unused(recipe: Recipe, setting: str) -> None:
    """Raises UserError where a setting of `train` changes nothing, because every stage has its own."""
    key = setting.partition("=")[0].strip().removeprefix("train.")
    readers = [*recipe.stages, *(["direct"] if key != "steps" else [])]  # the baseline's steps are those of the others
    if setting.startswith("train.") and all(key in recipe.train.get(STAGES[each].settings, {}) for each in readers):
        own = " and ".join(f"train.{each}.{key}" for each in dict.fromkeys(STAGES[each].settings for each in readers))
        raise UserError(f"--set {setting}: it would change nothing, because each stage has its own; set {own}")


def check_is_run(folder: Path) -> None:
    """Raises UserError, with the runs that there are, where a folder is none."""
    if not (folder / "recipe.yaml").is_file():
        runs = sorted(str(found.parent) for found in Path("runs").glob("*/*/recipe.yaml"))
        known = f"; runs here: {', '.join(runs)}" if runs else ""
        raise UserError(f"{folder}: not a run directory (it has no recipe.yaml){known}")


def of_run(folder: Path, host: plugins.Host | None = None, within: tuple[Path, ...] = ()) -> Recipe:
    """The recipe of a run directory. Raises UserError where it cannot be used any more, saying what to do.

    within   the runs, by their real paths, that take a stage from this one
    """
    path = folder / "recipe.yaml"
    check_is_run(folder)
    here = folder.resolve()
    if here in within:
        raise UserError(f"{folder}: this run takes a stage from itself; name the run in which the stage was trained")
    inside(folder, path.name)
    try:
        return _load(path, (), host, (*within, here), None if trust.trusted(folder) else folder)
    except UserError as error:
        if within or trust.TRUST in str(error):  # the run that takes from it says what to do, or the message does
            raise
        raise UserError(f"{error}\n{_gone(folder) or _KEPT}") from error


def _gone(folder: Path) -> str:
    """What to install, where a distribution that a run was made with is not here any more."""
    try:
        made_with = read_json(Map, folder, "environment.json")
    except UserError:
        return ""
    names = made_with.keys() - {"recipe", "name", "command", "python", "platform"}
    listed = " ".join(f"{name}=={made_with[name]}" for name in sorted(names) if installed(name) is None)
    return f"This run was made with {listed}, which is not installed: pip install {listed}" if listed else ""
