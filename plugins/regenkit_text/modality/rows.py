"""Rows of a table (.csv, .tsv) or of JSON lines (.jsonl), each a map of names to values; what cannot be read is named.

A table has a head; how its cells are told apart, `cells` says. A byte-order mark is taken off before
(`text_encoding`), and lines may end as they do on any system.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, final

from regenkit.data.json_keys import DuplicateKeyError, once
from regenkit.errors import UserError
from regenkit_text.modality.cells import Record, parted_by_commas, parted_by_tabs

SUFFIXES = (".csv", ".tsv", ".jsonl")


@final
@dataclass(frozen=True, kw_only=True)
class Row:
    """line  of the file, where it begins, from 1 on
    values   by name, without those that are empty; {} where there is a `fault`. A number is text, as it is written
    fault    why it cannot be used; "" where it can
    """

    line: int
    values: dict[str, Any]
    fault: str = ""


def rows(text: str, suffix: str, where: str) -> Iterator[Row]:
    """Raises UserError, naming `where`, where the head of a table is missing, or has a name twice."""
    if suffix == ".jsonl":
        return _objects(text)
    return _named(parted_by_tabs(text) if suffix == ".tsv" else parted_by_commas(text), where)


def _named(records: Iterable[Record], where: str) -> Iterator[Row]:
    """The cells by the names of the head. A column without a name is none."""
    head: list[str] = []
    for record in records:
        line, cells = record.line, record.cells
        if record.fault and not head:
            raise UserError(f"{where}:{line}: its first line names no columns: it {record.fault}")
        if record.fault:
            yield Row(line=line, values={}, fault=record.fault)
        elif not any(map(str.strip, cells)):
            continue
        elif not head:
            head = [cell.strip() for cell in cells]
            if twice := [name for name, count in Counter(filter(None, head)).items() if count > 1]:
                raise UserError(f"{where}:{line}: the column {twice[0]!r} stands twice; name each once")
        elif len(cells) > len(head):
            yield Row(
                line=line, values={}, fault="has more cells than the head: put text with commas or tabs in quotes"
            )
        elif nameless := [cell for name, cell in zip(head, cells, strict=False) if cell.strip() and not name]:
            yield Row(line=line, values={}, fault=f"has {nameless[0][:40]!r} in a column without a name")
        else:
            yield Row(line=line, values={name: cell for name, cell in zip(head, cells, strict=False) if cell.strip()})


def _objects(text: str) -> Iterator[Row]:
    for line, written in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if not written.strip():
            continue
        try:
            found = json.loads(written, object_pairs_hook=once, parse_float=str, parse_int=str, parse_constant=_absent)
        except DuplicateKeyError as error:
            yield Row(line=line, values={}, fault=str(error))
        except (ValueError, RecursionError):
            yield Row(line=line, values={}, fault="is no JSON")
        else:
            ok = isinstance(found, dict)
            kept = {str(name): value for name, value in found.items() if value not in (None, "")} if ok else {}
            yield Row(line=line, values=kept, fault="" if ok else "is no JSON object")


def _absent(constant: str) -> None:
    """What Python writes for a cell without a value: NaN. JSON has no such word, and none for what is infinite."""
    if constant != "NaN":
        raise ValueError(constant)
