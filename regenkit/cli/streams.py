"""Output on any stream: one with few characters, a closed one, and JSON on one that other code prints to."""

import codecs
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from regenkit.files import json_text

ESCAPED = "regenkit.escaped"
"""An `errors` handler: characters that the encoding lacks are written as JSON escapes, so that JSON stays JSON."""
_kept: list[int] = []
"""The original standard output, while it is reserved for JSON."""


def open_to_all() -> None:
    """Make standard output and error accept every character. A closed one accepts all and drops it."""
    codecs.register_error(ESCAPED, _escaped)
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - to the end of the process
            setattr(sys, name, nowhere)
            if not _is_open(number):  # else the next opened file would take its number
                os.dup2(nowhere.fileno(), number)
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ESCAPED)


def for_json_alone(asked: bool = True) -> bool:
    """Reserve standard output for `print_json`. All else that is printed from now on goes to standard error, also from
    plugins and the processes that they start. Returns `asked`, and does nothing unless it is true."""
    if asked and not _kept:
        with suppress(io.UnsupportedOperation):  # in a program that has replaced it
            sys.stdout.flush()
            number = sys.stdout.fileno()
            _kept.append(os.dup(number))
            os.dup2(sys.stderr.fileno(), number)
    return asked


def print_json(data: Any) -> None:
    """Print `data` as JSON, or a text that is JSON already, on standard output."""
    text = data if isinstance(data, str) else json_text(data)
    if not _kept:
        print(text)
        return
    sys.stdout.flush()
    with open(_kept.pop(), "w", encoding=sys.stdout.encoding, errors=ESCAPED) as out:
        print(text, file=out)


def print_columns(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of equally many cells as a table. One of rich takes as long as all else that a list does."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def close_stdout() -> None:
    """Do not try again at the end of the process to write what could not be written."""
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
