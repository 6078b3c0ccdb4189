"""Whether figures differ: by their intervals over examples, and by the spread between training seeds."""

import math

from regenkit.analysis.results.figure import Figure


def differs(difference: Figure) -> bool:
    """Whether a difference is other than 0 by its interval, and larger than the spread between seeds."""
    low, high = difference.interval or (-math.inf, math.inf)
    return not low <= 0 <= high and abs(difference.mean) > (difference.spread or 0.0)


def reach(value: Figure) -> tuple[float, float]:
    """(low, high) between which the true value is taken to lie: the interval over examples or the spread between seeds,
    whichever is wider.

    Where there is no interval, twice the spread: of three seeds, a fifth of figures that are equal differ by more than
    once the spread. Without both, anything.
    """
    if value.interval is None:
        if value.spread is None:
            return -math.inf, math.inf
        return value.mean - 2 * value.spread, value.mean + 2 * value.spread
    spread = value.spread or 0.0
    return min(value.interval[0], value.mean - spread), max(value.interval[1], value.mean + spread)


def reach_of_size(value: Figure) -> tuple[float, float]:
    """The same of the absolute value."""
    low, high = reach(value)
    return 0.0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high))


def overlap(one: Figure, other: Figure) -> bool:
    return reach(one)[0] <= reach(other)[1] and reach(other)[0] <= reach(one)[1]
