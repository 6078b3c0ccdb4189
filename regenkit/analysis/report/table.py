"""The report as a table: a row a route, a column a figure."""

from typing import Any

from rich.table import Table

ROUTES = {
    "reference": "reference (people)",
    "oracle": "oracle Y′",
    "predicted": "predicted Y′",
    "direct": "direct, matched",
    "direct_half": "direct, half",
    "constant": "constant Y′",
    "random": "random training",
    "unigram": "unigram",
    "mean": "mean of the same X",
}


def columns(report: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(title, figures by route) of each column: bits first, where a route has any, then the metrics."""
    bits = report["bits_per_step"]
    return [*([("bits a step", bits)] if bits else []), *report["metrics"].items()]


def routes(report: dict[str, Any]) -> dict[str, str]:
    """The routes that have a figure, with their names."""
    known = {route for _, figures in columns(report) for route in figures}
    return {route: name for route, name in ROUTES.items() if route in known}


def figure(value: dict[str, float] | None) -> str:
    """mean ± half its interval, or ± the spread over runs."""
    if value is None:
        return "–"
    if "spread" in value:
        return f"{value['mean']:.3f} ± {value['spread']:.3f}"
    if "low" in value:
        return f"{value['mean']:.3f} ± {(value['high'] - value['low']) / 2:.3f}"
    return f"{value['mean']:.3f}"


def as_table(report: dict[str, Any]) -> Table:
    table = Table(title=f"{report['examples']} test examples, {report['steps']} steps", box=None, pad_edge=False)
    table.add_column("route")
    shown = columns(report)
    for title, _ in shown:
        table.add_column(title.split("/")[-1].replace("_", " "), justify="right")
    for route, name in routes(report).items():
        table.add_row(name, *(figure(figures.get(route)) for _, figures in shown))
    return table
