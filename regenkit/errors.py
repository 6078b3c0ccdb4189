"""Errors that the user can correct: shown without a traceback, exit code 2."""

from pathlib import Path
from typing import final


@final
class UserError(Exception):
    """Where, what, and what would be right, in one message."""


@final
class Interrupted(KeyboardInterrupt):
    """A signal asked the training to stop; its state has been saved."""


@final
class BadSource(Exception):
    """One source of a dataset that can't be read: it is skipped, named and counted."""

    def __init__(self, source: str | Path, reason: str) -> None:
        super().__init__(str(source), reason)
        self.source, self.reason = str(source), reason

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"
