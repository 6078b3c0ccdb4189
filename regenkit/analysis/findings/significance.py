"""Whether figures differ: by their intervals over examples, and by the spread between training seeds."""

import math
from dataclasses import replace
from typing import Literal

import numpy as np

from regenkit.analysis.results.figure import Figure


def differs(difference: Figure) -> bool:
    """Whether a difference is other than 0 by its interval, and larger than the spread between seeds."""
    low, high = difference.interval or (-math.inf, math.inf)
    return not low <= 0 <= high and abs(difference.mean) > (difference.spread or 0.0)


def outcome(difference: Figure, impossible: tuple[int, int] = (0, 0)) -> Literal["less", "more", "open", "torn"]:
    """What the difference of two costs, one − other, shows of the first.

    impossible   how many examples each holds impossible, which the difference leaves out. Where the lower one holds
                 more so, nothing is decided ("torn")
    """
    if not differs(difference):
        return "open"
    less = difference.mean < 0
    one, other = impossible
    if (one > other) if less else (other > one):
        return "torn"
    return "less" if less else "more"


def exceeds(one: Figure, other: Figure) -> bool:
    """Whether one is greater, as far as is known of both: what they reach does not meet. Where neither has an interval,
    their differences seed by seed count, by twice their spread."""
    if one.interval is None and other.interval is None and len(one.seeds) == len(other.seeds) > 1:
        apart = np.subtract(one.seeds, other.seeds)
        return bool(apart.mean() > 2 * apart.std(ddof=1))
    return reach(one)[0] > reach(other)[1]


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


def of_size(value: Figure) -> Figure:
    """Turned round where its mean is negative."""
    if not value.mean < 0:
        return value
    low, high = value.interval or (None, None)
    return replace(value, mean=-value.mean, low=None if high is None else -high, high=None if low is None else -low,
                   seeds=tuple(-each for each in value.seeds))  # fmt: skip


def reach_of_size(value: Figure) -> tuple[float, float]:
    """The same of the absolute value."""
    low, high = reach(value)
    return 0.0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high))


def overlap(one: Figure, other: Figure) -> bool:
    return reach(one)[0] <= reach(other)[1] and reach(other)[0] <= reach(one)[1]
