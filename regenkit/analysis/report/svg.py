"""What the plots of a comparison have in common: their frame, lines, words and round numbers."""

import html
import math
from collections.abc import Sequence
from typing import Any

WIDTH, HEIGHT = 640, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 616, 20, 364


def drawing(name: str, title: str, described: str, parts: Sequence[str]) -> str:
    """The element of a plot, which scrolls where it is wider than the page; `described` says it all in words."""
    return (
        f'<div class=scroll tabindex=0><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{name}-title {name}-text">'
        f'<title id="{name}-title">{html.escape(title)}</title><desc id="{name}-text">{html.escape(described)}</desc>'
        f"{''.join(parts)}</svg></div>"
    )


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from low to high: 1, 2 or 5 times a power of ten apart, at most eight."""
    rough = (high - low) / 7
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step)
    return [round(number * step, 10) for number in range(first, math.floor(high / step) + 1)]


def reach(values: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """From where to where an axis goes that shows these figures with their spread."""
    low = min(value["mean"] - value.get("spread", 0) for value in values)
    high = max(value["mean"] + value.get("spread", 0) for value in values)
    margin = max(0.15 * (high - low), 0.02)
    return low - margin, high + margin


def line(x1: float, y1: float, x2: float, y2: float, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<line{named} x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'
