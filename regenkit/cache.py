"""Where prepared data is kept, and held for one process at a time."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from regenkit.errors import UserError
from regenkit.files import beside


def cache_dir() -> Path:
    """$REGENKIT_CACHE, or ~/.cache/regenkit."""
    return Path(os.environ.get("REGENKIT_CACHE") or Path.home() / ".cache" / "regenkit")


def trained_once(model: Any, name: str, train: Callable[[], None]) -> None:
    """Give a Keras model the weights that are kept by this name, or train it, and keep them: of a network that metrics
    judge by. `name` must say all that its training depends on."""
    import numpy as np  # here, since a list of plugins needs the cache and no arrays

    path = cache_dir() / f"{name}.npz"
    with locked(path.parent):
        if path.exists():
            with np.load(path) as kept:
                model.set_weights([kept[each] for each in kept.files])
        else:
            train()
            with beside(path) as temporary, temporary.open("wb") as file:
                np.savez(file, *model.get_weights())


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` for one process; a folder that can't be written is the user's to mend."""
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
