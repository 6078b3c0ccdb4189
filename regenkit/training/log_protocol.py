"""The types of logs that the loop and a run need; `log.RunLog` is one, and a comparison wraps it in another."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class TrainingLog(Protocol):
    """The log of `train.fit`."""

    def begin(self, stage: str, step: int, steps: int, parameters: int) -> None:
        """A stage begins at `step` of `steps`; the step is 0 unless it goes on from a checkpoint."""

    def step(
        self, stage: str, step: int, losses: Mapping[str, float], steps_per_second: float, waiting: float, skipped: int
    ) -> None:
        """The updates of one graph call, which ended at `step`.

        losses   the mean of each term over those that were made; empty where all were skipped
        waiting  the fraction of the time in which the devices waited for data
        skipped  how many updates were skipped because they overflowed (float16)
        """

    def validation(self, stage: str, step: int, losses: Mapping[str, float]) -> None:
        """The mean of each term over the held-out examples."""

    def warn(self, message: str) -> None:
        """Something that the user should know, and perhaps correct."""


class Log(TrainingLog, Protocol):
    """The log of a run: its stages, and what is done between them."""

    @property
    def folder(self) -> Path:
        """Where this process keeps its state: the run directory, or its own folder there."""

    def counted(self, what: str, done: int, total: int) -> None:
        """Progress of a preparation."""

    def say(self, message: str) -> None:
        """Something that may interest the user."""
