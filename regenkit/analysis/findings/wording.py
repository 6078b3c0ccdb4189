"""Figures and names in words, the same in sentences and tables."""

import math
from collections.abc import Iterable, Mapping, Sequence

from regenkit.analysis.results.figure import Figure

ROUTES = {
    "reference": "reference (people)",
    "oracle": "true Y′",
    "predicted": "predicted Y′",
    "direct": "direct",
    "direct_half": "direct, half",
    "constant": "constant Y′",
    "random": "random training",
    "unigram": "unigram",
    "mean": "mean of the same X",
}
"""Routes as tables name them, in their order."""


def plain(name: str) -> str:
    """ "music/stress_on_beat" → "stress on beat"."""
    return name.split("/")[-1].replace("_", " ")


def number(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


FINEST = 6


def digits(*values: float, least: int = 3) -> int:
    """So many that none of these values is written as 0 without being 0; FINEST at most."""
    small = [value for value in values if math.isfinite(value) and round(value, FINEST)]
    return next(each for each in range(least, FINEST + 1) if all(round(value, each) for value in small))


def against(one: float, other: float, words: str = "") -> str:
    """ "0.512 bits a note against 0.498": with so many digits that two that differ are not written alike."""
    shown = next((each for each in range(3, FINEST + 1) if number(one, each) != number(other, each)), 3)
    return f"{number(one, shown)}{words} against {number(other, shown)}"


def percent(share: float, digits: int = 0) -> str:
    return f"{number(round(100 * share, digits) + 0.0, digits)}\u00a0%"  # no −0


def plus_minus(figure: Figure) -> str:
    """mean ± the spread over runs, or ± half its interval."""
    if (half := figure.spread) is None and figure.interval:
        half = (figure.interval[1] - figure.interval[0]) / 2
    if half is None:
        return number(figure.mean)
    shown = digits(figure.mean) if abs(figure.mean) > half else 3  # what differs from 0 is not written as 0
    return f"{number(figure.mean, shown)} ± {half:.{shown}f}"


def with_spread(figure: Figure) -> str:
    """mean ± the spread between seeds, where there are several."""
    return number(figure.mean) + (f" ± {figure.spread:.3f}" if figure.spread is not None else "")


def with_interval(figure: Figure) -> str:
    """Three digits, so that an interval that all but holds 0 differs from one that does; the mean where it has none."""
    if figure.interval is None:
        return number(figure.mean)
    shown = _shown(figure)
    low, high = (number(each, shown) for each in figure.interval)
    return f"{number(figure.mean, shown)} [{low}, {high}]"


def _shown(difference: Figure) -> int:
    """Three digits; more where an interval does not hold 0, and three would say that it does."""
    low, high = difference.interval or (-math.inf, math.inf)
    return 3 if low <= 0 <= high else digits(difference.mean, low, high)


def signed_number(value: float, digits: int = 3) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


def signed(difference: Figure) -> str:
    """A difference with its sign and its interval, or the spread between seeds where it has none."""
    shown = _shown(difference)
    mean = signed_number(difference.mean, shown)
    if difference.interval:
        low, high = (signed_number(each, shown) for each in difference.interval)
        return f"{mean} [{low}, {high}]"
    return mean if difference.spread is None else f"{mean} ± {difference.spread:.3f}"


def signed_with_seeds(difference: Figure) -> str:
    """The same, with the spread between seeds beside an interval."""
    seeds = f", seeds ± {difference.spread:.3f}" if difference.interval and difference.spread is not None else ""
    return signed(difference) + seeds


def listed(values: Mapping[str, float], digits: int = 2) -> str:
    return ", ".join(f"{name} {number(value, digits)}" for name, value in values.items())


def joined(names: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def counted(amount: float, unit: str) -> str:
    """ "5403 notes", "1.5 seconds", "1 example"."""
    return f"{amount:.10g} {unit}{'s' if amount != 1 else ''}"


def milliseconds(value: float) -> str:
    """ "0.56 ms", "12 ms", "1,230 ms"."""
    return f"{value:,.0f} ms" if value >= 9.95 else f"{value:.2g} ms"


def margin(seeds: int) -> str:
    """What a difference has to exceed: of one seed no spread is known."""
    return "the spread" if seeds > 1 else "the interval"


def one(unit: str) -> str:
    """ "an example", "a window"."""
    return f"{'an' if unit[0] in 'aeiou' else 'a'} {unit}"


def without_infinite(examples: int, by: Sequence[str]) -> str:
    """What no mean of bits can hold is said: a model would look the better, the more examples it rules out.

    by   "3 by X → Y′" …
    """
    return (
        f"Of {counted(examples, 'example')} bits are infinite or undefined for {joined(by)}: the model holds "
        "impossible what is true. Figures of bits leave these examples out, so they are too good."
    )
