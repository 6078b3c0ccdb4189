"""What runs in worker processes: they import the plugin and this file, and no TensorFlow."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, final

from regenkit.components import Example
from regenkit.errors import BadSource
from regenkit.spec import Fields

Map = Callable[[Callable, list], Iterator[Any]]


@final
@dataclass(frozen=True)
class Read:
    """source → its examples, or the reason why there are none."""

    dataset: Any

    def __call__(self, source: str) -> list[Example] | BadSource:
        try:
            return self.dataset.read(source)
        except BadSource as error:
            return error


@final
@dataclass(frozen=True)
class Convert:
    """y → y′."""

    converter: Any

    def __call__(self, y: Fields) -> Fields:
        return self.converter.convert(y)


@contextmanager
def pool(processes: int, tasks: int) -> Iterator[Map]:
    """A `map` over spawned processes (TensorFlow does not survive a fork); in this process where that is sooner."""
    if processes < 2 or tasks < 8:
        yield lambda function, items: map(function, items)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as executor:
        try:
            yield lambda function, items: executor.map(
                function, items, chunksize=max(1, min(64, len(items) // (processes * 32)))
            )
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise
