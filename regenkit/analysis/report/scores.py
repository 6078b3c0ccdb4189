"""The metrics of a comparison, a row a metric and cell: for the terminal and for the page."""

import math
from typing import Any

from rich.markup import escape
from rich.table import Table

from regenkit.analysis.comparison.apart import signed
from regenkit.analysis.evaluation.scores import plain

ROUTES = {"reference": "reference", "oracle": "true Y′", "predicted": "predicted Y′", "direct": "direct"}


def titles(report: dict[str, Any]) -> list[str]:
    return ["score", "cell", *(ROUTES[route] for route in _routes(report)), "gap"]


def rows(report: dict[str, Any]) -> list[list[str]]:
    """Means over seeds ± their spread; of the gap (predicted − true) with its interval over examples."""
    found = []
    for name, side in report["better"].items():
        for cell in report["cells"]:
            figures = cell["scores"][name]
            gap = figures["gap"]
            said = signed(gap).replace(", seeds", "") if "low" in gap else f"{gap['mean']:+.3f}{_spread(gap)}"
            shown = [_figure(figures[route]) for route in _routes(report)]
            found.append([_title(name, side), cell["label"], *shown, said])
    return found


def names(report: dict[str, Any]) -> list[str]:
    """What the metrics are called in tables: in brackets what is better."""
    return [_title(name, side) for name, side in report["better"].items()]


def of_route(report: dict[str, Any], cell: dict[str, Any], route: str) -> dict[str, str]:
    """The scores of a cell by one route, by what the metrics are called."""
    return {_title(name, side): _figure(cell["scores"][name][route]) for name, side in report["better"].items()}


def as_table(report: dict[str, Any]) -> Table:
    """Means alone, so that they stand side by side; the page has what they may be."""
    table = Table(title="Scores of samples; in brackets what is better", box=None, pad_edge=False)
    for title in titles(report):
        text = title in ("score", "cell")
        table.add_column(title, justify="left" if text else "right", no_wrap=not text, overflow="fold")
    before = ""
    for score, cell, *figures in rows(report):
        said = "" if score == before else escape(score)
        table.add_row(said, escape(cell), *(figure.partition(" ")[0] for figure in figures))
        before = score
    return table


def _routes(report: dict[str, Any]) -> list[str]:
    return [route for route in ROUTES if route != "direct" or report["direct"]]


def _title(name: str, side: str) -> str:
    return f"{plain(name)} ({side})"


def _figure(value: dict[str, Any]) -> str:
    return "–" if math.isnan(value["mean"]) else f"{value['mean']:.3f}{_spread(value)}"


def _spread(value: dict[str, Any]) -> str:
    return f" ± {value['spread']:.3f}" if "spread" in value else ""
