"""Y′ as YAML, a list a field, whatever its fields are."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import yaml

from regenkit.errors import UserError
from regenkit.spec import Fields, Spec

PLACES = 4
"""Decimals of a continuous value; it is of order 1."""


def to_text(spec: Spec, rep: Fields, meta: Mapping[str, Any]) -> str:
    """A row of a grid is a line."""
    lines = [yaml.safe_dump({"meta": dict(meta)}, allow_unicode=True, default_flow_style=None, width=100)]
    for name, field in spec.items():
        value = np.asarray(rep[name])
        value = value.astype(np.float64).round(PLACES) if field.vocabulary is None else value
        rows = [f"- {json.dumps(row)}\n" for row in value.tolist()] if value.ndim > 1 else []
        lines += [f"{name}:\n", *rows] if rows else [f"{name}: {json.dumps(value.tolist())}\n"]
    return "".join(lines)


def from_text(spec: Spec, text: str) -> tuple[Fields, dict[str, Any]]:
    """(rep, meta) of what `to_text` wrote and a person edited. Raises UserError where it is not that."""
    try:
        read = dict(yaml.safe_load(text))
        meta = dict(read.pop("meta", None) or {})
        kinds = {name: np.int32 if field.vocabulary else np.float32 for name, field in spec.items()}
        rep = {name: np.array(value, kinds[name]) for name, value in read.items() if name in kinds}
        spec.check({**read, **rep}, "it")
    except (yaml.YAMLError, ArithmeticError, RecursionError, TypeError, ValueError) as error:
        raise UserError(f"not a Y′ of {', '.join(spec)}: {error}") from error
    return rep, meta
