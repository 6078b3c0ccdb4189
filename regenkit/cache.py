"""Where prepared data is kept, and held for one process at a time."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regenkit.errors import UserError

LOG = logging.getLogger(__name__)
SOON = 2.0
"""Seconds after which somebody who waits is told so."""


def cache_dir() -> Path:
    """$REGENKIT_CACHE, or ~/.cache/regenkit."""
    return Path(os.environ.get("REGENKIT_CACHE") or Path.home() / ".cache" / "regenkit")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` for one process; a folder that can't be written is the user's to mend."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        try:
            lock.acquire(timeout=SOON)
        except Timeout:
            LOG.warning("%s: another process is at work there; this one waits for it", folder)
            lock.acquire()
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be written ({error.strerror}); set REGENKIT_CACHE to a folder that can"
        ) from error
    try:
        yield
    finally:
        lock.release()
