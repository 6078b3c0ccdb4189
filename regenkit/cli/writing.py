"""Results written one by one as they are made, however many there are; Ctrl-C keeps what is written."""

import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from regenkit import limits
from regenkit.cli.outputs import numbered
from regenkit.terminal import visible

INTERRUPTED = 130
MANY = 10_000
"""From so many results on it is said beforehand how much room they take."""
MEASURED = 10
"""Results whose size is measured for that."""


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
                said = write(value, path)
                written = number
                print(visible(f"{path}  {said}" if said else str(path)), flush=True)
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
        f"left{enough}. Each is written when it is made: Ctrl-C keeps what is there"
    )
