"""A run directory: found, made, marked with its recipe, and locked by one process at a time. Needs no TensorFlow."""

import platform
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from regenkit import plugins, trust
from regenkit.digest import digest
from regenkit.errors import UserError
from regenkit.extras import installed
from regenkit.files import write_json, write_text
from regenkit.recipe import Recipe, of_run
from regenkit.run_files import check_whole

PACKAGES = ("regenkit", "tensorflow", "keras", "numpy", "pluggy", "pydantic")


def folder_for(recipe: Recipe) -> Path:
    """The newest unfinished run of the same recipe, else a new one: runs/NAME/N."""
    numbered = sorted(
        (path for path in (Path("runs") / recipe.name).glob("*") if path.name.isdecimal()),
        key=lambda path: int(path.name), reverse=True,
    )  # fmt: skip
    for folder in numbered:
        try:
            same = _signature(folder) == identity(recipe)
        except UserError:
            continue
        if same and not (folder / "samples" / "done").exists():
            return folder
    return Path("runs") / recipe.name / str(int(numbered[0].name) + 1 if numbered else 1)


@contextmanager
def open_run(folder: Path, recipe: Recipe) -> Iterator[None]:
    """Make the run directory if need be, and lock it for this process."""
    check_whole(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UserError(
            f"{folder}: another process is working on this run; wait for it, or start a new one with --run DIR"
        ) from error
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be written ({error.strerror}); choose another folder with --run DIR"
        ) from error
    try:
        _sign(folder, recipe)
        yield
    finally:
        lock.release()


def environment() -> dict[str, Any]:
    """Versions of what a result depends on; those of plugins by distribution."""
    found: dict[str, Any] = {"python": platform.python_version(), "platform": platform.platform()}
    found |= {package: installed(package) or "not installed" for package in PACKAGES}
    for origin in plugins.host().distributions.values():
        found.setdefault(origin.distribution, origin.version)
    return found


def _sign(folder: Path, recipe: Recipe) -> None:
    theirs = _signature(folder)
    if theirs is None:
        path, text = folder / "recipe.yaml", recipe.dump()
        # a run that was killed before it was signed has the same; what anybody else wrote is not to be lost
        if path.is_file() and path.read_bytes().partition(b", resolved\n")[2] != text.encode():
            raise UserError(f"{path}: is there already, and is no run's; choose another folder with --run DIR")
        write_text(path, f"# {recipe.path}, resolved\n{text}")
        trust.sign(folder)
        write_json(
            folder / "environment.json",
            {"recipe": recipe.digest(), "name": recipe.name, "command": sys.argv, **environment()},
        )
    elif theirs != identity(recipe):
        raise UserError(
            f"{folder}: holds a run of another recipe (see {folder / 'recipe.yaml'}); choose another --run DIR"
        )


def _signature(folder: Path) -> str | None:
    """The identity of the recipe of a run, None where there is none yet. The recipe is read again, so that a setting
    which was added since then, and has its default, makes no difference."""
    if not (folder / "environment.json").exists():  # written last
        return None
    return identity(of_run(folder))


def identity(recipe: Recipe, *, but: Iterable[str] = ("strategy",)) -> str:
    """What processes that work on one run must have in common: the recipe without its devices, or these of `train`."""
    resolved = recipe.plain()
    for setting in but:
        del resolved["train"][setting]
    return digest(resolved)


def untrained(folder: Path, recipe: Recipe) -> list[str]:
    """The stages of a run whose training is not finished, in their order."""
    return [stage for stage in recipe.stages if not (folder / stage / "done.json").exists()]
