"""Networks that metrics judge by: each is trained the first time it is wanted, and kept in the cache."""

from collections.abc import Callable
from typing import Any

import numpy as np

from regenkit.cache import cache_dir, locked
from regenkit.files import beside

_known: dict[str, Any] = {}


def trained_once(name: str, build: Callable[[], Any], train: Callable[[Any], None]) -> Any:
    """The network of this `name`, which says all that its weights depend on: its file is "classifiers/{name}.npz"."""
    if name not in _known:  # all routes of a run have one training set
        model = build()
        path = cache_dir() / f"classifiers/{name}.npz"
        with locked(path.parent):
            if path.exists():
                with np.load(path) as kept:
                    model.set_weights([kept[each] for each in kept.files])
            else:
                train(model)
                with beside(path) as temporary, temporary.open("wb") as file:
                    np.savez(file, *model.get_weights())
        _known[name] = model
    return _known[name]
