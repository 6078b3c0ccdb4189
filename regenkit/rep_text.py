"""Y′ as YAML, a list a field, whatever its fields are. Tokens are written by their labels if these are no numbers."""

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import yaml

from regenkit import plain_yaml
from regenkit.errors import UserError
from regenkit.nearest import did_you_mean
from regenkit.spec import Field, Fields, Spec

PLACES = 4
"""Decimals of a continuous value; it is of order 1."""
MOST = 10_000_000
"""Numbers of a field: a few lines of aliases can name more than memory holds."""


def to_text(spec: Spec, rep: Fields, meta: Mapping[str, Any]) -> str:
    """A row of a grid is a line."""
    lines = [plain_yaml.dump({"meta": dict(meta)}, default_flow_style=None, width=100)]
    for name, field in spec.items():
        value = np.asarray(rep[name])
        value = value.astype(np.float64).round(PLACES) if field.vocabulary is None else value
        known = _labels(field)
        value = np.asarray(np.array([0, *known], object)[value], object) if known else value
        rows = [f"- {_line(row)}\n" for row in value.tolist()] if value.ndim > 1 else []
        lines += [f"{name}:\n", *rows] if rows else [f"{name}: {_line(value.tolist())}\n"]
    return "".join(lines)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _labels(field: Field) -> tuple[str, ...]:
    """What tokens are written as; nothing where a label could be taken for a token, or for another label."""
    plain = all(each.isprintable() and not re.match(r"\s*([-+]?\d|$)", each) for each in field.labels)
    return field.labels if plain and len(set(field.labels)) == len(field.labels) else ()


def from_text(spec: Spec, text: str) -> tuple[Fields, dict[str, Any]]:
    """(rep, meta) of what `to_text` wrote and a person edited. Raises UserError where it is not that."""
    try:
        read = plain_yaml.load(text)
        if not isinstance(read, dict) or not isinstance(meta := read.pop("meta", None) or {}, dict):
            raise ValueError("right is a map of the fields, with meta, a map as well")
        if unknown := [name for name in read if name not in spec]:
            raise ValueError(f"no field is named {unknown[0]!r}{did_you_mean(str(unknown[0]), spec)}")
        rep = {name: _numbers(name, value, spec[name]) for name, value in read.items()}
        spec.check(rep, "the file")
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UserError(f"not a Y′ of {', '.join(spec)}: {error}") from error
    return rep, meta


def _numbers(name: str, value: Any, field: Field) -> np.ndarray:
    if (count := _count(value, {})) > MOST:
        raise ValueError(f"{name} unfolds to {count:,} numbers; at most {MOST:,} are read")
    value = _plain(name, value, {label: token for token, label in enumerate(_labels(field), 1)}, field)
    try:
        with np.errstate(over="ignore"):  # infinite, and refused as that
            return np.array(value, np.int32 if field.vocabulary else np.float32)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ValueError(f"{name} holds what is no number, or rows of several lengths ({error})") from error


def _plain(name: str, value: Any, known: Mapping[str, int], field: Field) -> Any:
    """Labels in nested lists → tokens. Raises ValueError at what NumPy would take for another number than it is."""
    if isinstance(value, list):
        return [_plain(name, each, known, field) for each in value]
    if isinstance(value, str) and known:
        if value not in known:
            raise ValueError(f"{name}: there is no {value!r}{did_you_mean(value, known)}")
        return known[value]
    if isinstance(value, bool):
        raise ValueError(f"{name}: {str(value).lower()} is no number; where it is a word, put it in quotes")
    if isinstance(value, float) and field.vocabulary and not value.is_integer():
        raise ValueError(f"{name}: {value} is no token, which is a whole number")
    return value


def _count(value: Any, known: dict[int, int]) -> int:
    """Entries of nested lists; one that aliases name many times is looked at once."""
    if not isinstance(value, list):
        return 1
    if id(value) not in known:
        known[id(value)] = 0  # of one that holds itself
        known[id(value)] = sum(_count(each, known) for each in value)
    return known[id(value)]
