"""A function over many items, in several processes or in this one; the results come in order."""

import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from itertools import islice
from multiprocessing import get_context, parent_process
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

from regenkit.errors import UserError
from regenkit.signals import noted

Map = Callable[[Callable[[Any], Any], Iterable[Any], int], Iterator[Any]]
"""map(function, items, chunk): results in order; `chunk` items are sent together."""
AHEAD = 32
"""How many items wait for each process, so that memory does not grow with the corpus."""


@contextmanager
def pool(processes: int) -> Iterator[Map]:
    """A `Map` over spawned processes (TensorFlow does not survive a fork), or over this one alone."""
    if processes < 2:
        yield lambda function, items, chunk: map(function, items)
        return
    spawn = get_context("spawn")
    with (
        TemporaryDirectory() as shared,
        noted(signal.SIGINT) as asked,
        ProcessPoolExecutor(processes, spawn, initializer=_begin) as executor,
    ):

        def run(function: Callable[[Any], Any], items: Iterable[Any], chunk: int) -> Iterator[Any]:
            rest = iter(items)
            with NamedTemporaryFile(dir=shared, delete=False) as pickled:
                pickle.dump(function, pickled)
            waiting: deque[Future[list[Any]]] = deque()
            while batch := list(islice(rest, chunk)):
                waiting.append(executor.submit(_each, pickled.name, batch))
                if len(waiting) * chunk >= AHEAD * processes:
                    yield from waiting.popleft().result()
                if asked.is_set():
                    raise KeyboardInterrupt
            while waiting:
                yield from waiting.popleft().result()

        try:
            yield run
        except BrokenProcessPool as error:
            if asked.is_set():  # Ctrl-C ended the workers as well
                raise KeyboardInterrupt from None
            raise UserError(
                "a process that prepared data was ended from outside; was the memory full? A script that prepares data "
                "needs `if __name__ == '__main__':`, since other processes import it. What is done is kept: the same "
                "command goes on"
            ) from error
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise
    if asked.is_set():  # after the last result
        raise KeyboardInterrupt


def _begin() -> None:
    """In a worker: Ctrl-C ends it at once, without a traceback, and so does any end of its parent. Else it would wait
    for its next task for ever."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    def wait() -> None:
        if parent := parent_process():
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _each(pickled: str, batch: list[Any]) -> list[Any]:
    function = _function(pickled)
    return [function(item) for item in batch]


@cache
def _function(pickled: str) -> Callable[[Any], Any]:
    """Unpickled once in each process: a dataset has the names of all its files, which would else go with each task."""
    found: Callable[[Any], Any] = pickle.loads(Path(pickled).read_bytes())
    return found
