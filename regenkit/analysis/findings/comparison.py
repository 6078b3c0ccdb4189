"""The finding of a comparison, computed from its figures alone, so that it can be checked on made-up ones."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from regenkit.analysis.findings.principle import LITTLE, MUCH, broken_by, is_end, is_known, unknown
from regenkit.analysis.findings.samples import by_samples
from regenkit.analysis.findings.significance import differs, outcome, overlap
from regenkit.analysis.findings.wording import (
    joined,
    margin,
    number,
    one,
    percent,
    signed,
    signed_with_seeds,
    without_infinite,
)
from regenkit.analysis.grid.labels import RECIPE
from regenkit.analysis.results.comparison import Cell, Comparison
from regenkit.analysis.results.figure import Figure, StageCost

WITHIN = "Within {margin}, so neither better nor worse as far as we know"
HIGHER = "Higher, beyond {margin}"
LOWER = "Lower on the examples that both hold possible, but ranked behind by those that one holds impossible"
UNDEFINED = "Not compared, as there is no example of which all its bits are finite"


def worded(comparison: Comparison) -> Comparison:
    """The same with its finding and its limits."""
    return replace(comparison, finding=tuple(finding(comparison)), limits=tuple(limits(comparison)))


def finding(comparison: Comparison) -> list[str]:
    """By bits, where there are some: which cell is lowest and by how much, how it compares with the direct route, where
    its lead is largest, which fields of Y′ break the second principle. By scores: see `samples`."""
    return [*_lowest(comparison), *_against_direct(comparison), *_lead(comparison), *_principle(comparison),
            *by_samples(comparison)]  # fmt: skip


def varied_number(comparison: Comparison) -> tuple[str, list[float]] | None:
    """(what was varied, its value in each cell), where that is one setting and its values are numbers."""
    settings = [cell.settings for cell in comparison.cells]
    if any(len(each) != 1 for each in settings):
        return None
    try:
        values = [float(value) for each in settings for value in each.values()]
    except ValueError:
        return None
    key = next(iter(settings[0]))
    return (key, values) if key != RECIPE and all(map(math.isfinite, values)) else None


def _lowest(comparison: Comparison) -> Iterator[str]:
    if comparison.lowest is None:
        return
    first = comparison.cells[comparison.lowest]
    total, generator, renderer = first.total, first.generator, first.renderer
    assert total and generator and renderer
    unit = one(comparison.setup.unit)
    parts = f"{number(generator.total.bits.mean)} for X → Y′, {number(renderer.total.bits.mean)} for Y′ → Y"
    others = [(cell, cell.total.mean, cell.minus_lowest) for cell in comparison.cells
              if cell is not first and cell.total and cell.minus_lowest]  # fmt: skip
    if not others:
        yield f"{first.label} alone has bits of its whole route: {number(total.mean)} {unit} ({parts})."
        return
    yield f"{first.label} is lowest: {number(total.mean)} bits {unit} ({parts})."
    others.sort(key=lambda each: (math.isnan(each[1]), each[1]))
    for verdict in (WITHIN, HIGHER, LOWER, UNDEFINED):
        cells = [f"{cell.label} {signed_with_seeds(minus)}" if minus.defined else cell.label
                 for cell, _, minus in others if _beside_lowest(minus) == verdict]  # fmt: skip
        if cells:
            yield f"{verdict.format(margin=margin(len(first.runs)))}: {'; '.join(cells)}."


def _beside_lowest(minus: Figure) -> str:
    """What a cell's difference from the lowest shows. A cell may cost less and not be the lowest: that is first the one
    which holds the fewest examples impossible."""
    if not minus.defined:
        return UNDEFINED
    if not differs(minus):
        return WITHIN
    return HIGHER if minus.mean > 0 else LOWER


def _against_direct(comparison: Comparison) -> Iterator[str]:
    if comparison.lowest is None:
        return
    cell = comparison.cells[comparison.lowest]
    if cell.minus_direct is None or cell.direct is None or not (cost := comparison.direct[cell.direct].cost):
        return
    if not cell.minus_direct.defined:
        return
    shown = {
        "less": "and the detour by Y′ saves",
        "more": "and the detour by Y′ costs more",
        "open": "and whether the detour by Y′ saves is open",
        "torn": "and whether the detour by Y′ saves is open, as what is lower where both have finite bits holds more "
                "examples impossible",
    }[_beside_direct(comparison, cell, cell.minus_direct)]  # fmt: skip
    yield (
        f"The direct route X → Y costs {number(cost.total.bits.mean)} bits {one(comparison.setup.unit)}, {shown}: "
        f"{cell.label} {signed_with_seeds(cell.minus_direct)}."
    )


def _beside_direct(comparison: Comparison, cell: Cell, minus: Figure) -> str:
    """What a cell's difference from its direct route shows of the cell."""
    cost = None if cell.direct is None else comparison.direct[cell.direct].cost
    impossible = sum(stage.infinite for stage in (cell.generator, cell.renderer) if stage)
    return outcome(minus, (impossible, cost.infinite if cost else 0))


def _lead(comparison: Comparison) -> Iterator[str]:
    """Along a setting that is a number: where regeneration compares best with the direct route."""
    axis = varied_number(comparison)
    if axis is None:
        return
    found: list[tuple[float, Cell, Figure]] = [
        (value, cell, cell.minus_direct) for value, cell in zip(axis[1], comparison.cells, strict=True)
        if cell.minus_direct and cell.minus_direct.defined
    ]  # fmt: skip
    if len(found) < len(comparison.cells):
        return
    found.sort(key=lambda each: each[0])
    leads = [each for each in found if _beside_direct(comparison, *each[1:]) == "less"]
    cells = "; ".join(f"{cell.label} {signed_with_seeds(minus)}" for _, cell, minus in found)
    if not leads:
        name = axis[0].rpartition(".")[2]
        beyond = margin(len(found[0][1].runs))
        yield f"At no {name} does regeneration beat the direct route beyond {beyond}; regeneration − direct: {cells}."
        return
    _, best, most = min(leads, key=lambda each: each[2].mean)
    near = [cell.label for _, cell, minus in found if cell is not best and overlap(minus, most)]
    unsure = f" (at {joined(near)} it may be as large)" if near else ""
    yield f"Regeneration leads the direct route most at {best.label}{unsure}; regeneration − direct: {cells}."


def _principle(comparison: Comparison) -> Iterator[str]:
    cells = [(cell, cell.generator) for cell in comparison.cells
             if cell.generator and (saved := cell.generator.total.saved) and saved.defined]  # fmt: skip
    broken = [(name, cell, generator) for cell, generator in cells for name in unknown(generator)]
    if cells and not broken and all(is_known(cost) for _, generator in cells for cost in generator.fields.values()):
        some = f" of {'; '.join(cell.label for cell, _ in cells)}" if len(cells) < len(comparison.cells) else ""
        yield (
            f"No field of Y′{some} breaks the second principle: X saves at least {percent(LITTLE)} of the bits of each "
            f"that costs {percent(MUCH)} of X → Y′ or more."
        )
    for name in dict.fromkeys(name for name, _, _ in broken):
        within = [(cell, generator) for other, cell, generator in broken if other == name]
        cell, generator = max(within, key=lambda each: each[1].fields[name].bits.mean)
        also = "; ".join(each.label for each, _ in within if each is not cell)
        where = f"in {cell.label}{f' (also in {also})' if also else ''} "
        yield broken_by(name, generator, in_y=name in cell.shared, where=where)
    tried: set[frozenset[str]] = set()
    for cell, generator in cells:
        left = _fields(generator) - frozenset(unknown(generator))
        if unknown(generator) and left not in tried:
            tried.add(left)
            yield _leaner(cell, generator, left, cells, comparison.setup.unit)


def _fields(generator: StageCost) -> frozenset[str]:
    """Those that could be left out."""
    return frozenset(name for name in generator.fields if not is_end(name))


def _leaner(
    cell: Cell, generator: StageCost, left: frozenset[str], cells: list[tuple[Cell, StageCost]], unit: str
) -> str:
    """What becomes of a cell without the fields that break the principle: the cell that has just the others, if any."""
    if not left:
        return f"X knows little of any field of {cell.label}: try a Y′ of something else, not a leaner one."
    without = f"{cell.label} without {', '.join(unknown(generator))}"
    same = [(other, other.total) for other, each in cells if _fields(each) == left and other.total]
    if same and cell.total:
        leaner, total = min(same, key=lambda each: (not each[1].defined, each[1].mean))
        change = _apart(total, cell.total)
        more = f"{signed(change)} bits {one(unit)} in all" if change.defined else "without finite bits"
        return f"The leaner Y′ of {without} is {leaner.label}, {more}."
    return f"A leaner Y′ to try: {without}, which leaves {', '.join(sorted(left))}."


def _apart(one: Figure, other: Figure) -> Figure:
    """The difference of two means, and its spread where both have the same seeds."""
    apart = np.subtract(one.seeds, other.seeds) if len(one.seeds) == len(other.seeds) > 1 else ()
    change = one.mean - other.mean
    return Figure(change, spread=float(np.std(apart, ddof=1)) if len(apart) and math.isfinite(change) else None)


def limits(comparison: Comparison) -> Iterator[str]:
    """What the figures do not show."""
    cells = comparison.cells
    if comparison.setup.split == "validation":
        yield (
            "Comparing is tuning, so this is the validation split, on which the best weights were chosen as well: its "
            "figures flatter. For the cell you choose, `regenkit evaluate` measures the test split."
        )
    else:
        yield "This is the test split: a cell chosen by it is no longer measured by it."
    if len(cells[0].runs) < 3:
        known = "hardly known" if len(cells[0].runs) > 1 else "unknown"
        yield f"With fewer than three training seeds the spread between seeds is {known}; --seeds 3 shows it."
    if len({cell.given for cell in cells}) > 1:
        each = "; ".join(f"{cell.label}: {', '.join(cell.given) or 'nothing'}" for cell in cells)
        yield f"The cells are given different things ({each}), which cost nothing: they do not compare."
    if continuous := [cell.label for cell in cells if cell.density]:
        yield (
            f"Y′ is continuous in {'; '.join(continuous)}: what X → Y′ costs there is a density and no number of bits, "
            "so scores of samples alone compare."
        )
    if without := [cell.label for cell in cells if cell.total is None and not cell.density]:
        yield (
            f"A stage of {'; '.join(without)} has no likelihood, so there are no bits of the whole route: scores of "
            "samples alone compare."
        )
    if infinite := list(_infinite(comparison)):
        yield without_infinite(comparison.examples, infinite)
    if comparison.better and len(cells[0].runs) < 2:
        yield "A score of all samples together has no interval: by one training seed it shows no difference."
    if comparison.left_out:
        others = f"{comparison.left_out} {'does' if comparison.left_out == 1 else 'do'} not"
        what = "example" if comparison.examples == 1 else f"{comparison.examples} examples"
        verb = "counts" if comparison.examples == 1 else "count"
        yield f"Only the {what} that all cells hold out {verb}; {others}."
    if any(cell.generator for cell in cells) or any(direct.cost for direct in comparison.direct):
        yield (
            "What X saves is measured by hiding it from the same model, and not stated of a model that never learned "
            "without it (`condition_dropout: 0.1` teaches it that)."
        )


def _infinite(comparison: Comparison) -> Iterator[str]:
    for cell in comparison.cells:
        for way, cost in {"X → Y′": cell.generator, "Y′ → Y": cell.renderer}.items():
            if cost and cost.infinite:
                yield f"{cost.infinite} by {way} of {cell.label}"
    for direct in comparison.direct:
        if direct.cost and direct.cost.infinite:
            yield f"{direct.cost.infinite} by a direct route"
