"""What the plots of a comparison have in common: a plane with axes, its lines, words and round numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from regenkit.analysis.pages.html import escape
from regenkit.analysis.results.figure import Figure

WIDTH, HEIGHT = 640, 420
LEFT, RIGHT, TOP, BOTTOM = 76, 616, 20, 364
CHARACTER, LINE = 7.5, 14
"""Pixels that a character is wide, and a line of text high."""


@final
@dataclass(frozen=True)
class Plane:
    """From values to pixels: `x` and `y` are the (lowest, highest) values of the axes."""

    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, x: float) -> float:
        return LEFT + (x - self.x[0]) / (self.x[1] - self.x[0]) * (RIGHT - LEFT)

    def down(self, y: float) -> float:
        return BOTTOM - (y - self.y[0]) / (self.y[1] - self.y[0]) * (BOTTOM - TOP)

    def frame(self, along: str, up: str) -> str:
        """The rectangle, what the axes are called, and the ticks of the vertical one."""
        middle = (TOP + BOTTOM) / 2
        parts = [f'<rect x="{LEFT}" y="{TOP}" width="{RIGHT - LEFT}" height="{BOTTOM - TOP}" stroke-opacity=".5"/>']
        for y in ticks(*self.y):
            parts.append(
                line(LEFT - 5, self.down(y), LEFT, self.down(y)) + text(LEFT - 9, self.down(y) + 4, short(y), "end")
            )
        parts.append(text((LEFT + RIGHT) / 2, HEIGHT - 12, along))
        parts.append(f'<g transform="rotate(-90 16 {middle})">{text(16, middle, up)}</g>')
        return "".join(parts)

    def tick_below(self, x: float, label: str) -> str:
        written = text(self.across(x), BOTTOM + 20, label) if label else ""
        return line(self.across(x), BOTTOM, self.across(x), BOTTOM + 5) + written


@final
class Labels:
    """Words in a plot, of which none is written over another."""

    def __init__(self) -> None:
        self._taken: list[tuple[float, float, float]] = []

    def placed(self, right: float, y: float, label: str) -> str:
        """The label up to `right`; nothing where another one is, or the frame ends."""
        left = right - CHARACTER * len(label)
        taken = any(left < end and begin < right and abs(y - row) < LINE for begin, end, row in self._taken)
        if taken or left < LEFT:
            return ""
        self._taken.append((left, right, y))
        return text(right, y, label, "end")


def drawing(name: str, title: str, described: str, parts: Sequence[str]) -> str:
    """The element of a plot, which scrolls where it is wider than the page; `described` says it all in words."""
    return (
        f'<div class=scroll tabindex=0><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{name}-title {name}-text">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-text">{escape(described)}</desc>'
        f"{''.join(parts)}</svg></div>"
    )


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from low to high: 1, 2 or 5 times a power of ten apart, at most eight."""
    rough = (high - low) / 7
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step)
    return [round(number * step, 10) for number in range(first, math.floor(high / step) + 1)]


def short(value: float) -> str:
    """0.05, 3, −0.01"""
    return f"{value:g}".replace("-", "−")


def axis_of(values: Sequence[Figure]) -> tuple[float, float]:
    """From where to where an axis goes that shows these figures with their spread."""
    low = min(value.mean - (value.spread or 0) for value in values)
    high = max(value.mean + (value.spread or 0) for value in values)
    margin = max(0.15 * (high - low), 0.02)
    return low - margin, high + margin


def line(x1: float, y1: float, x2: float, y2: float, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<line{named} x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
