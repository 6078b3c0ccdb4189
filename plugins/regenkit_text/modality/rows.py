"""Rows of a table (.csv, .tsv) or of JSON lines (.jsonl), each a map of names to values; what cannot be read is named.

A table has a head. Cells in quotes may hold newlines, as RFC 4180 has it. A byte-order mark is taken off before
(`text_encoding`), and lines may end as they do on any system.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, final

from regenkit.errors import UserError

SUFFIXES = (".csv", ".tsv", ".jsonl")
DELIMITERS = {".csv": ",", ".tsv": "\t"}


@final
@dataclass(frozen=True, kw_only=True)
class Row:
    """line  of the file, where it begins, from 1 on
    values   by name, without those that are empty; {} where there is a `fault`
    fault    why it cannot be used; "" where it can
    """

    line: int
    values: dict[str, Any]
    fault: str = ""


@final
class DuplicateKeyError(ValueError):
    """A key stands twice in one map."""


def rows(text: str, suffix: str, where: str) -> Iterator[Row]:
    """Raises UserError, naming `where`, where the head of a table is missing, or has a name twice."""
    return _objects(text) if suffix == ".jsonl" else _cells(text, DELIMITERS[suffix], where)


def _cells(text: str, delimiter: str, where: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    head: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if not head:
                raise UserError(f"{where}:{line}: its first line names no columns ({error})") from error
            yield Row(line=line, values={}, fault=_said(error))
            continue
        if not any(map(str.strip, cells)):
            continue
        if not head:
            head = [cell.strip() for cell in cells]
            if twice := [name for name, count in Counter(head).items() if count > 1]:
                raise UserError(f"{where}:{line}: the column {twice[0]!r} stands twice; name each once")
        elif len(cells) > len(head):
            yield Row(
                line=line, values={}, fault="has more cells than the head: put text with commas or tabs in quotes"
            )
        else:
            found = {name: cell for name, cell in zip(head, cells, strict=False) if cell.strip() and name}
            yield Row(line=line, values=found)


def _said(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return "has a quote that is never closed: the rest of the file is within it"
    if "limit" in str(error):
        return f"has a cell longer than {csv.field_size_limit():,} characters"
    return f"has quotes that are not CSV's ({error}): write a quote within quotes twice"


def _objects(text: str) -> Iterator[Row]:
    for line, written in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if not written.strip():
            continue
        try:
            found = json.loads(written, object_pairs_hook=once)
        except DuplicateKeyError as error:
            yield Row(line=line, values={}, fault=str(error))
        except (ValueError, RecursionError):
            yield Row(line=line, values={}, fault="is no JSON")
        else:
            ok = isinstance(found, dict)
            kept = {str(name): value for name, value in found.items() if value not in (None, "")} if ok else {}
            yield Row(line=line, values=kept, fault="" if ok else "is no JSON object")


def once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The map of some pairs. Raises DuplicateKeyError where a key stands twice: JSON keeps the last."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise DuplicateKeyError(f"has the key {key!r} twice: write its values as a list")
        found[key] = value
    return found
