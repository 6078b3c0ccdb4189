"""Y′ as tables that a person edits, and back: for every converter whose text is a YAML map, as most are.

A template becomes a table of its notes beside one of its key and metre; a grid of codes becomes that grid; coefficients
become a row for each frame. What no table can show is edited as text.
"""

from dataclasses import dataclass
from typing import Any, final

import yaml

from regenkit import plain_yaml
from regenkit.errors import UserError

VALUES = "values"
"""The name of the table of single values."""
COLUMNS = ("name", "value")


@final
class _Dumper(yaml.SafeDumper):
    """Writes what is not there as nothing, as people do."""


_Dumper.add_representer(type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", ""))


@final
@dataclass(frozen=True)
class Table:
    """One list of a Y′ as rows; `columns` are the keys where the list is of maps, else numbers from 1."""

    name: str
    columns: tuple[str, ...]
    rows: list[list[Any]]


def tables(text: str) -> list[Table]:
    """The tables of a Y′, that of its single values first; none where the text is no YAML map."""
    try:
        data = plain_yaml.load(text)
    except (yaml.YAMLError, ValueError):
        return []
    if not isinstance(data, dict):
        return []
    single = [[key, _shown(value)] for key, value in data.items() if not isinstance(value, list)]
    first = [Table(VALUES, COLUMNS, single)] if single else []
    return first + [_listed(key, value) for key, value in data.items() if isinstance(value, list)]


def text_of(text: str, edited: list[Table]) -> str:
    """The text with the values of its tables, as edited. What was text stays text, also "no" and "4". Raises UserError
    where anything else is not plain YAML."""
    data: dict[str, Any] = plain_yaml.load(text)
    for table, was in zip(edited, tables(text), strict=True):
        if (was.name, was.columns) == (VALUES, COLUMNS):
            for key, value in table.rows:
                data[str(key)] = _read(str(key), value, isinstance(data.get(str(key)), str))
            continue
        values = data[was.name]
        rows = [row for row in table.rows if any(str(cell).strip() for cell in row)]  # an editor may append empty ones
        if values and isinstance(values[0], dict):
            words = {column for each in values for column, value in each.items() if isinstance(value, str)}
            data[was.name] = [_mapped(was.columns, row, words) for row in rows]
        elif values and isinstance(values[0], list):
            cells = [cell for row in values if isinstance(row, list) for cell in row]
            data[was.name] = [_cells(was.name, row, cells) for row in rows]
        else:
            data[was.name] = [cell for row in rows for cell in _cells(was.name, row, values)]
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=None, width=1000)


def _listed(name: str, values: list[Any]) -> Table:
    if values and all(isinstance(each, dict) for each in values):
        columns = tuple(dict.fromkeys(str(key) for each in values for key in each))
        return Table(name, columns, [[_shown(each.get(column, "")) for column in columns] for each in values])
    rows = [each if isinstance(each, list) else [each] for each in values]
    if all(not isinstance(each, list) for each in values):
        rows = [list(values)] if values else []
    width = max(map(len, rows), default=1)
    return Table(
        name, tuple(str(place) for place in range(1, width + 1)), [[_shown(cell) for cell in row] for row in rows]
    )


def _shown(value: Any) -> Any:
    if isinstance(value, dict | list):
        return yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True).strip()
    return "" if value is None else value


def _mapped(columns: tuple[str, ...], row: list[Any], words: set[str]) -> dict[str, Any]:
    pairs = zip(columns, row, strict=True)
    return {column: _read(column, cell, column in words) for column, cell in pairs if str(cell).strip()}


def _cells(name: str, row: list[Any], like: list[Any]) -> list[Any]:
    words, absent = any(isinstance(each, str) for each in like), 0 in like
    filled = [cell for cell in row if str(cell).strip()]
    return [0 if absent and str(cell) == "0" else _read(name, cell, words) for cell in filled]


def _read(name: str, cell: Any, word: bool) -> Any:
    """The value of a cell: text where it was text, else what YAML makes of it."""
    if word or not isinstance(cell, str):
        return str(cell) if word else cell
    try:
        return plain_yaml.load(cell)
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{name}: {cell!r} is no value; write a number or a word") from error
