"""Errors that the user can correct, shown without a traceback, exit code 2; and what is read, but not whole."""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import final

LOG = logging.getLogger(__name__)


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


def warn(source: str | Path, remarks: Iterable[str]) -> None:
    """Log what of a user's own file or text could not be kept, each sentence once ("is clipped")."""
    for remark in dict.fromkeys(remarks):
        LOG.warning("%s: %s", source, remark)
