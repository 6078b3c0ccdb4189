"""The totals of a comparison along one setting that is a number, as an inline SVG: a learning curve, where that is
`dataset.paired_fraction`."""

import math

from regenkit.analysis.findings.comparison import varied_number
from regenkit.analysis.findings.wording import number, one
from regenkit.analysis.pages.svg import RIGHT, TOP, Plane, axis_of, drawing, line, short, text
from regenkit.analysis.results.comparison import Comparison
from regenkit.analysis.results.figure import Figure

CLOSEST = 38
"""Pixels between two values that are written out."""


def curve(comparison: Comparison) -> str:
    """An SVG element with a text alternative; colours and lines are the page's style. Empty where the values are no
    numbers of one setting, or a cell has no finite total. The axis is logarithmic where all of them are positive."""
    axis = varied_number(comparison)
    if axis is None:
        return ""
    key, values = axis
    cells = [cell for _, cell in sorted(zip(values, comparison.cells, strict=True), key=lambda each: each[0])]
    totals = [cell.total for cell in cells if cell.total and cell.total.defined]
    if len(totals) < len(cells):
        return ""
    series = {"by way of Y′": totals}
    costs = [comparison.direct[cell.direct].cost for cell in cells if cell.direct is not None]
    if direct := [cost.total.bits for cost in costs if cost and cost.total.bits.defined]:
        series |= {"direct": direct} if len(direct) == len(cells) else {}
    scale = math.log if min(values) > 0 else float
    places = [scale(value) for value in sorted(values)]
    margin = 0.08 * ((places[-1] - places[0]) or 1.0)
    shown = [figure for figures in series.values() for figure in figures]
    plane = Plane((places[0] - margin, places[-1] + margin), axis_of(shown))
    unit = one(comparison.setup.unit)
    parts = [plane.frame(f"{key}{' (logarithmic)' if scale is math.log else ''}", f"bits {unit} of Y")]
    written = -math.inf
    for place, value in zip(places, sorted(values), strict=True):
        room = plane.across(place) - written >= CLOSEST
        parts.append(plane.tick_below(place, short(value) if room else ""))
        written = plane.across(place) if room else written
    for name, figures in series.items():
        right = RIGHT if name == "direct" or len(series) == 1 else RIGHT - 140
        parts.append(_series(plane, name, places, figures, right))
    described = "; ".join(
        f"{cell.label}: " + ", ".join(f"{name} {number(line[place].mean)}" for name, line in series.items())
        for place, cell in enumerate(cells)
    )
    return drawing("curve", f"Bits {unit} of Y against {key}", described, parts)


def _series(plane: Plane, name: str, places: list[float], figures: list[Figure], right: int) -> str:
    """A line through its points with their spread; its key stands above the frame, where no curve is, up to `right`."""
    kind = "direct" if name == "direct" else "series"
    points = [(plane.across(x), plane.down(figure.mean)) for x, figure in zip(places, figures, strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts = [f'<g class="{kind}"><title>{name}</title><polyline class="{kind}" points="{path}"/>']
    for (x, y), figure in zip(points, figures, strict=True):
        high = y - plane.down(figure.mean + (figure.spread or 0))
        parts.append(line(x, y - high, x, y + high, "spread") + f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
    parts.append(f'<polyline class="{kind}" points="{right - 90},{TOP - 10} {right - 60},{TOP - 10}"/>')
    parts.append(text(right - 54, TOP - 6, name, "start") + "</g>")
    return "".join(parts)
