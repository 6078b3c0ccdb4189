"""The trade-off of a comparison as an inline SVG, a numbered mark a cell: bits of X → Y′ against bits of Y′ → Y, or
what predicting Y′ loses of a score against what rendering does.
"""

from dataclasses import dataclass
from typing import final

from regenkit.analysis.findings.wording import number, one, plain
from regenkit.analysis.pages.html import escape
from regenkit.analysis.pages.svg import RIGHT, TOP, Labels, Plane, axis_of, drawing, line, short, text, ticks
from regenkit.analysis.results.comparison import Comparison
from regenkit.analysis.results.figure import Figure, Loss

FEW = 4
"""Totals of direct routes outside of the plot that are written beside it."""


@final
@dataclass(frozen=True, kw_only=True)
class Mark:
    """One cell at (x, y); `described` is what it shows in words."""

    number: int
    x: Figure
    y: Figure
    described: str
    best: bool


def tradeoff(comparison: Comparison) -> str:
    """Of the cells that have finite bits; an SVG element with a text alternative. Colours and lines are the page's."""
    marks = [
        _mark(place + 1, cell.label, ("X → Y′", "Y′ → Y"), cell.generator.total.bits, cell.renderer.total.bits,
              cell.total, best=place == comparison.lowest)
        for place, cell in enumerate(comparison.cells)
        if cell.total and cell.total.defined and cell.generator and cell.renderer
    ]  # fmt: skip
    direct = [each.cost.total.bits.mean for each in comparison.direct
              if each.cost and each.cost.total.bits.defined]  # fmt: skip
    bits = f"bits {one(comparison.setup.unit)}"
    return _plot("tradeoff", "Bits of X → Y′ against bits of Y′ → Y", f"{bits} of X → Y′", f"{bits} of Y′ → Y",
                 marks, direct)  # fmt: skip


def losses(comparison: Comparison) -> str:
    """The same of losses by the first metric that is defined for all cells; empty without one."""
    for name in comparison.better:
        lost = [cell.scores[name].loss for cell in comparison.cells]
        known = [each for each in lost
                 if each and each.whole.defined and each.rendering.defined and each.predicting.defined]  # fmt: skip
        if len(known) == len(lost):
            return _of_metric(comparison, plain(name), known)
    return ""


def _of_metric(comparison: Comparison, metric: str, lost: list[Loss]) -> str:
    least = min(each.whole.mean for each in lost)
    marks = [
        _mark(place + 1, cell.label, ("predicting", "rendering"), each.predicting, each.rendering, each.whole,
              best=each.whole.mean == least)
        for place, (cell, each) in enumerate(zip(comparison.cells, lost, strict=True))
    ]  # fmt: skip
    direct = {cell.direct: each.direct.mean for cell, each in zip(comparison.cells, lost, strict=True)
              if each.direct and each.direct.defined}  # fmt: skip
    return _plot("losses", f"Loss of {metric} by predicting Y′ against loss by rendering",
                 f"loss of {metric} by predicting Y′", f"loss of {metric} by rendering",
                 marks, list(direct.values()))  # fmt: skip


def _plot(name: str, title: str, along: str, up: str, marks: list[Mark], direct: list[float]) -> str:
    """Marks where their x and y are, lines of equal x + y, and dashed ones of the direct route's total."""
    plane = Plane(axis_of([mark.x for mark in marks]), axis_of([mark.y for mark in marks]))
    parts = [plane.frame(along, up), *(plane.tick_below(x, short(x)) for x in ticks(*plane.x))]
    labels = Labels()  # the direct routes' first: where there is no room for all, they are the ones to be read
    lines = {
        total: _equal(plane, total, "direct", f"direct {number(total, 2)}", labels, 30) for total in sorted(direct)
    }
    parts += lines.values()
    if outside := [number(total, 2) for total, drawn in lines.items() if not drawn]:
        more = " …" if len(outside) > FEW else ""
        parts.append(text(RIGHT, TOP - 6, f"outside of this: direct {', '.join(outside[:FEW])}{more}", "end"))
    for total in ticks(plane.x[0] + plane.y[0], plane.x[1] + plane.y[1]):
        parts.append(_equal(plane, total, "iso", short(total), labels))
    parts += [_drawn(plane, mark) for mark in marks]
    return drawing(name, title, "; ".join(f"{mark.number}: {mark.described}" for mark in marks), parts)


def _equal(plane: Plane, total: float, kind: str, label: str, labels: Labels, left: int = 4) -> str:
    """The line of equal x + y within the frame, if it crosses it; with its label, if there is room."""
    begin, end = max(plane.x[0], total - plane.y[1]), min(plane.x[1], total - plane.y[0])
    if begin >= end:
        return ""
    drawn = line(plane.across(begin), plane.down(total - begin), plane.across(end), plane.down(total - end), kind)
    return drawn + labels.placed(plane.across(end) - left, plane.down(total - end) - 5, label)


def _drawn(plane: Plane, mark: Mark) -> str:
    column, row = plane.across(mark.x.mean), plane.down(mark.y.mean)
    wide = plane.across(mark.x.mean + (mark.x.spread or 0)) - column
    high = row - plane.down(mark.y.mean + (mark.y.spread or 0))
    kind = ' class="lowest"' if mark.best else ""
    return (
        f"<g{kind}><title>{escape(mark.described)}</title>"
        f"{line(column - wide, row, column + wide, row)}{line(column, row - high, column, row + high)}"
        f'<circle cx="{column:.1f}" cy="{row:.1f}" r="10"/>{text(column, row + 4.5, str(mark.number))}</g>'
    )


def _mark(
    place: int, label: str, names: tuple[str, str], x: Figure, y: Figure, total: Figure, *, best: bool
) -> Mark:  # fmt: skip
    each = ", ".join(f"{name} {number(value.mean)}" for name, value in zip(names, (x, y), strict=True))
    return Mark(number=place, x=x, y=y, described=f"{label}: {each}, total {number(total.mean)}", best=best)
