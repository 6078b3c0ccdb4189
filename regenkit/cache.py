"""Where prepared data is kept, and held for one process at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regenkit.errors import UserError


def cache_dir() -> Path:
    """$REGENKIT_CACHE, or ~/.cache/regenkit."""
    return Path(os.environ.get("REGENKIT_CACHE") or Path.home() / ".cache" / "regenkit")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` for one process; a folder that can't be written is the user's to mend."""
    from filelock import FileLock

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        lock.acquire()
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be written ({error.strerror}); set REGENKIT_CACHE to a folder that can"
        ) from error
    try:
        yield
    finally:
        lock.release()
