"""Output files and options, checked before any work is done; results, written one by one as they are made."""

import math
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from regenkit import limits
from regenkit.errors import UserError
from regenkit.recipe import document
from regenkit.terminal import visible


def check_output(path: Path, suffixes: Sequence[str]) -> None:
    """Raises UserError unless `path` has one of the suffixes and its folder can be written."""
    if path.suffix.lower() not in suffixes:
        raise UserError(f"-o {path}: {path.suffix or 'no suffix'} can't be written; there are {', '.join(suffixes)}")
    if path.is_dir():
        raise UserError(f"-o {path}: is a folder; name a file")
    folder = path.parent
    if not folder.is_dir():
        raise UserError(f"-o {path}: there is no folder {folder}; make it with: mkdir -p {shlex.quote(str(folder))}")
    if not os.access(folder, os.W_OK):
        raise UserError(f"-o {path}: the folder {folder} cannot be written")


def numbered(path: Path, number: int, count: int) -> Path:
    """Of one of `count` results: `path` itself where there is one; NAME-1.SUFFIX, NAME-2.SUFFIX … where several."""
    return path if count == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def sampling_options(settings: Sequence[str] | None, **flags: float | None) -> dict[str, Any]:
    """`--sample NAME=VALUE` and the short flags that were given. Raises UserError where one is given twice, or is not
    a finite number."""
    found: dict[str, Any] = {}
    for setting in settings or ():
        name, equals, text = setting.partition("=")
        if not (name and equals and text.strip()):
            raise UserError(f"--sample {setting}: write NAME=VALUE, as in --sample guidance=2")
        found[name] = document.value(text, f"--sample {setting}")
    for name, value in flags.items():
        if value is None:
            continue
        if not math.isfinite(value):
            raise UserError(f"--{name.replace('_', '-')} {value}: should be a finite number")
        if name in found:
            raise UserError(f"--sample {name}=…: --{name.replace('_', '-')} sets it already; keep one of the two")
        found[name] = value
    return found


INTERRUPTED = 130
MANY = 10_000
"""From so many results on, a message says beforehand how much room they take."""
MEASURED = 10
"""Results whose size is measured for that."""


def say_many(count: int, errors: Console) -> None:
    """Said at once, before what takes seconds: such a number may be a slip."""
    if count >= MANY:
        said = f"{count:,} results of each input, written one by one; Ctrl-C keeps what is written"
        errors.print(said, markup=False, highlight=False)


def write_all(
    output: Path, total: int, results: Iterable[Any], write: Callable[[Any, Path], str], errors: Console
) -> None:
    """Write each of the `total` results when it is made, and print its path and what `write` says of it.

    Ends the process with status 130 where the user interrupts it.
    """
    written = size = 0
    bar = Progress(console=errors, transient=True, disable=sys.stdout.isatty() or total == 1)
    try:
        with bar:
            task = bar.add_task("written", total=total)
            for number, value in enumerate(results, 1):
                path = numbered(output, number, total)
                description = write(value, path)
                written = number
                print(visible(f"{path}  {description}" if description else str(path)), flush=True)
                bar.update(task, completed=number)
                if total >= MANY and number <= MEASURED:
                    size += path.stat().st_size
                    if number == MEASURED:
                        errors.print(_room(output, total, size // MEASURED), markup=False, highlight=False)
        return
    except KeyboardInterrupt:
        pass
    errors.print(f"interrupted: {written:,} of {total:,} results are written, and kept", markup=False, highlight=False)
    sys.exit(INTERRUPTED)


def _room(output: Path, total: int, size: int) -> str:
    free, wanted = shutil.disk_usage(output.parent).free, total * size
    enough = "" if wanted < free else ", which is not enough"
    return (
        f"{total:,} results of about {limits.size(size)} take {limits.size(wanted)}; the disk has {limits.size(free)} "
        f"left{enough}"
    )
