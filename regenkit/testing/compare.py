"""Fields and losses compared."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from regenkit.testing.finding import Failed


def same(
    expected: Mapping[str, Any], got: Mapping[str, Any], what: str, remedy: str = "", *, close: float = 0.0
) -> None:
    """Raises Failed unless names and arrays are the same; numbers may differ by `close`, relative and absolute."""
    if set(expected) != set(got):
        raise Failed(f"{what} the fields {sorted(got)}, not {sorted(expected)}", remedy or "give the same ones")
    for name, value in expected.items():
        one, other = np.asarray(value), np.asarray(got[name])
        if one.shape != other.shape:
            raise Failed(f"{what} {name} of shape {other.shape}, not {one.shape}", remedy or "give the same shape")
        exact = one.dtype.kind not in "fc" or not close
        equal = np.array_equal(one, other, equal_nan=one.dtype.kind in "fc") if exact else \
            np.allclose(one, other, rtol=close, atol=close, equal_nan=True)  # fmt: skip
        if not equal:
            raise Failed(f"{what} {name} = {_some(other)}, not {_some(one)}{_apart(one, other)}",
                         remedy or "let it depend on nothing but its arguments")  # fmt: skip


def _some(value: np.ndarray) -> str:
    return np.array2string(value, threshold=12, edgeitems=3, precision=5).replace("\n", " ")


def _apart(one: np.ndarray, other: np.ndarray) -> str:
    if one.dtype.kind not in "fc":
        return f" ({int((one != other).sum())} of {one.size} entries differ)"
    return f" (they differ by up to {np.nanmax(np.abs(one - other)):.2g})"
