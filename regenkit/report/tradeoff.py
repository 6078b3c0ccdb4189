"""The trade-off of a comparison as an inline SVG: bits of X → Y′ against bits of Y′ → Y, a numbered mark a cell."""

import html
import math
from collections.abc import Sequence
from typing import Any

WIDTH, HEIGHT = 640, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 616, 20, 364


def tradeoff(report: dict[str, Any]) -> str:
    """An SVG element with a text alternative; colours and lines are the page's style."""
    points = [(cell["generator"]["bits"], cell["renderer"]["bits"]) for cell in report["cells"]]
    (x0, x1), (y0, y1) = _range([x for x, _ in points]), _range([y for _, y in points])

    def across(x: float) -> float:
        return LEFT + (x - x0) / (x1 - x0) * (RIGHT - LEFT)

    def down(y: float) -> float:
        return BOTTOM - (y - y0) / (y1 - y0) * (BOTTOM - TOP)

    def iso(total: float, kind: str, label: str, left: int = 4) -> str:
        """The line of equal x + y within the frame, if it crosses it."""
        begin, end = max(x0, total - y1), min(x1, total - y0)
        if begin >= end:
            return ""
        line = _line(across(begin), down(total - begin), across(end), down(total - end), kind)
        return line + _text(across(end) - left, down(total - end) - 5, label, "end")

    parts = [f'<rect x="{LEFT}" y="{TOP}" width="{RIGHT - LEFT}" height="{BOTTOM - TOP}" stroke-opacity=".5"/>']
    for x in ticks(x0, x1):
        parts.append(_line(across(x), BOTTOM, across(x), BOTTOM + 5) + _text(across(x), BOTTOM + 20, f"{x:g}"))
    for y in ticks(y0, y1):
        parts.append(_line(LEFT - 5, down(y), LEFT, down(y)) + _text(LEFT - 9, down(y) + 4, f"{y:g}", "end"))
    parts += [iso(total, "iso", f"{total:g}") for total in ticks(x0 + y0, x1 + y1)]
    for row in report["direct"]:
        total = row["bits"]["mean"]
        parts.append(iso(total, "direct", f"direct {total:.2f}", 30))
    for number, (x, y) in enumerate(points):
        column, row = across(x["mean"]), down(y["mean"])
        wide, high = across(x["mean"] + x.get("spread", 0)) - column, row - down(y["mean"] + y.get("spread", 0))
        kind = ' class="lowest"' if number == report["lowest"] else ""
        parts.append(
            f"<g{kind}><title>{html.escape(_said(report['cells'][number]))}</title>"
            f"{_line(column - wide, row, column + wide, row)}{_line(column, row - high, column, row + high)}"
            f'<circle cx="{column:.1f}" cy="{row:.1f}" r="10"/>{_text(column, row + 4.5, str(number + 1))}</g>'
        )
    middle = (TOP + BOTTOM) / 2
    parts.append(_text((LEFT + RIGHT) / 2, HEIGHT - 12, "bits a step of X → Y′"))
    parts.append(f'<g transform="rotate(-90 16 {middle})">{_text(16, middle, "bits a step of Y′ → Y")}</g>')
    described = "; ".join(f"{number}: {_said(cell)}" for number, cell in enumerate(report["cells"], 1))
    return (
        f'<div><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="tradeoff-title tradeoff-text">'
        f'<title id="tradeoff-title">Bits of X → Y′ against bits of Y′ → Y</title>'
        f'<desc id="tradeoff-text">{html.escape(described)}</desc>{"".join(parts)}</svg></div>'
    )


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from low to high: 1, 2 or 5 times a power of ten apart, at most eight."""
    rough = (high - low) / 7
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step)
    return [round(number * step, 10) for number in range(first, math.floor(high / step) + 1)]


def _range(values: Sequence[dict[str, Any]]) -> tuple[float, float]:
    low = min(value["mean"] - value.get("spread", 0) for value in values)
    high = max(value["mean"] + value.get("spread", 0) for value in values)
    margin = max(0.15 * (high - low), 0.02)
    return low - margin, high + margin


def _said(cell: dict[str, Any]) -> str:
    x, y = cell["generator"]["bits"]["mean"], cell["renderer"]["bits"]["mean"]
    return f"{cell['label']}: X → Y′ {x:.3f}, Y′ → Y {y:.3f}, total {cell['total']['mean']:.3f}"


def _line(x1: float, y1: float, x2: float, y2: float, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<line{named} x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'
