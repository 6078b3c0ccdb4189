"""A comparison as a table for the terminal, and as a self-contained page: no network, opens from disk."""

import html
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from rich.markup import escape
from rich.table import Table

from regenkit.comparison.grid import slug
from regenkit.comparison.verdict import share, signed, unknown
from regenkit.files import write_text
from regenkit.report import scores
from regenkit.report.curve import curve
from regenkit.report.frame import framed
from regenkit.report.tradeoff import tradeoff
from regenkit.spec import digest


def write(report: dict[str, Any]) -> list[Path]:
    """Write the figures and the page into runs/NAME/compare, named by what was varied; returns both paths."""
    grid = [report[name] for name in ("base", "seeds", "split")] + [cell["settings"] for cell in report["cells"]]
    keys = "+".join(report["cells"][0]["settings"])
    named = digest([grid, bool(report["direct"]), *(["scores"] if report["better"] else [])])
    stem = f"comparison-{slug(keys)}-{named}"
    paths = [Path("runs") / report["recipe"] / "compare" / f"{stem}{suffix}" for suffix in (".json", ".html")]
    paths[0].parent.mkdir(parents=True, exist_ok=True)  # its cells may all be runs that were there before
    for path, text in zip(paths, (json.dumps(report, indent=1, ensure_ascii=False), page(report)), strict=True):
        write_text(path, text)
    return paths


def as_table(report: dict[str, Any]) -> Table:
    """The cells, their total with its spread; the page has the other spreads and the intervals."""
    table = Table(title=_measured_on(report), box=None, pad_edge=False, collapse_padding=True)
    shown = [title for title in TITLES if report["direct"] or title != "− direct"]
    for title in shown:
        cell = title == "cell"
        table.add_column(_SHORT.get(title, title), justify="left" if cell else "right", no_wrap=not cell)
    for row in rows(report):
        values = dict(zip(TITLES, map(escape, row), strict=True))
        table.add_row(*(_plain(values[title]) if title not in ("cell", "total") else values[title] for title in shown))
    return table


def page(report: dict[str, Any]) -> str:
    """The comparison as HTML."""
    versions = yaml.safe_dump(report["environment"], sort_keys=False)
    recipe = yaml.safe_dump(report["base"], sort_keys=False, allow_unicode=True)
    name, runs = html.escape(report["recipe"]), [run for cell in report["cells"] for run in cell["runs"]]
    body = f"""<h1>{name}: comparison</h1>
<p class=soft>{html.escape(_measured_on(report))}. A figure is bits a step of Y, its mean over training seeds; ± is the
standard deviation between seeds, [ ] the 95 % bootstrap interval over examples. Differences are taken example by
example.</p>
<h2>Finding</h2>
{_listed(report["finding"], " class=finding")}
{_curve(report)}
<h2>The trade-off</h2>
{tradeoff(report)}
<p>A Y′ further left is easier to predict from X, one further down easier to render. Along a grey line the total is the
same{"; dashed: the direct route" if report["direct"] else ""}.</p>
<h2>Every cell</h2>
{_table(TITLES, rows(report), best=report["lowest"])}
{_scores(report)}
<h2>The fields</h2>
<p>A field that costs a tenth of X → Y′ or more, and of which X saves less than a tenth (or nothing, for all that the
examples tell), breaks the second principle: Y′ should keep what has to do with X and leave the rest to the renderer
(<a href="https://arxiv.org/abs/2301.08846">arXiv 2301.08846</a>, section 2.1).</p>
{_table(("cell", "field", "way", "bits", "X saves", "of it", "principle 2"), list(_field_rows(report)))}
<h2>What this does not say</h2>
{_listed(report["limits"])}
<h2>The recipe</h2>
<p>As it is but for what is varied. Runs: {html.escape(", ".join(runs))}</p>
<pre>{html.escape(recipe)}</pre>
<h2>Made with</h2>
<pre>{html.escape(report["command"])}

{html.escape(versions)}</pre>"""
    return framed(f"{report['recipe']}: comparison", body)


def _curve(report: dict[str, Any]) -> str:
    if not (drawn := curve(report)):
        return ""
    return f"""<h2>Along {html.escape(next(iter(report["cells"][0]["settings"])))}</h2>
{drawn}
<p>Totals; whiskers are the standard deviation between seeds.</p>"""


def _scores(report: dict[str, Any]) -> str:
    if not report["better"]:
        return ""
    return f"""<h2>Scores of samples</h2>
<p>Y sampled once for each example: from the true Y′, from the predicted one, and by the direct route. The gap is
predicted − true; closer means to the reference.</p>
{_table(scores.titles(report), scores.rows(report))}"""


TITLES = ("", "cell", "X → Y′", "Y′ → Y", "total", "− lowest", "− direct", "X saves", "M parameters", "seconds")
_SHORT = {"M parameters": "M", "seconds": "s"}


def _measured_on(report: dict[str, Any]) -> str:
    seeds = len(report["cells"][0]["total"]["seeds"])
    return (
        f"{report['split']} split, {report['examples']} examples, {report['steps']} steps of Y, "
        f"{seeds} training seed{'s' * (seeds > 1)}"
    )


def rows(report: dict[str, Any]) -> list[list[str]]:
    """A row a cell, then one a direct route."""
    rows = []
    for number, cell in enumerate(report["cells"], 1):
        lowest = "–" if number - 1 == report["lowest"] else _difference(cell["minus_lowest"])
        rows.append([
            str(number), cell["label"], _figure(cell["generator"]["bits"]), _figure(cell["renderer"]["bits"]),
            _figure(cell["total"]), lowest,
            _difference(cell["minus_direct"]) if "direct" in cell else "–",
            _figure(cell["generator"]["saved"]), f"{cell['parameters'] / 1e6:.2f}", _seconds(cell),
        ])  # fmt: skip
    for place, row in enumerate(report["direct"]):
        numbers = [str(number) for number, cell in enumerate(report["cells"], 1) if cell["direct"] == place]
        label = "direct X → Y" + (f" of {', '.join(numbers)}" if len(report["direct"]) > 1 else "")
        rows.append([
            "", label, "–", "–", _figure(row["bits"]), "–", "–", _figure(row["saved"]),
            f"{row['parameters'] / 1e6:.2f}", _seconds(row),
        ])  # fmt: skip
    return rows


def _field_rows(report: dict[str, Any]) -> Iterator[list[str]]:
    for cell in report["cells"]:
        broken = unknown(cell)
        for name, figures in cell["generator"]["fields"].items():
            part = f"{max(share(figures), 0):.1%}"
            flag = "broken" if name in broken else ""
            yield [cell["label"], name, "X → Y′", _figure(figures["bits"]), _figure(figures["saved"]), part, flag]
        for name, figures in cell["renderer"]["fields"].items():
            yield [cell["label"], name, "Y′ → Y", _figure(figures["bits"]), "–", "–", ""]
    for row in report["direct"]:
        for name, figures in row["fields"].items():
            part = f"{max(share(figures), 0):.1%}"
            yield ["direct", name, "X → Y", _figure(figures["bits"]), _figure(figures["saved"]), part, ""]


def _figure(value: dict[str, Any]) -> str:
    return f"{value['mean']:.3f}" + (f" ± {value['spread']:.3f}" if "spread" in value else "")


def _plain(text: str) -> str:
    """A figure without what stands behind it."""
    return re.sub(r" ±.*| \\?\[.*", "", text)


def _difference(value: dict[str, Any]) -> str:
    return signed(value).partition(", seeds")[0]


def _seconds(row: dict[str, Any]) -> str:
    return "–" if row["seconds"] is None else f"{row['seconds']:.0f}"


def _listed(sentences: Sequence[str], kind: str = "") -> str:
    return f"<ul{kind}>{''.join(f'<li>{html.escape(sentence)}</li>' for sentence in sentences)}</ul>"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], best: int | None = None) -> str:
    text = {title for title in titles if title in ("cell", "field", "way", "principle 2", "score")}
    head = "".join(f"<th scope=col{' class=text' * (title in text)}><button type=button>{html.escape(title or '#')}"
                   "</button></th>" for title in titles)  # fmt: skip
    body = "".join(
        f"<tr{' class=best' * (number == best)}>"
        + "".join(_cell(value, title in text) for title, value in zip(titles, row, strict=True))
        + "</tr>"
        for number, row in enumerate(rows)
    )
    return f"<div class=scroll tabindex=0><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _cell(value: str, text: bool) -> str:
    """With what the column is sorted by: the number that it begins with, or its words."""
    number = re.match(r"[+-]?[\d.]+", value)
    key = value if text else number[0] if number else ""
    kinds = " ".join(["text"] * text + ["flag"] * (value == "broken"))
    return f'<td class="{kinds}" data-value="{html.escape(key)}">{html.escape(value)}</td>'
