"""The totals of a comparison along one setting that is a number, as an inline SVG: a learning curve, where that is
`dataset.paired_fraction`."""

import math
from typing import Any

from regenkit.analysis.comparison.verdict import along
from regenkit.analysis.report.svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, drawing, line, reach, text, ticks

APART = 38
"""Pixels between two values that are written out."""


def curve(report: dict[str, Any]) -> str:
    """An SVG element with a text alternative; colours and lines are the page's style. Empty where the values are no
    numbers of one setting, or a cell has no total. The axis is logarithmic where all of them are positive."""
    axis = along(report)
    if axis is None or any("total" not in cell for cell in report["cells"]):
        return ""
    key, values = axis
    cells = [cell for _, cell in sorted(zip(values, report["cells"], strict=True), key=lambda each: each[0])]
    series = {"by way of Y′": [cell["total"] for cell in cells]}
    if report["direct"] and all("bits" in row for row in report["direct"]):
        series["direct"] = [report["direct"][cell["direct"]]["bits"] for cell in cells]
    scale = math.log if min(values) > 0 else float
    places = [scale(value) for value in sorted(values)]
    y0, y1 = reach([value for each in series.values() for value in each])
    margin = 0.08 * ((places[-1] - places[0]) or 1.0)
    x0, x1 = places[0] - margin, places[-1] + margin

    def across(x: float) -> float:
        return LEFT + (x - x0) / (x1 - x0) * (RIGHT - LEFT)

    def down(y: float) -> float:
        return BOTTOM - (y - y0) / (y1 - y0) * (BOTTOM - TOP)

    parts = [f'<rect x="{LEFT}" y="{TOP}" width="{RIGHT - LEFT}" height="{BOTTOM - TOP}" stroke-opacity=".5"/>']
    for y in ticks(y0, y1):
        parts.append(line(LEFT - 5, down(y), LEFT, down(y)) + text(LEFT - 9, down(y) + 4, f"{y:g}", "end"))
    written = -math.inf
    for place, value in zip(map(across, places), sorted(values), strict=True):
        parts.append(line(place, BOTTOM, place, BOTTOM + 5))
        if place - written >= APART:
            parts.append(text(place, BOTTOM + 20, f"{value:g}"))
            written = place
    for name, figures in series.items():
        kind = "direct" if name == "direct" else "series"
        points = [(across(x), down(figure["mean"])) for x, figure in zip(places, figures, strict=True)]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<g class="{kind}"><title>{name}</title><polyline class="{kind}" points="{joined}"/>')
        for (x, y), figure in zip(points, figures, strict=True):
            high = y - down(figure["mean"] + figure.get("spread", 0))
            parts.append(line(x, y - high, x, y + high, "spread") + f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
        right = RIGHT if name == "direct" or len(series) == 1 else RIGHT - 140  # above the frame, where no curve is
        parts.append(f'<polyline class="{kind}" points="{right - 90},{TOP - 10} {right - 60},{TOP - 10}"/>')
        parts.append(text(right - 54, TOP - 6, name, "start") + "</g>")
    middle, scaled = (TOP + BOTTOM) / 2, " (logarithmic)" if scale is math.log else ""
    parts.append(text((LEFT + RIGHT) / 2, HEIGHT - 12, f"{key}{scaled}"))
    parts.append(f'<g transform="rotate(-90 16 {middle})">{text(16, middle, "bits a step of Y")}</g>')
    described = "; ".join(
        f"{cell['label']}: " + ", ".join(f"{name} {figures[number]['mean']:.3f}" for name, figures in series.items())
        for number, cell in enumerate(cells)
    )
    return drawing("curve", f"Bits a step of Y against {key}", described, parts)
