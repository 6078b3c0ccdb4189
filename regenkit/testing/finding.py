"""What a check found: on one screen, expected, got, where, and the remedy; and fields that are compared for it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, final

import numpy as np

LONGEST = 600
"""Characters of a value that a finding shows."""


@final
class Failed(AssertionError):
    """A check did not find what it expected."""

    def __init__(self, got: str, remedy: str, *, expected: str = "") -> None:
        super().__init__(got)
        self.got, self.remedy, self.expected = got, remedy, expected


@final
class Skipped(Exception):
    """A check that says nothing here, and why."""


@final
@dataclass(frozen=True, kw_only=True)
class Finding:
    """state  "ok", "failed" or "skipped"
    got    of a check that was skipped: why
    """

    component: str
    check: str
    state: Literal["ok", "failed", "skipped"]
    expected: str = ""
    got: str = ""
    where: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        if self.state != "failed":
            return f"{self.component}: {self.check}" + (f": {self.got}" if self.got else "")
        rows = {"expected": self.expected, "got": self.got, "where": self.where, "remedy": self.remedy}
        lines = [f"  {name:8} {_short(value)}" for name, value in rows.items() if value]
        return "\n".join([f"{self.component}: {self.check}", *lines])

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def _short(text: str) -> str:
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
    return shown.replace("\n", "\n           ")


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
    known = np.isfinite(one) & np.isfinite(other)
    apart = np.abs(one[known] - other[known])
    return f" (they differ by up to {apart.max():.2g})" if apart.any() else ""
