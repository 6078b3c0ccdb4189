"""A plugin's code while it runs: what it prints goes to standard error, and its own KeyboardInterrupt is not taken for
a user's Ctrl-C."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from threading import Event
from typing import Any

from regenkit.redirect import redirected
from regenkit.signals import handled


@contextmanager
def plugin_code() -> Iterator[Event]:
    """Within, a plugin's code runs. The event says whether the user pressed Ctrl-C: a KeyboardInterrupt without it is
    the plugin's own."""
    with redirected(sys.stdout, sys.stderr), redirect_stdout(sys.stderr), _interrupt_noted() as asked:
        yield asked


@contextmanager
def _interrupt_noted() -> Iterator[Event]:
    """An event that Ctrl-C sets, beside what it does anyway."""
    asked = Event()
    before = signal.getsignal(signal.SIGINT)
    if not callable(before):  # ignored, or the end of the process
        yield asked
        return

    def handler(number: int, frame: Any) -> None:
        asked.set()
        before(number, frame)

    with handled(handler, signal.SIGINT):
        yield asked
