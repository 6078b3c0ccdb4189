"""Series of numbers by name, as text: a line for each name, with a number a frame."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from regenkit.errors import UserError
from regenkit.given import Given
from regenkit.nearest import did_you_mean
from regenkit.spec import Fields

TURNS = ("turn_right_axis", "turn_up_axis", "turn_depth_axis", "middle_right", "middle_up", "log_size")
"""What people call the six numbers of a pose."""
PLACES = 3
LARGEST = float(np.finfo(np.float32).max)
Names = Mapping[str, tuple[str, ...]]
"""By field, what its columns are called."""


def lines(rep: Fields, names: Names) -> Iterator[str]:
    """YAML of the fields that have names."""
    for field, columns in names.items():
        yield f"{field}:\n"
        values = rep[field].T.astype(np.float64).round(PLACES).tolist()
        yield from (f"  {name}: {json.dumps(row)}\n" for name, row in zip(columns, values, strict=True))


def columns(field: str, read: Any, names: tuple[str, ...]) -> np.ndarray:
    """float32 [frames, names] of a map from names to lists; what is left out is 0. Raises ValueError."""
    if not isinstance(read, dict) or not read:
        raise ValueError(f"{field} is no map from names to a number a frame")
    if unknown := [name for name in read if name not in names]:
        raise ValueError(f"{field}: nothing is named {unknown[0]!r}{did_you_mean(str(unknown[0]), names)}")
    rows = {}
    for name, row in read.items():
        if not isinstance(row, list) or not row:
            raise ValueError(f"{field}: {name} is no list of a number a frame")
        rows[name] = np.array([_number(each, f"{field}: {name}") for each in row], np.float32)
    lengths = {len(row) for row in rows.values()}
    if len(lengths) > 1:
        raise ValueError(f"{field}: rows of {' and '.join(map(str, sorted(lengths)))} frames; right is one length")
    nothing = np.zeros(lengths.pop(), np.float32)
    return np.stack([rows.get(name, nothing) for name in names], 1)


def _number(read: Any, where: str) -> float:
    """Of a number as YAML reads it; 1e-3 is text to it. Raises ValueError where it is none, or too large for Y′."""
    try:
        found = float(read) if isinstance(read, int | float | str) else None
    except (ValueError, OverflowError):
        found = None
    if found is None or not abs(found) <= LARGEST:
        shown = str(read) if len(str(read)) < 24 else f"{str(read)[:20]} …"
        raise ValueError(f"{where} has {shown}; right are numbers such as 0.5, one a frame")
    return found


def fixed(options: Mapping[str, str], names: tuple[str, ...]) -> Given:
    """NAME=VALUE: a coefficient that is the same in all frames. Raises UserError."""
    found = {}
    for name, value in options.items():
        if name not in names:
            raise UserError(f"--given {name}: no coefficient has that name{did_you_mean(name, names)}")
        try:
            found[name] = float(value)
        except ValueError as error:
            raise UserError(f"--given {name}={value}: right is a number, such as 0.5") from error
        if not abs(found[name]) <= LARGEST:
            raise UserError(f"--given {name}={value}: right is a finite number, such as 0.5")
    return Given(rest=found)


def laid_over(rep: Fields, given: Given, names: tuple[str, ...]) -> Fields:
    """Y′ with what is fixed."""
    coefficients = rep["coefficients"].copy()
    for name, value in given.rest.items():
        coefficients[:, names.index(name)] = value
    return {**rep, "coefficients": coefficients}
