"""Output on any stream: one that knows few characters, one that is closed, and JSON on one that others print to."""

import codecs
import io
import os
import sys
from contextlib import suppress
from typing import Any

from regenkit.files import json_text

ESCAPED = "regenkit.escaped"
"""Of `errors`: what a stream's encoding has no character for is written as JSON writes it, so that JSON stays JSON."""
_kept: list[int] = []
"""The standard output as it was, while it is kept for JSON."""


def open_to_all() -> None:
    """Standard output and error take every character; one that is closed takes all and keeps nothing."""
    codecs.register_error(ESCAPED, _escaped)
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - to the end of the process
            setattr(sys, name, nowhere)
            if not _is_open(number):  # else the next file that is opened would be it
                os.dup2(nowhere.fileno(), number)
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ESCAPED)


def for_json_alone(asked: bool = True) -> bool:
    """Keep standard output for `print_json`: whatever else is printed from now on, by plugins and by other processes
    that they start too, goes to standard error. Returns `asked`, and does nothing unless it is true."""
    if asked and not _kept:
        with suppress(io.UnsupportedOperation):  # in a program that has replaced it
            sys.stdout.flush()
            number = sys.stdout.fileno()
            _kept.append(os.dup(number))
            os.dup2(sys.stderr.fileno(), number)
    return asked


def print_json(data: Any) -> None:
    """`data` as JSON, or JSON that is made already, on standard output."""
    text = data if isinstance(data, str) else json_text(data)
    if not _kept:
        print(text)
        return
    sys.stdout.flush()
    with open(_kept.pop(), "w", encoding=sys.stdout.encoding, errors=ESCAPED) as out:
        print(text, file=out)


def close_stdout() -> None:
    """What could not be written is not tried again at the end of the process."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2)), error.end


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
