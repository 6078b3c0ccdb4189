"""The report as a self-contained page: no network, opens from disk, at most LARGEST bytes."""

from pathlib import Path

import yaml

from regenkit.analysis.findings.wording import counted, listed, milliseconds, one, plus_minus
from regenkit.analysis.pages import html
from regenkit.analysis.pages.html import escape
from regenkit.analysis.pages.report_gallery import gallery
from regenkit.analysis.results.figure import StageCost
from regenkit.analysis.results.report import Report
from regenkit.analysis.tables import report_tables
from regenkit.files import write_text

LARGEST = 9_500_000
COLOURS = 6


def write_html(report: Report, path: Path) -> None:
    """Write the page whole, at `path`; the gallery's files are read from beside it."""
    before = [_head(report), html.bullets(report.finding, "finding"), _bars(report), _routes(report)]
    after = [
        html.section("Difficulty, and what X is worth", html.table(report_tables.fields(report))),
        html.section("Lengths", html.table(report_tables.lengths(report))) if report.lengths else "",
        _compactness(report),
        html.section("Relevance: what X tells", html.table(report_tables.relevance(report))),
        html.section("Tokens of Y′", html.table(report_tables.codebook(report))),
        _origin(report),
    ]
    room = LARGEST - sum(len(part.encode()) for part in (*before, *after)) - len(html.frame().template)
    body = "\n".join([*before, gallery(report, path.parent, room), *after])
    write_text(path, html.page(f"Regeneration report: {report.name}", body))


def _head(report: Report) -> str:
    return "<h1>Regeneration report</h1>" + html.paragraph(
        f"{report.name}: {counted(report.examples, 'held-out example')}, {counted(report.steps, report.unit)} of Y. "
        "Brackets and ± are 95\u00a0% bootstrap intervals over examples, of one training seed; bits are −log₂ P, "
        f"{one(report.unit)} of Y.",
        "soft",
    )


def _bars(report: Report) -> str:
    """Stacked bars: bits by field of every route that writes Y down."""
    names = {"predicted": "by way of Y′", "direct": "direct", "direct_half": "direct, half"}
    rows: dict[str, dict[str, float]] = {}
    for route, name in names.items():
        if route in report.bits.routes:
            rows |= _with_and_without_x(name, report.bits.routes[route])
    if not rows or report.continuous:
        return ""
    order = list(dict.fromkeys(field for bits in rows.values() for field in bits))
    colour = {field: f"var(--c{number % COLOURS})" for number, field in enumerate(order)}
    most = max(sum(bits.values()) for bits in rows.values()) or 1.0
    bars = []
    for title, bits in rows.items():
        parts = "".join(
            f'<i style="width:{100 * value / most:.2f}%;background:{colour[field]}" '
            f'title="{escape(field)} {value:.2f}"></i>'
            for field, value in bits.items()
        )
        bars.append(
            f"<span class=name>{escape(title)}</span>"
            f'<div class=bar role=img aria-label="{escape(f"{title}: {listed(bits)}")}">{parts}</div>'
            f"<span>{sum(bits.values()):.2f}</span>"
        )
    key = "".join(f"<li><i style=background:{colour[field]}></i>{escape(field)}</li>" for field in order)
    return html.section("Where the bits go", f"<div class=bars>{''.join(bars)}</div><ul class=key>{key}</ul>")


def _with_and_without_x(name: str, route: StageCost) -> dict[str, dict[str, float]]:
    """By row, then field: those rows that are known."""
    found = {}
    if route.total.bits.defined:
        found[name] = {field: max(0.0, cost.bits.mean) for field, cost in route.fields.items()}
    if route.total.without_x and route.total.without_x.defined:
        found[f"{name}, X hidden"] = {
            field: max(0.0, (cost.without_x or cost.bits).mean) for field, cost in route.fields.items()
        }
    return found


def _routes(report: Report) -> str:
    table = report_tables.routes(
        report,
        differences=True,
        caption=(
            "Samples by every route, and trivial answers to read them against; in brackets what is better, closer "
            "meaning to the reference. Bits from the true Y′ and from a constant one leave out what Y′ itself costs. "
            "Differences are of the same inputs."
        ),
    )
    return html.section("Every route", html.table(table, kind="wide")) if len(table.titles) > 1 else ""


def _compactness(report: Report) -> str:
    found, conversion, routes = report.boundary.compactness, report.boundary.conversion, report.bits.routes
    models = ""
    made, direct = (routes[route].total.without_x if route in routes else None for route in ("generator", "direct"))
    if made and direct and made.defined and direct.mean > 0 and not report.continuous:
        models = f", {made.mean / direct.mean:.3f} by the trained models"
    ratio = f"Y′/Y: {plus_minus(found.ratio)} by counts{models}. " if found.ratio.defined else ""
    return html.section(
        "Compactness and cost of conversion",
        html.table(report_tables.compactness(report)),
        html.paragraph(
            f"{ratio}An example takes {found.per_example['rep'].mean:.0f} bits of Y′ and "
            f"{found.per_example['y'].mean:.0f} of Y. Converting one takes {milliseconds(conversion.median)} (median "
            f"of {conversion.examples})."
        ),
    )


def _origin(report: Report) -> str:
    data, begun, only = report.data, report.trained_with, report_tables.training(report, together=True)
    made = {"trained": {"name": begun.name, "command": list(begun.command), "recipe": begun.recipe, **begun.versions},
            "evaluated": report.environment}  # fmt: skip
    return html.section(
        "Where it comes from",
        html.paragraph(f"Data: {data.name}, {data.summary}; {data.size}. Licence: {data.licence}."),
        html.table(report_tables.training(report)),
        *(["<h3>Only in training</h3>", html.table(only)] if only.rows else []),
        html.folded("The recipe", as_yaml(report.recipe)),
        html.folded("Command and versions", as_yaml(made)),
    )


def as_yaml(value: object) -> str:
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return text
