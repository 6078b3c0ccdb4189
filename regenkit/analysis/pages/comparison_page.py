"""A comparison as a self-contained page: no network, opens from disk."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from regenkit.analysis.findings.wording import counted, one
from regenkit.analysis.grid.cells import slug
from regenkit.analysis.pages import html
from regenkit.analysis.pages.html import escape
from regenkit.analysis.pages.plot_curve import curve
from regenkit.analysis.pages.plot_tradeoff import losses, tradeoff
from regenkit.analysis.pages.report_page import as_yaml
from regenkit.analysis.results import files
from regenkit.analysis.results.comparison import Cell, Comparison
from regenkit.analysis.tables import comparison_tables
from regenkit.analysis.tables.table import Table, words
from regenkit.digest import digest
from regenkit.files import write_text


def write(comparison: Comparison) -> list[Path]:
    """Write the figures and the page into runs/NAME/compare, named by what was varied; returns both paths."""
    setup = comparison.setup
    grid = [
        setup.base,
        [list(each) for each in setup.seeds],
        setup.split,
        *(cell.settings for cell in comparison.cells),
    ]
    keys = "+".join(comparison.cells[0].settings)
    scored = ["scores"] if comparison.better else []
    named = digest([grid, bool(comparison.direct), *scored, *([setup.at_most] if setup.at_most else [])])
    stem = f"comparison-{slug(keys)}-{named}"
    data, shown = (Path(setup.folder) / f"{stem}{suffix}" for suffix in (".json", ".html"))
    data.parent.mkdir(parents=True, exist_ok=True)  # its cells may all be runs that were there before
    files.write(comparison, data)
    write_text(shown, page(comparison))
    return [data, shown]


def page(comparison: Comparison) -> str:
    """The comparison as HTML."""
    setup, cells = comparison.setup, comparison.cells
    runs = ", ".join(run for cell in cells for run in cell.runs)
    name = f"{setup.recipe}: comparison"
    body = [
        f"<h1>{escape(name)}</h1>",
        html.paragraph(
            f"{measured_on(comparison)}. A figure is the mean over training seeds, bits are "
            f"{one(comparison.setup.unit)} of Y; ± is the "
            "standard deviation between seeds, [ ] the 95\u00a0% bootstrap interval over examples. Differences are "
            "taken example by example.",
            "soft",
        ),
        html.section("Finding", html.bullets(comparison.finding, "finding")),
        *_plots(comparison),
        html.section(
            "Every cell",
            html.paragraph("Scores are those of samples by way of the predicted Y′." if comparison.better else ""),
            html.table(_with_settings(comparison_tables.main_table(comparison), cells)),
        ),
        html.section(
            "Scores of samples", html.table(replace(comparison_tables.scores_table(comparison), caption=SCORES))
        ),
        _fields(comparison),
        html.section("What this does not show", html.bullets(comparison.limits)),
        html.section(
            "Where it comes from",
            html.paragraph(f"The recipe is as it is but for what is varied. Runs: {runs}"),
            html.folded("The recipe", as_yaml(setup.base)),
            html.folded("Command and versions", f"{setup.command}\n\n{as_yaml(setup.environment)}"),
        ),
    ]
    return html.page(name, "\n".join(body))


SCORES = (
    "Y sampled once for each example: from the true Y′, from the predicted one, and by the direct route. The gap is "
    "predicted − true; closer means to the reference."
)


def _plots(comparison: Comparison) -> list[str]:
    drawn = curve(comparison)
    along = html.section(
        f"Along {next(iter(comparison.cells[0].settings))}" if drawn else "",
        drawn,
        html.paragraph("Totals; whiskers are the standard deviation between seeds." if drawn else ""),
    )
    bits = ""
    if comparison.lowest is not None:
        marks = tradeoff(comparison)
        bits = html.section(
            "The trade-off",
            marks,
            html.paragraph(
                "A Y′ further left is easier to predict from X, one further down easier to render. Along a grey line "
                f"the total is the same{_dashed(marks)}."
            ),
        )
    by_score = ""
    if drawn := losses(comparison):
        by_score = html.section(
            "The trade-off by a score",
            drawn,
            html.paragraph(
                "How much worse than the reference samples are, and by which step: a Y′ further left is better "
                "predicted (true against predicted Y′), one further down better rendered (reference against true Y′). "
                f"Along a grey line both together are the same{_dashed(drawn)}."
            ),
        )
    return [along, bits, by_score]


def _dashed(plot: str) -> str:
    return "; dashed: the direct route" if '<line class="direct"' in plot else ""


def _fields(comparison: Comparison) -> str:
    table = comparison_tables.fields_table(comparison)
    if not table.rows:
        return ""
    return html.section(
        "The fields",
        "<p>A field that costs a tenth of X → Y′ or more, and of which X saves less than a tenth, breaks the second "
        "principle; perhaps it does, where that is not sure, or X may save nothing as far as the examples show. Y′ "
        "should keep what has to do with X and leave the rest to the renderer "
        '(<a href="https://arxiv.org/abs/2301.08846">arXiv 2301.08846</a>, section 2.1).</p>',
        html.table(table),
    )


def measured_on(comparison: Comparison) -> str:
    return (
        f"{comparison.setup.split} split, {counted(comparison.examples, 'example')}, "
        f"{counted(comparison.steps, comparison.setup.unit)} of Y, "
        f"{counted(len(comparison.cells[0].runs), 'training seed')}"
    )


def _with_settings(table: Table, cells: Sequence[Cell]) -> Table:
    """The main table with each cell's settings as written, where its label is short of them."""
    rows = [
        [words(_whole(cells[number])) if title == "cell" and number < len(cells) else each
         for title, each in zip(table.titles, row, strict=True)]
        for number, row in enumerate(table.rows)
    ]  # fmt: skip
    return replace(table, rows=rows)


def _whole(cell: Cell) -> str:
    if all(value in cell.label for value in cell.settings.values()):
        return cell.label
    return f"{cell.label}: {', '.join(f'{key}={value}' for key, value in cell.settings.items())}"
