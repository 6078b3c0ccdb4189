"""A comparison as a table for the terminal, and as a self-contained page: no network, opens from disk."""

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from rich.markup import escape
from rich.table import Table

from regenkit.analysis.comparison.apart import signed
from regenkit.analysis.comparison.grid import slug
from regenkit.analysis.comparison.verdict import share, unknown
from regenkit.analysis.report import scores
from regenkit.analysis.report.curve import curve
from regenkit.analysis.report.frame import framed
from regenkit.analysis.report.tradeoff import losses, tradeoff
from regenkit.files import json_text, write_text
from regenkit.spec import digest


def write(report: dict[str, Any]) -> list[Path]:
    """Write the figures and the page into runs/NAME/compare, named by what was varied; returns both paths."""
    grid = [report[name] for name in ("base", "seeds", "split")] + [cell["settings"] for cell in report["cells"]]
    keys = "+".join(report["cells"][0]["settings"])
    scored = ["scores"] if report["better"] else []
    named = digest([grid, bool(report["direct"]), *scored, *([report["at_most"]] if report["at_most"] else [])])
    stem = f"comparison-{slug(keys)}-{named}"
    paths = [Path(report["folder"]) / f"{stem}{suffix}" for suffix in (".json", ".html")]
    paths[0].parent.mkdir(parents=True, exist_ok=True)  # its cells may all be runs that were there before
    for path, text in zip(paths, (json_text(report), page(report)), strict=True):
        write_text(path, text)
    return paths


def as_table(report: dict[str, Any]) -> Table:
    """The cells, their total with its spread; scores have a table of their own, the page has the other spreads and the
    intervals."""
    table = Table(title=_measured_on(report), box=None, pad_edge=False, collapse_padding=True)
    metrics = scores.names(report)
    columns, lines = main_table(report)
    shown = [place for place, title in enumerate(columns) if title not in metrics]
    for title in (columns[place] for place in shown):
        name = _SHORT.get(title, title)
        if title == "cell":
            table.add_column(name, overflow="fold")
        else:
            table.add_column(name, justify="right", no_wrap=True)
    for line in lines:
        values = [(columns[place], escape(line[place])) for place in shown]
        table.add_row(*(text if title in ("cell", "total") else _plain(text) for title, text in values))
    return table


def page(report: dict[str, Any]) -> str:
    """The comparison as HTML."""
    versions = yaml.safe_dump(report["environment"], sort_keys=False)
    recipe = yaml.safe_dump(report["base"], sort_keys=False, allow_unicode=True)
    name, runs = html.escape(report["recipe"]), [run for cell in report["cells"] for run in cell["runs"]]
    columns, lines = main_table(report)
    for line, cell in zip(lines, report["cells"], strict=False):
        line[1] = _whole(cell)
    body = f"""<h1>{name}: comparison</h1>
<p class=soft>{html.escape(_measured_on(report))}. A figure is the mean over training seeds, bits are a step of Y; ± is
the standard deviation between seeds, [ ] the 95 % bootstrap interval over examples. Differences are taken example by
example.</p>
<h2>Finding</h2>
{_listed(report["finding"], " class=finding")}
{_curve(report)}
{_tradeoff(report)}
{_losses(report)}
<h2>Every cell</h2>
{"<p>Scores are those of samples by way of the predicted Y′.</p>" if report["better"] else ""}
{_table(columns, lines, best=report["lowest"])}
{_scores(report)}
{_fields(report)}
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


def _tradeoff(report: dict[str, Any]) -> str:
    if report["lowest"] is None:
        return ""
    dashed = "; dashed: the direct route" if any("bits" in row for row in report["direct"]) else ""
    return f"""<h2>The trade-off</h2>
{tradeoff(report)}
<p>A Y′ further left is easier to predict from X, one further down easier to render. Along a grey line the total is the
same{dashed}.</p>"""


def _losses(report: dict[str, Any]) -> str:
    if not (drawn := losses(report)):
        return ""
    return f"""<h2>The trade-off by a score</h2>
{drawn}
<p>How much worse than the reference samples are, and by which step: a Y′ further left is better predicted (true against
predicted Y′), one further down better rendered (reference against true Y′). Along a grey line both together are the
same{"; dashed: the direct route" if report["direct"] else ""}.</p>"""


def _scores(report: dict[str, Any]) -> str:
    if not report["better"]:
        return ""
    return f"""<h2>Scores of samples</h2>
<p>Y sampled once for each example: from the true Y′, from the predicted one, and by the direct route. The gap is
predicted − true; closer means to the reference.</p>
{_table(scores.titles(report), scores.rows(report))}"""


def _fields(report: dict[str, Any]) -> str:
    if not (lines := list(_field_rows(report))):
        return ""
    return f"""<h2>The fields</h2>
<p>A field that costs a tenth of X → Y′ or more, and of which X saves less than a tenth (or nothing, for all that the
examples tell), breaks the second principle: Y′ should keep what has to do with X and leave the rest to the renderer
(<a href="https://arxiv.org/abs/2301.08846">arXiv 2301.08846</a>, section 2.1).</p>
{_table(("cell", "field", "way", "bits", "X saves", "of it", "principle 2"), lines)}"""


_SHORT = {"M parameters": "M", "seconds": "s"}


def _measured_on(report: dict[str, Any]) -> str:
    seeds = len(report["cells"][0]["runs"])
    return (
        f"{report['split']} split, {report['examples']} examples, {report['steps']} steps of Y, "
        f"{seeds} training seed{'s' * (seeds > 1)}"
    )


def main_table(report: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """(titles, a row a cell, then one a direct route). What no row has is left out; scores are of predicted Y′."""
    found: list[dict[str, str]] = []
    for number, cell in enumerate(report["cells"], 1):
        shown = {title: _figure(cell[stage]["bits"]) for title, stage in _STAGES.items() if stage in cell}
        if "total" in cell:
            shown["total"] = _figure(cell["total"])
            shown["− lowest"] = "–" if number - 1 == report["lowest"] else _difference(cell["minus_lowest"])
        if "minus_direct" in cell:
            shown["− direct"] = _difference(cell["minus_direct"])
        if "generator" in cell:
            shown["X saves"] = _figure(cell["generator"]["saved"])
        shown |= scores.of_route(report, cell, "predicted")
        found.append({"": str(number), "cell": cell["label"], **shown, **_cost(cell)})
    for place, row in enumerate(report["direct"]):
        of = {number: cell for number, cell in enumerate(report["cells"], 1) if cell["direct"] == place}
        label = "direct X → Y" + (f" of {', '.join(map(str, of))}" if len(report["direct"]) > 1 else "")
        shown = {"total": _figure(row["bits"]), "X saves": _figure(row["saved"])} if "bits" in row else {}
        shown |= scores.of_route(report, next(iter(of.values())), "direct")
        found.append({"cell": label, **shown, **_cost(row)})
    order = ["", "cell", *_STAGES, "total", "− lowest", "− direct", "X saves", *scores.names(report), *_SHORT]
    titles = [title for title in order if any(title in row for row in found)]
    return titles, [[row.get(title, "–" if title else "") for title in titles] for row in found]


_STAGES = {"X → Y′": "generator", "Y′ → Y": "renderer"}


def _cost(row: dict[str, Any]) -> dict[str, str]:
    return {"M parameters": f"{row['parameters'] / 1e6:.2f}",
            "seconds": "–" if row["seconds"] is None else f"{row['seconds']:.0f}"}  # fmt: skip


def _whole(cell: dict[str, Any]) -> str:
    """A cell's label, and its settings as written where the label is short of them."""
    if all(value in cell["label"] for value in cell["settings"].values()):
        return str(cell["label"])
    return f"{cell['label']}: {', '.join(f'{key}={value}' for key, value in cell['settings'].items())}"


def _field_rows(report: dict[str, Any]) -> Iterator[list[str]]:
    for cell in report["cells"]:
        broken = unknown(cell)
        for name, figures in cell.get("generator", {"fields": {}})["fields"].items():
            part = f"{max(share(figures), 0):.1%}"
            flag = "broken" if name in broken else ""
            yield [cell["label"], name, "X → Y′", _figure(figures["bits"]), _figure(figures["saved"]), part, flag]
        for name, figures in cell.get("renderer", {"fields": {}})["fields"].items():
            yield [cell["label"], name, "Y′ → Y", _figure(figures["bits"]), "–", "–", ""]
    for row in report["direct"]:
        for name, figures in row.get("fields", {}).items():
            part = f"{max(share(figures), 0):.1%}"
            yield ["direct", name, "X → Y", _figure(figures["bits"]), _figure(figures["saved"]), part, ""]


def _figure(value: dict[str, Any]) -> str:
    return f"{value['mean']:.3f}" + (f" ± {value['spread']:.3f}" if "spread" in value else "")


def _plain(text: str) -> str:
    """A figure without what stands behind it."""
    return re.sub(r" ±.*| \\?\[.*", "", text)


def _difference(value: dict[str, Any]) -> str:
    return signed(value).partition(", seeds")[0]


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
