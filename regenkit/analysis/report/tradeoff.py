"""The trade-off of a comparison as an inline SVG, a numbered mark a cell: bits of X → Y′ against bits of Y′ → Y, or
what predicting Y′ loses of a score against what rendering does.
"""

import html
import math
from dataclasses import dataclass
from typing import Any, final

from regenkit.analysis.evaluation.scores import plain
from regenkit.analysis.report.svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, drawing, line, reach, text, ticks


@final
@dataclass(frozen=True, kw_only=True)
class Mark:
    number: int
    x: dict[str, Any]
    y: dict[str, Any]
    said: str
    best: bool


def tradeoff(report: dict[str, Any]) -> str:
    """An SVG element with a text alternative, of the cells that have bits; colours and lines are the page's style."""
    names = ("X → Y′", "Y′ → Y")
    marks = [
        _mark(number, cell["label"], names, cell["generator"]["bits"], cell["renderer"]["bits"], cell["total"],
              best=number - 1 == report["lowest"])
        for number, cell in enumerate(report["cells"], 1) if "total" in cell
    ]  # fmt: skip
    direct = [row["bits"]["mean"] for row in report["direct"] if "bits" in row]
    return _plane("tradeoff", "Bits of X → Y′ against bits of Y′ → Y", "bits a step of X → Y′", "bits a step of Y′ → Y",
                  marks, direct)  # fmt: skip


def losses(report: dict[str, Any]) -> str:
    """The same of losses (`comparison.scores`) by the first metric that is defined for all cells; empty without one."""
    for name in report["better"]:
        lost = [cell["scores"][name]["loss"] for cell in report["cells"]]
        if all(math.isfinite(each["whole"]["mean"]) for each in lost):
            break
    else:
        return ""
    least = min(each["whole"]["mean"] for each in lost)
    names = ("predicting", "rendering")
    marks = [
        _mark(number, cell["label"], names, *(each[step] for step in (*names, "whole")),
              best=each["whole"]["mean"] == least)
        for number, (cell, each) in enumerate(zip(report["cells"], lost, strict=True), 1)
    ]  # fmt: skip
    direct = {cell["direct"]: each["direct"]["mean"]
              for cell, each in zip(report["cells"], lost, strict=True) if "direct" in cell}  # fmt: skip
    score = plain(name)
    return _plane("losses", f"Loss of {score} by predicting Y′ against loss by rendering",
                  f"loss of {score} by predicting Y′", f"loss of {score} by rendering",
                  marks, [total for total in direct.values() if math.isfinite(total)])  # fmt: skip


def _plane(name: str, title: str, along: str, up: str, marks: list[Mark], direct: list[float]) -> str:
    """Marks where their x and y are, lines of equal x + y, and dashed ones of the direct route's total."""
    (x0, x1), (y0, y1) = reach([mark.x for mark in marks]), reach([mark.y for mark in marks])

    def across(x: float) -> float:
        return LEFT + (x - x0) / (x1 - x0) * (RIGHT - LEFT)

    def down(y: float) -> float:
        return BOTTOM - (y - y0) / (y1 - y0) * (BOTTOM - TOP)

    def iso(total: float, kind: str, label: str, left: int = 4) -> str:
        """The line of equal x + y within the frame, if it crosses it."""
        begin, end = max(x0, total - y1), min(x1, total - y0)
        if begin >= end:
            return ""
        drawn = line(across(begin), down(total - begin), across(end), down(total - end), kind)
        return drawn + text(across(end) - left, down(total - end) - 5, label, "end")

    parts = [f'<rect x="{LEFT}" y="{TOP}" width="{RIGHT - LEFT}" height="{BOTTOM - TOP}" stroke-opacity=".5"/>']
    for x in ticks(x0, x1):
        parts.append(line(across(x), BOTTOM, across(x), BOTTOM + 5) + text(across(x), BOTTOM + 20, f"{x:g}"))
    for y in ticks(y0, y1):
        parts.append(line(LEFT - 5, down(y), LEFT, down(y)) + text(LEFT - 9, down(y) + 4, f"{y:g}", "end"))
    parts += [iso(total, "iso", f"{total:g}") for total in ticks(x0 + y0, x1 + y1)]
    parts += [iso(total, "direct", f"direct {total:.2f}", 30) for total in direct]
    for mark in marks:
        column, row = across(mark.x["mean"]), down(mark.y["mean"])
        wide = across(mark.x["mean"] + mark.x.get("spread", 0)) - column
        high = row - down(mark.y["mean"] + mark.y.get("spread", 0))
        kind = ' class="lowest"' if mark.best else ""
        parts.append(
            f"<g{kind}><title>{html.escape(mark.said)}</title>"
            f"{line(column - wide, row, column + wide, row)}{line(column, row - high, column, row + high)}"
            f'<circle cx="{column:.1f}" cy="{row:.1f}" r="10"/>{text(column, row + 4.5, str(mark.number))}</g>'
        )
    middle = (TOP + BOTTOM) / 2
    parts.append(text((LEFT + RIGHT) / 2, HEIGHT - 12, along))
    parts.append(f'<g transform="rotate(-90 16 {middle})">{text(16, middle, up)}</g>')
    return drawing(name, title, "; ".join(f"{mark.number}: {mark.said}" for mark in marks), parts)


def _mark(
    number: int, label: str, names: tuple[str, str], x: dict[str, Any], y: dict[str, Any], total: dict[str, Any],
    *, best: bool,
) -> Mark:  # fmt: skip
    listed = ", ".join(f"{name} {value['mean']:.3f}" for name, value in zip(names, (x, y), strict=True))
    return Mark(number=number, x=x, y=y, said=f"{label}: {listed}, total {total['mean']:.3f}", best=best)
