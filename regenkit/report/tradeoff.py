"""The trade-off of a comparison as an inline SVG: bits of X → Y′ against bits of Y′ → Y, a numbered mark a cell."""

import html
from typing import Any

from regenkit.report.svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, drawing, line, reach, text, ticks


def tradeoff(report: dict[str, Any]) -> str:
    """An SVG element with a text alternative; colours and lines are the page's style."""
    points = [(cell["generator"]["bits"], cell["renderer"]["bits"]) for cell in report["cells"]]
    (x0, x1), (y0, y1) = reach([x for x, _ in points]), reach([y for _, y in points])

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
    for row in report["direct"]:
        total = row["bits"]["mean"]
        parts.append(iso(total, "direct", f"direct {total:.2f}", 30))
    for number, (x, y) in enumerate(points):
        column, row = across(x["mean"]), down(y["mean"])
        wide, high = across(x["mean"] + x.get("spread", 0)) - column, row - down(y["mean"] + y.get("spread", 0))
        kind = ' class="lowest"' if number == report["lowest"] else ""
        parts.append(
            f"<g{kind}><title>{html.escape(_said(report['cells'][number]))}</title>"
            f"{line(column - wide, row, column + wide, row)}{line(column, row - high, column, row + high)}"
            f'<circle cx="{column:.1f}" cy="{row:.1f}" r="10"/>{text(column, row + 4.5, str(number + 1))}</g>'
        )
    middle = (TOP + BOTTOM) / 2
    parts.append(text((LEFT + RIGHT) / 2, HEIGHT - 12, "bits a step of X → Y′"))
    parts.append(f'<g transform="rotate(-90 16 {middle})">{text(16, middle, "bits a step of Y′ → Y")}</g>')
    described = "; ".join(f"{number}: {_said(cell)}" for number, cell in enumerate(report["cells"], 1))
    return drawing("tradeoff", "Bits of X → Y′ against bits of Y′ → Y", described, parts)


def _said(cell: dict[str, Any]) -> str:
    x, y = cell["generator"]["bits"]["mean"], cell["renderer"]["bits"]["mean"]
    return f"{cell['label']}: X → Y′ {x:.3f}, Y′ → Y {y:.3f}, total {cell['total']['mean']:.3f}"
