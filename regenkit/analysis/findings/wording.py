"""Figures and names in words, the same in sentences and tables."""

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


def percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f}\u00a0%"


def plus_minus(figure: Figure) -> str:
    """mean ± the spread over runs, or ± half its interval."""
    if figure.spread is not None:
        return f"{number(figure.mean)} ± {figure.spread:.3f}"
    if figure.interval:
        return f"{number(figure.mean)} ± {(figure.interval[1] - figure.interval[0]) / 2:.3f}"
    return number(figure.mean)


def with_spread(figure: Figure) -> str:
    """mean ± the spread between seeds, where there are several."""
    return number(figure.mean) + (f" ± {figure.spread:.3f}" if figure.spread is not None else "")


def with_interval(figure: Figure) -> str:
    """Three digits, so that an interval that all but holds 0 differs from one that does; the mean where it has none."""
    if figure.interval is None:
        return number(figure.mean)
    low, high = figure.interval
    return f"{number(figure.mean)} [{number(low)}, {number(high)}]"


def signed_number(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def signed(difference: Figure) -> str:
    """A difference with its sign and its interval, or the spread between seeds where it has none."""
    mean = signed_number(difference.mean)
    if difference.interval:
        low, high = difference.interval
        return f"{mean} [{signed_number(low)}, {signed_number(high)}]"
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
    """ "5403 notes", "1.5 seconds"."""
    return f"{amount:.10g} {unit}{'s' if amount != 1 else ''}"


def one(unit: str) -> str:
    """ "an example", "a window"."""
    return f"{'an' if unit[0] in 'aeiou' else 'a'} {unit}"


def without_infinite(examples: int, by: Sequence[str]) -> str:
    """What no mean of bits can hold is said: a model would look the better, the more examples it rules out.

    by   "3 by X → Y′" …
    """
    return (
        f"Of {examples} examples bits are infinite or undefined for {joined(by)}: the model holds impossible what is "
        "true. Figures of bits leave these examples out, so they are too good."
    )
