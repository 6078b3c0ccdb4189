"""X, Y′ and Y of one example, as a person reads them beside each other."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from regenkit.adapter import Decodes
from regenkit.pipeline import Pipeline
from regenkit.spec import Field, Fields, Spec

NONE = "(none)"
"""Stands for X where an example has none."""
SHOWN = 12
"""Entries of a field that are shown of an X which cannot be decoded."""


def x_line(pipeline: Pipeline, x: Fields | None, meta: Mapping[str, Any]) -> str:
    """X in a line: as its modality describes it, or its fields, where it cannot be decoded (or is X′)."""
    if not x:
        return NONE
    if isinstance(pipeline.x, Decodes) and not pipeline.source:
        return pipeline.x.describe(pipeline.x.decode(x, dict(meta)))
    return fields_line(pipeline.specs["x"], x)


def y_line(pipeline: Pipeline, y: Fields, meta: Mapping[str, Any]) -> str:
    """Y in a line, as its modality describes it."""
    return pipeline.y.describe(pipeline.y.decode(y, dict(meta)))


def fields_line(spec: Spec, fields: Mapping[str, np.ndarray]) -> str:
    """`word: the moon is … (9); stress: 1 2 1`: the first entries of each field, labels for tokens that have them."""
    return "; ".join(f"{name}: {_entries(field, np.asarray(fields[name]))}" for name, field in spec.items())


def _entries(field: Field, value: np.ndarray) -> str:
    flat = value.reshape(-1)
    words = [_entry(field, each) for each in flat[:SHOWN]]
    return " ".join(words) + (f" … ({flat.size})" if flat.size > SHOWN else "")


def _entry(field: Field, value: Any) -> str:
    if field.vocabulary is None:
        return f"{float(value):.3g}"
    token = int(value)
    return "–" if not token else field.labels[token - 1] if field.labels else str(token)
