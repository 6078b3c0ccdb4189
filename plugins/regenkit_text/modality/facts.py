"""Facts: a set of pairs of a key and a value. A key may have several values, as tags do. The order means nothing."""

import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from regenkit.data.json_keys import DuplicateKeyError, once
from regenkit.errors import UserError
from regenkit_text.modality.rows import SUFFIXES, rows
from regenkit_text.modality.words import plain, unfit

Facts = tuple[tuple[str, str], ...]
"""Pairs of key and value, sorted, each once."""


def facts(of: Mapping[str, Any]) -> Facts:
    """Of a map of keys to a value each, or to a list of values. Raises UserError: what is no text, number or list."""
    found = set()
    for key, value in of.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, bool) or not isinstance(each, str | int | float):
                kind = "a map" if isinstance(each, dict) else "a list in a list" if isinstance(each, list) else each
                raise UserError(f"the value of {key!r} is {kind}; right is text, a number, or a list of these")
            name, said = plain(str(key)), plain(str(each))
            if fault := unfit(str(key)) or unfit(str(each)):
                raise UserError(f"{fault} belongs in no text: {key!r}")
            if name and said:
                found.add((name, said))
    if not found:
        raise UserError("no facts: write at least one, as {name: value}")
    return tuple(sorted(found))


def grouped(of: Facts) -> dict[str, str | list[str]]:
    """By key its value, or the list of its values: what `facts` reads."""
    found: dict[str, list[str]] = {}
    for key, value in of:
        found.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}


def from_yaml(text: str) -> list[Facts]:
    """The facts of a map, or of each map of a list. JSON is YAML too. Raises UserError."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise UserError(f"is no YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise UserError("has lists within lists too deep to read") from error
    try:
        read = _plain(node, set()) if node is not None else {}
    except DuplicateKeyError as error:
        raise UserError(str(error)) from error
    maps = read if isinstance(read, list) else [read]
    if any(not isinstance(each, dict) for each in maps):
        raise UserError("is no map of keys to values, as {name: bash, section: shells}")
    return [facts(each) for each in maps]


def _plain(node: yaml.Node, seen: set[int]) -> Any:
    """Maps, lists and text as it is written: nothing is built by a tag, and 007 stays 007."""
    if id(node) in seen:
        raise UserError("has an alias (*name), which is not read: write the value out")
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        return once((_key(key), _plain(value, seen)) for key, value in node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each, seen) for each in node.value]
    return str(node.value)


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise UserError("has a map or a list for a key")
    return str(node.value)


def to_yaml(of: Iterable[Facts]) -> str:
    """What `from_yaml` reads."""
    return yaml.safe_dump([grouped(each) for each in of], allow_unicode=True, width=100, sort_keys=True)


def from_rows(text: str, suffix: str, where: str) -> list[Facts]:
    """Of each row of a table, or each line of JSON lines. Raises UserError, with the line."""
    found = []
    for row in rows(text, suffix, where):
        if row.fault:
            raise UserError(f"{where}:{row.line}: {row.fault}")
        try:
            found.append(facts(row.values))
        except UserError as error:
            raise UserError(f"{where}:{row.line}: {error}") from error
    return found


def to_rows(of: Facts, suffix: str) -> str:
    """One row of a table with its head, or a line of JSON. Raises UserError where a table has no room for two values
    of a key."""
    import csv

    values = grouped(of)
    if suffix == ".jsonl":
        return json.dumps(values, ensure_ascii=False) + "\n"
    if several := [key for key, value in values.items() if isinstance(value, list)]:
        raise UserError(f"{several[0]!r} has several values, for which a table has no room: write .jsonl or .yaml")
    out = io.StringIO()
    csv.writer(out, delimiter="\t" if suffix == ".tsv" else ",", lineterminator="\n").writerows(
        [values, values.values()]
    )
    return out.getvalue()


__all__ = ["SUFFIXES", "Facts", "facts", "from_rows", "from_yaml", "grouped", "to_rows", "to_yaml"]
