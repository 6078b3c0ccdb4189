"""The tables of a comparison."""

from collections.abc import Iterator

from regenkit.analysis.findings.principle import is_sure, unknown
from regenkit.analysis.findings.wording import plain, signed, signed_with_seeds, with_spread
from regenkit.analysis.results import comparison as results
from regenkit.analysis.results.comparison import Comparison
from regenkit.analysis.results.figure import Cost, Score, StageCost
from regenkit.analysis.tables.table import EMPTY, Cell, Table, figure, value, words

ROUTES = {"reference": "reference", "oracle": "true Y′", "predicted": "predicted Y′", "direct": "direct"}


def main_table(comparison: Comparison) -> Table:
    """A row a cell, then one a direct route. What no row has is left out; scores are of predicted Y′."""
    metrics = metric_titles(comparison)
    titles = ["", "cell", "X → Y′", "Y′ → Y", "total", "− lowest", "− direct", "X saves", *metrics, "M parameters",
              "seconds"]  # fmt: skip
    rows: list[dict[str, Cell]] = []
    for place, cell in enumerate(comparison.cells):
        minus_lowest = EMPTY if place == comparison.lowest else figure(cell.minus_lowest, signed)
        rows.append({
            "": Cell(str(place + 1), place + 1), "cell": words(cell.label),
            "X → Y′": _bits(cell.generator), "Y′ → Y": _bits(cell.renderer), "total": figure(cell.total, with_spread),
            "− lowest": minus_lowest, "− direct": figure(cell.minus_direct, signed), "X saves": _saves(cell.generator),
            **_scores(comparison, cell, "predicted"), **_cost(cell),
        })  # fmt: skip
    for place, direct in enumerate(comparison.direct):
        cell = next(cell for cell in comparison.cells if cell.direct == place)
        rows.append({
            "": Cell("", None), "cell": words(f"direct X → Y{_of(comparison, place)}"),
            "total": _bits(direct.cost), "X saves": _saves(direct.cost),
            **_scores(comparison, cell, "direct"), **_cost(direct),
        })  # fmt: skip
    table = Table(titles=titles, rows=[[row.get(title, EMPTY) for title in titles] for row in rows],
                  best=comparison.lowest)  # fmt: skip
    return table.without_empty()


def _of(comparison: Comparison, direct: int) -> str:
    """ " of 1, 3": the cells that have this direct route; nothing where all have one."""
    if len(comparison.direct) < 2:
        return ""
    return f" of {', '.join(str(number) for number, cell in enumerate(comparison.cells, 1) if cell.direct == direct)}"


def metric_titles(comparison: Comparison) -> list[str]:
    """What the metrics are called: in brackets what is better."""
    return [_title(name, side) for name, side in comparison.better.items()]


def scores_table(comparison: Comparison) -> Table:
    """A row a metric and cell: means over seeds ± their spread, of the gap with its interval over examples."""
    routes = [route for route in ROUTES if route != "direct" or comparison.direct]
    rows = [
        [words(_title(name, side)), words(cell.label),
         *(figure(cell.scores[name].routes.get(route), with_spread) for route in routes), _gap(cell.scores[name])]
        for name, side in comparison.better.items() for cell in comparison.cells
    ]  # fmt: skip
    return Table(titles=["score", "cell", *(ROUTES[route] for route in routes), "gap"], rows=rows)


def fields_table(comparison: Comparison) -> Table:
    """Bits of every field of every stage."""

    def rows() -> Iterator[list[Cell]]:
        for cell in comparison.cells:
            broken = unknown(cell.generator) if cell.generator else []
            for name, cost in _fields(cell.generator):
                verdict = "broken" if is_sure(cost) else "perhaps broken"
                flag = words(verdict, flag=True) if name in broken else Cell("", None)
                yield [words(cell.label), words(name), words("X → Y′"), *_of_field(cost), flag]
            for name, cost in _fields(cell.renderer):
                yield [words(cell.label), words(name), words("Y′ → Y"), *_of_field(cost), Cell("", None)]
        for place, direct in enumerate(comparison.direct):
            for name, cost in _fields(direct.cost):
                yield [
                    words(f"direct{_of(comparison, place)}"),
                    words(name),
                    words("X → Y"),
                    *_of_field(cost),
                    Cell("", None),
                ]

    return Table(
        titles=["cell", "field", "way", "bits", "X saves", "of it", "principle 2"], rows=list(rows())
    ).without_empty()


def _fields(stage: StageCost | None) -> Iterator[tuple[str, Cost]]:
    yield from stage.fields.items() if stage else ()


def _of_field(cost: Cost) -> list[Cell]:
    share = value(max(cost.share_saved, 0.0), lambda share: f"{share:.1%}") if cost.saved else EMPTY
    return [figure(cost.bits, with_spread), figure(cost.saved, with_spread), share]


def _title(name: str, side: str) -> str:
    return f"{plain(name)} ({side})"


def _bits(stage: StageCost | None) -> Cell:
    return figure(stage.total.bits if stage else None, with_spread)


def _saves(stage: StageCost | None) -> Cell:
    return figure(stage.total.saved if stage else None, with_spread)


def _scores(comparison: Comparison, cell: results.Cell, route: str) -> dict[str, Cell]:
    return {_title(name, side): figure(cell.scores[name].routes[route], with_spread)
            for name, side in comparison.better.items()}  # fmt: skip


def _cost(trained: results.Cell | results.Direct) -> dict[str, Cell]:
    return {"M parameters": value(trained.parameters / 1e6, lambda millions: f"{millions:.2f}"),
            "seconds": value(trained.seconds, lambda seconds: f"{seconds:.0f}")}  # fmt: skip


def _gap(score: Score) -> Cell:
    return figure(score.gap, lambda gap: signed_with_seeds(gap).replace(", seeds", ""))
