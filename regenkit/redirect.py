"""Standard streams redirected by their descriptors: what C libraries and started processes write goes there too."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def redirected(stream: Any, to: Any) -> Iterator[None]:
    """Within, what is written to the descriptor of `stream` goes to that of `to`. A stream without a descriptor (it is
    closed, or a program has replaced it) stays as it is."""
    try:
        number, other = stream.fileno(), to.fileno()
        stream.flush()
        kept = os.dup(number)
    except (OSError, ValueError, AttributeError):  # io.UnsupportedOperation is both of the first two
        yield
        return
    os.dup2(other, number)
    try:
        yield
    finally:
        stream.flush()
        os.dup2(kept, number)
        os.close(kept)
