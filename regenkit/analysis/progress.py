"""One progress line over all that a command does: training several stages, measuring, writing."""

import time
from collections.abc import Mapping
from typing import final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from regenkit.training.log_protocol import Log
from regenkit.training.progress_line import EVERY_SECONDS


@final
class WorkProgress:
    """Work is done part by part: `begin` a part, which ends the one before, then `show` how far it has come.

    total    the weights of all parts together
    unit     what they count, for a person: "updates"
    steady   parts take as long as they weigh, so that the time that remains can be estimated
    """

    def __init__(self, console: Console, total: float, unit: str, *, steady: bool) -> None:
        self.console, self.total, self.unit, self.part = console, total, unit, ""
        self._before, self._weight, self._printed = 0.0, 0.0, time.monotonic()
        self._progress = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(bar_width=20), TaskProgressColumn(),
            TextColumn("{task.fields[text]}", markup=False),
            TimeRemainingColumn(compact=True) if steady else TimeElapsedColumn(),
            console=console, disable=not console.is_terminal,
        )  # fmt: skip
        self._task = self._progress.add_task("", total=total or None, text="")

    def __enter__(self) -> "WorkProgress":
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._progress.update(self._task, completed=self._before + self._weight)  # the last part is done
        self._progress.stop()

    def begin(self, part: str, weight: float) -> None:
        self._before += self._weight
        self.part, self._weight = part, weight
        self._progress.update(self._task, description=part)
        self.show(0.0, "")

    def show(self, fraction: float, text: str) -> None:
        """How much of the part is done, and what is being done."""
        done = self._before + fraction * self._weight
        self._progress.update(self._task, completed=done, text=text)
        if not self.console.is_terminal and time.monotonic() - self._printed > EVERY_SECONDS:
            self._printed = time.monotonic()
            about = f": {text}" if text else ""
            self.console.print(f"{self.part}{about}; {done:.0f} of {self.total:.0f} {self.unit}", markup=False,
                               highlight=False)  # fmt: skip

    def shared_with(self, log: Log) -> Log:
        """`log` of one run, which is to be quiet itself, with what is logged shown here as well."""
        return _Shared(log, self)


@final
class _Shared:
    """A log, wrapped."""

    def __init__(self, log: Log, progress: WorkProgress) -> None:
        self.log, self.progress, self.folder = log, progress, log.folder
        self.validation = log.validation
        self._steps = 1

    def counted(self, what: str, done: int, total: int) -> None:
        self.progress.show(0.0, f"{what} {done}/{total}")

    def begin(self, stage: str, step: int, steps: int, parameters: int) -> None:
        self._steps = max(1, steps)
        self.log.begin(stage, step, steps, parameters)
        self.progress.show(step / self._steps, f"{stage}: tracing")

    def step(
        self, stage: str, step: int, losses: Mapping[str, float], steps_per_second: float, waiting: float, skipped: int
    ) -> None:
        self.log.step(stage, step, losses, steps_per_second, waiting, skipped)
        text = f"{stage} {step}/{self._steps}, loss {sum(losses.values()):.3f}, {steps_per_second:.1f} steps/s"
        self.progress.show(step / self._steps, text)

    def warn(self, message: str) -> None:
        self.progress.console.print(f"[yellow]warning[/] {escape(self.progress.part)}: {message}")

    def say(self, message: str) -> None:
        self.progress.console.print(f"{escape(self.progress.part)}: {message}")
