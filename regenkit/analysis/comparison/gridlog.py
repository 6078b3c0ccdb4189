"""One progress line over the trainings of a whole grid."""

import time
from collections.abc import Mapping
from typing import final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from regenkit.training.log import Log
from regenkit.training.runlog import EVERY_SECONDS


@final
class GridLog:
    """Counts updates over all stages; one is trained at a time. `told` makes the log that `train.fit` writes to."""

    def __init__(self, console: Console, updates: int) -> None:
        self.console, self.updates = console, updates
        self._before, self._printed = 0, 0.0
        self._progress = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(bar_width=20), TaskProgressColumn(),
            TextColumn("{task.fields[text]}", markup=False), TimeRemainingColumn(compact=True), console=console,
            disable=not console.is_terminal,
        )  # fmt: skip
        self._task = self._progress.add_task("", total=updates or None, text="")

    def __enter__(self) -> "GridLog":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def at(self, what: str) -> None:
        """Say which run of the grid is worked on."""
        self._progress.update(self._task, description=what)
        self.what = what

    def show(self, step: int, text: str) -> None:
        """The stage under training has come to `step`."""
        done = self._before + step
        self._progress.update(self._task, completed=done, text=text)
        if not self.console.is_terminal and time.monotonic() - self._printed > EVERY_SECONDS:
            self._printed = time.monotonic()
            self.console.print(f"{self.what}: {text}; {done} of {self.updates} updates", markup=False, highlight=False)

    def passed(self, updates: int) -> None:
        """A stage of so many updates is done, or need not be."""
        self._before += updates
        self._progress.update(self._task, completed=self._before)

    def told(self, log: Log) -> Log:
        """`log` for one run of the grid, which is to be quiet itself, with what it hears shown here as well."""
        return _Told(log, self)


@final
class _Told:
    """A log, wrapped."""

    def __init__(self, log: Log, grid: GridLog) -> None:
        self.log, self.grid, self.folder = log, grid, log.folder
        self.validation = log.validation

    def counted(self, what: str, done: int, total: int) -> None:
        self.grid.show(0, f"{what} {done}/{total}")

    def begin(self, stage: str, step: int, steps: int, parameters: int) -> None:
        self.log.begin(stage, step, steps, parameters)
        self.grid.show(step, f"{stage}: tracing")

    def step(
        self, stage: str, step: int, losses: Mapping[str, float], steps_per_second: float, waiting: float, skipped: int
    ) -> None:
        self.log.step(stage, step, losses, steps_per_second, waiting, skipped)
        self.grid.show(step, f"{stage} {step}, loss {sum(losses.values()):.3f}, {steps_per_second:.1f} steps/s")

    def warn(self, message: str) -> None:
        self.grid.console.print(f"[yellow]warning[/] {escape(self.grid.what)}: {message}")

    def say(self, message: str) -> None:
        self.grid.console.print(f"{escape(self.grid.what)}: {message}")
