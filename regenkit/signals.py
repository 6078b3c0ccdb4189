"""Signals handled for a while: noted, to be followed at a safe point, or passed on."""

import _thread
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SOON = 0.02
"""Seconds."""


@contextmanager
def handled(handler: Callable[[int, object], None], *numbers: int) -> Iterator[None]:
    """Within, these signals go to `handler`. In a thread nothing changes, because Python sets none there."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def never_lost() -> None:
    """From now on a Ctrl-C that comes while Python drops an object is raised again: in a `__del__`, or in the callback
    of a weak reference, Python would only print it."""
    usual = sys.unraisablehook

    def hook(unraisable: Any) -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            again = threading.Timer(SOON, _thread.interrupt_main)  # not here, where it would be printed as well
            again.daemon = True
            again.start()
        else:
            usual(unraisable)

    sys.unraisablehook = hook


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Within, Ctrl-C waits for the end: where native code calls Python back, it would be lost."""
    with noted(signal.SIGINT) as asked:
        yield
    if asked.is_set():
        raise KeyboardInterrupt


@contextmanager
def noted(*numbers: int) -> Iterator[threading.Event]:
    """An event that these signals set. A KeyboardInterrupt could leave a step half done or a lock held."""
    asked = threading.Event()
    with handled(lambda *_: asked.set(), *numbers):
        yield asked
