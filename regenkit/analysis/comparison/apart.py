"""Whether figures of a comparison can be told apart: by intervals over examples, and the spread between seeds."""

import math
from typing import Any


def tied(difference: dict[str, Any]) -> bool:
    """A difference that its interval over examples, or the spread between seeds, does not set apart from nothing."""
    within = difference["low"] <= 0 <= difference["high"]
    return bool(within or abs(difference["mean"]) <= difference.get("spread", 0.0))


def reach(value: dict[str, Any]) -> tuple[float, float]:
    """From where to where it may be: its interval over examples, or the spread between seeds, whichever is wider; twice
    the spread where there is no interval, because of three seeds a fifth differ by more than one that do not differ.
    Anything, where neither is known."""
    if "low" not in value and "spread" not in value:
        return -math.inf, math.inf
    mean, spread = value["mean"], value.get("spread", 0.0)
    if "low" not in value:
        return mean - 2 * spread, mean + 2 * spread
    return min(value["low"], mean - spread), max(value["high"], mean + spread)


def size(value: dict[str, Any]) -> tuple[float, float]:
    """The same of its absolute value."""
    low, high = reach(value)
    return 0.0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high))


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return reach(one)[0] <= reach(other)[1] and reach(other)[0] <= reach(one)[1]


def signed(difference: dict[str, Any]) -> str:
    """A difference with what it may be."""
    spread = f", seeds ± {difference['spread']:.3f}" if "spread" in difference else ""
    return f"{difference['mean']:+.3f} [{difference['low']:+.3f}, {difference['high']:+.3f}]{spread}"
