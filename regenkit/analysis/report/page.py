"""The report as a self-contained page: no network, opens from disk, at most LARGEST bytes."""

import base64
import html
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from regenkit.analysis.evaluation.compactness import ORDERS
from regenkit.analysis.evaluation.scores import plain
from regenkit.analysis.report.finding import finding
from regenkit.analysis.report.frame import framed, template
from regenkit.analysis.report.media import KINDS, data_uri, is_small
from regenkit.analysis.report.table import ROUTES, columns, figure, routes
from regenkit.files import write_text

LARGEST = 9_500_000
COLOURS = 6

Cell = str | float | int | Mapping[str, float] | None


def write_html(report: Mapping[str, Any], path: Path) -> None:
    """Write the page whole, at `path`; the gallery's files are read from beside it."""
    sections = (_head, _finding, _where, _routes, _fields, _compactness, _relevance, _codebook)
    body = [section(report) for section in sections] + [_origin(report)]
    room = LARGEST - sum(len(part.encode()) for part in body) - len(template().template)
    body.insert(4, _gallery(report, path.parent, room))
    write_text(path, framed(f"Regeneration report: {report['run']}", "\n".join(body)))


def _head(report: Mapping[str, Any]) -> str:
    return (
        f"<h1>Regeneration report</h1><p class=soft>{html.escape(str(report['run']))}: {report['examples']} held-out "
        f"examples, {report['steps']} steps of Y. Brackets and ± are 95 % bootstrap intervals over "
        "examples, of one training seed; bits are −log₂ P, a step of Y.</p>"
    )


def _finding(report: Mapping[str, Any]) -> str:
    return f"<ul class=finding>{''.join(f'<li>{html.escape(each)}</li>' for each in finding(report))}</ul>"


def _where(report: Mapping[str, Any]) -> str:
    """Stacked bars: bits by field of every route that writes Y down."""
    fields = report["bits_by_field"]
    names = {"predicted": "by way of Y′", "direct": "direct, matched", "direct_half": "direct, half"}
    rows = {f"{route}{end}": f"{name}{', X hidden' if end else ''}"
            for route, name in names.items() if route in fields for end in ("", "_without_x")}  # fmt: skip
    if not rows or report.get("continuous"):
        return ""
    order = list(dict.fromkeys(name for route in rows for name in fields[route]))
    most = max(sum(fields[route].values()) for route in rows) or 1.0
    colour = {name: f"var(--c{number % COLOURS})" for number, name in enumerate(order)}
    bars = []
    for route, title in rows.items():
        parts = {name: max(0.0, value) for name, value in fields[route].items()}
        said = f"{title}: " + ", ".join(f"{name} {value:.2f}" for name, value in parts.items())
        cells = "".join(
            f'<i style="width:{100 * value / most:.2f}%;background:{colour[name]}" title="{html.escape(name)} {value:.2f}"></i>'  # noqa: E501
            for name, value in parts.items()
        )
        bars.append(f'<span class=name>{html.escape(title)}</span><div class=bar role=img aria-label="{html.escape(said)}">{cells}</div>'  # noqa: E501
                    f"<span>{sum(parts.values()):.2f}</span>")  # fmt: skip
    key = "".join(f"<li><i style=background:{colour[name]}></i>{html.escape(name)}</li>" for name in order)
    return f"<h2>Where the bits go</h2><div class=bars>{''.join(bars)}</div><ul class=key>{key}</ul>"


def _routes(report: Mapping[str, Any]) -> str:
    shown = columns(dict(report))
    better = report["better"]
    head = ["route", *(f"{plain(title)} ({better.get(title, 'lower')})" for title, _ in shown)]
    apart = {"gap": "gap: predicted − oracle", "predicted − direct": "predicted − direct, matched",
             "predicted − direct_half": "predicted − direct, half"}  # fmt: skip
    names = {**routes(dict(report)), **apart}
    rows: list[list[Cell]] = [[name, *(figures.get(route) for _, figures in shown)] for route, name in names.items()]
    if not shown:
        return ""
    return "<h2>Every route</h2>" + _table(
        "Samples by every route, and trivial answers to read them against; in brackets what is better, closer meaning "
        "to the reference. Bits from the true Y′ and from a constant one leave out what Y′ itself costs. Differences "
        "are of the same inputs.",
        head, rows, wide=True,
    )  # fmt: skip


def _fields(report: Mapping[str, Any]) -> str:
    fields, worth = report["bits_by_field"], report["worth_of_x"]
    rows: list[list[Cell]] = []
    for stage, name in (("generator", "X → Y′"), ("direct", "X → Y, direct"), ("direct_half", "X → Y, direct, half")):
        rows += [
            [name, field, fields[stage][field], fields[f"{stage}_without_x"][field], worth[stage]["by_field"][field],
             _share(worth[stage]["by_field"][field]["mean"], fields[f"{stage}_without_x"][field])]
            for field in fields.get(stage, ())
        ]  # fmt: skip
    rows += [["Y′ → Y", field, bits, None, None, None] for field, bits in fields.get("oracle", {}).items()]
    if not rows:
        return ""
    return "<h2>Difficulty, and what X is worth</h2>" + _table(
        "Held-out bits a step by field. What X saves estimates what it tells: bits without X − bits with X, the "
        "difference of two upper bounds, so an estimate and no bound.",
        ["step", "field", "bits", "bits without X", "saved by X", "share of it"], rows,
    )  # fmt: skip


def _compactness(report: Mapping[str, Any]) -> str:
    found, bits, fields = report["compactness"], report["bits_per_step"], report["bits_by_field"]
    rows: list[list[Cell]] = []
    for side, name, stage in (("rep", "Y′", "generator"), ("y", "Y", "direct")):
        for field, each in found["fields"][side].items():
            orders = [each[f"order{order}"] for order in ORDERS]
            best = min(orders, key=lambda bits: bits["mean"])
            rows.append([name, field, *orders, best, each.get("step"), fields.get(f"{stage}_without_x", {}).get(field)])
        rows.append([name, "all", *[None] * len(ORDERS), found["per_step"][side], None,
                     bits.get(f"{stage}_without_x")])  # fmt: skip
    known = ""
    if {"generator_without_x", "direct_without_x"} <= set(bits) and not report.get("continuous"):
        ratio = bits["generator_without_x"]["mean"] / bits["direct_without_x"]["mean"]
        known = f" by counts, {ratio:.3f} by the trained models"
    per = found["per_example"]
    return (
        "<h2>Compactness and cost of conversion</h2>"
        + _table(
            f"Bits a step of {found['examples']} held-out examples, coded given 0, 1 or 2 tokens before (counts of the "
            "training split, adapted as it goes), and by the trained model without X. Continuous fields are rounded "
            "to the step stated.",
            ["side", "field", *(f"order {order}" for order in ORDERS), "best order", "rounded to", "model"],
            rows,
        )
        + f"<p>Y′/Y: {figure(found['ratio'])}{known or ' by counts'}. An example takes "
        f"{per['rep']['mean']:.0f} bits of Y′ and {per['y']['mean']:.0f} of Y. Converting one takes "
        f"{report['conversion']['median']:.3g} ms (median of {report['conversion']['examples']}).</p>"
    )


def _relevance(report: Mapping[str, Any]) -> str:
    found, worth = report["relevance"], report["worth_of_x"]
    rows: list[list[Cell]] = [
        [name, found[side], found[f"{side}_shuffled"], worth.get(stage, {}).get("total")]
        for side, name, stage in (("rep", "Y′", "generator"), ("y", "Y", "direct"))
    ]
    kept = ""
    if found["kept"]:
        kept = (
            f" The bound for Y′ is {figure(found['kept'])} of that for Y; as Y′ is made of Y, the greater holds for Y."
        )
    return "<h2>Relevance: what X tells</h2>" + _table(
        f"InfoNCE lower bounds in bits a {found['unit']}, {found['units']} of them, told apart among "
        f"{found['negatives']}: never more than {found['cap']:.1f}. The critic is bilinear on counts and sees nothing "
        f"beyond its unit: read the two against each other.{kept} Last, the models' estimate, a step.",
        ["X and …", "bound", "bound, X shuffled", "worth to the model (bits a step)"], rows,
    )  # fmt: skip


def _codebook(report: Mapping[str, Any]) -> str:
    rows: list[list[Cell]] = [
        [name, each["tokens"], each["used"], each["dead"], each["perplexity"], each["commonest"]]
        for name, each in report["codebook"].items()
    ]
    head = ["field of Y′", "tokens", "used", "dead", "perplexity", "share of the commonest"]
    return f"<h2>Tokens of Y′</h2>{_table('In the training split.', head, rows)}" if rows else ""


def _gallery(report: Mapping[str, Any], folder: Path, room: int) -> str:
    files = [name for item in report.get("gallery", []) for names in item["files"].values() for name in names]
    if not files:
        return ""
    limit = room // len(files) * 2  # some are far smaller than others
    chosen = "Best, median and worst by held-out bits of the predicted route; first"
    if all(item["bits"] is None for item in report["gallery"]):
        chosen = "Evenly chosen; first"
    text = [f"<h2>The same inputs by every route</h2><p class=soft>{chosen} samples, not chosen by ear or eye.</p>"]
    for item in report["gallery"]:
        bits = "" if item["bits"] is None else f", {item['bits']:.2f} bits a step"
        said = html.escape(f"{item['rank'].capitalize()}: {item['id']}{bits}")
        text.append(f"<h3>{said}</h3><p>{html.escape(item['x'])}</p><div class=routes>")
        for route, names in item["files"].items():
            title = html.escape(ROUTES.get(route, route))
            shown = []
            for name in names:
                uri = data_uri(folder / name, min(limit, room))
                room -= len(uri or "")
                small = is_small(folder / name)
                shown.append(_shown(name, uri, f"{title}: {item['described'][route]}", small=small))
            text.append(f"<figure><h4>{title}</h4>{''.join(shown)}<figcaption>"
                        f"{html.escape(item['described'][route])}</figcaption></figure>")  # fmt: skip
        text.append("</div>")
    return "".join(text)


def _shown(name: str, uri: str | None, alternative: str, *, small: bool) -> str:
    said = html.escape(alternative)
    if uri is None:
        return f"<p class=soft>Too large for this page: {html.escape(name)}</p>"
    if KINDS[Path(name).suffix].startswith("image/"):
        return f'<img{" class=small" * small} src="{uri}" alt="{said}">'
    if KINDS[Path(name).suffix].startswith("text/"):
        return f"<pre>{html.escape(base64.b64decode(uri.partition(',')[2]).decode(errors='replace'))}</pre>"
    tag = "video" if KINDS[Path(name).suffix].startswith("video/") else "audio"
    return f'<{tag} controls preload="metadata" src="{uri}" aria-label="{said}"></{tag}>'


def _origin(report: Mapping[str, Any]) -> str:
    data, trained = report["data"], report["training"]
    made = yaml.safe_dump({"trained": report["trained_with"], "evaluated": report["environment"]},
                          sort_keys=False, allow_unicode=True)  # fmt: skip
    rows: list[list[Cell]] = [
        [stage, report["parameters"].get(stage), each.get("steps"), each.get("best_step"),
         _rounded(each.get("seconds")), each.get("from", "this run")]
        for stage, each in trained.items()
    ]  # fmt: skip
    recipe = yaml.safe_dump(report["recipe"], sort_keys=False, allow_unicode=True)
    return (
        f"<h2>Where it comes from</h2><p>Data: {html.escape(data['name'])}, {html.escape(data['summary'])}; "
        f"{html.escape(data['size'])}. Licence: {html.escape(data['licence'])}.</p>"
        + _table(
            "What each stage took to train.",
            ["stage", "parameters", "steps", "best step", "seconds of training", "from"],
            rows,
        )
        + f"<details><summary>The recipe</summary><pre>{html.escape(recipe)}</pre></details>"
        f"<details><summary>Command and versions</summary><pre>{html.escape(made)}</pre></details>"
    )


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]], *, wide: bool = False) -> str:
    kept = [place for place in range(len(head)) if any(row[place] is not None for row in rows)]
    titles = "".join(
        f"<th scope=col{' class=text' * any(isinstance(row[place], str) for row in rows)}>"
        f"<button type=button>{html.escape(head[place])}</button></th>"
        for place in kept
    )
    body = "".join(f"<tr>{''.join(_cell(row[place]) for place in kept)}</tr>" for row in rows)
    said = html.escape(caption)
    return (
        f"<p class=soft>{said}</p><div class='scroll{' wide' * wide}' tabindex=0>"
        f'<table aria-label="{said}"><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _cell(cell: Cell) -> str:
    value: float | str | None = cell.get("mean") if isinstance(cell, Mapping) else cell
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "<td>–</td>"
    if isinstance(value, str):
        return f'<td class=text data-value="{html.escape(value)}">{html.escape(value)}</td>'
    text = (
        figure(dict(cell))
        if isinstance(cell, Mapping)
        else f"{value:.3f}"
        if isinstance(value, float)
        else f"{value:,}"
    )
    return f'<td data-value="{value}">{text.replace("-", "−")}</td>'


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)
