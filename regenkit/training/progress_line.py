"""The progress line of a training; where there is no terminal, a line printed now and then."""

import time
from typing import final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

EVERY_SECONDS = 20
"""How often a line is printed where there is no terminal to redraw one."""


@final
class ProgressLine:
    """A line a stage, or a part of a preparation."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._printed = 0.0
        self._progress = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=20), MofNCompleteColumn(),
            TextColumn("{task.fields[text]}"), TimeRemainingColumn(compact=True), console=console,
            disable=not console.is_terminal,
        )  # fmt: skip
        self.start, self.stop = self._progress.start, self._progress.stop
        self._tasks = dict[str, TaskID]()

    def show(self, what: str, done: int, total: int | None, text: str) -> None:
        """`done` of `total` steps; None: as many as before."""
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total, text=text)
        task = self._tasks[what]
        self._progress.update(task, completed=done, text=text, total=total or None)
        finished = self._progress.tasks[task].finished
        if not self.console.is_terminal and (finished or time.monotonic() - self._printed > EVERY_SECONDS):
            self._printed = time.monotonic()
            self.console.print(f"{what} {done}/{int(self._progress.tasks[task].total or 0)} {text}", highlight=False)
