"""A plugin's module being imported, kept apart: what it prints goes to standard error, and its own sys.exit or
KeyboardInterrupt is told from a user's Ctrl-C."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from threading import Event

from regenkit.signals import told_apart


@contextmanager
def plugin_code() -> Iterator[Event]:
    """Within, a plugin's code runs. The event says whether the user pressed Ctrl-C."""
    with ExitStack() as stack:
        stack.enter_context(_printing_to_stderr())
        stack.enter_context(redirect_stdout(sys.stderr))
        yield stack.enter_context(told_apart())


@contextmanager
def _printing_to_stderr() -> Iterator[None]:
    """The same for C libraries and for processes that the code starts: they write to the descriptor."""
    try:
        number, errors = sys.stdout.fileno(), sys.stderr.fileno()
        sys.stdout.flush()
        kept = os.dup(number)
    except (OSError, ValueError, AttributeError, io.UnsupportedOperation):  # closed, or a program has replaced it
        yield
        return
    os.dup2(errors, number)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, number)
        os.close(kept)
