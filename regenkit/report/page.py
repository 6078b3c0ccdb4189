"""The report as a self-contained page: no network, opens from disk."""

import html
from pathlib import Path
from typing import Any

import yaml

from regenkit.report.table import ROUTES, columns, figure

STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
div { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem }
th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid #8884; white-space: nowrap }
th:first-child, td:first-child { text-align: left }
pre { background: #8882; padding: 1rem; overflow-x: auto; font-size: .85rem }
"""


def write_html(report: dict[str, Any], path: Path) -> None:
    """Write the page whole, at `path`."""
    bits, fields = report["bits_per_step"], report["bits_by_field"]
    parts = ", ".join(f"{name} {value:.2f}" for name, value in fields["generator"].items())
    rest = ", ".join(f"{name} {value:.2f}" for name, value in fields["oracle"].items())
    worth = bits["generator_without_x"]["mean"] - bits["generator"]["mean"]
    difference = bits["predicted − direct"]
    verdict = "costs more than" if difference["mean"] > 0 else "saves against"
    text = f"""<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>regeneration report</title>
<style>{STYLE}</style>
<h1>Regeneration report</h1>
<p>{html.escape(str(report["run"]))}: {report["examples"]} test examples, {report["steps"]} steps of Y.</p>
<h2>What Y′ bought and cost</h2>
<ul>
<li>X → Y′ costs {figure(bits["generator"])} bits a step ({html.escape(parts)}); knowing X saves {worth:.3f}.</li>
<li>Y′ → Y costs {figure(bits["oracle"])} bits a step ({html.escape(rest)}).</li>
<li>The detour {verdict} the direct route of matched size: {figure(difference)} bits a step.</li>
</ul>
<h2>Every route</h2>
<div><table>{_rows(report)}</table></div>
<h2>The recipe</h2>
<pre>{html.escape(yaml.safe_dump(report["recipe"], sort_keys=False, allow_unicode=True))}</pre>
<h2>Made with</h2>
<pre>{html.escape(yaml.safe_dump(report["environment"], sort_keys=False))}</pre></html>"""
    path.write_text(text, encoding="utf-8")


def _rows(report: dict[str, Any]) -> str:
    shown = columns(report)
    head = "".join(f"<th>{html.escape(title)}</th>" for title, _ in shown)
    rows = [f"<tr><th>route</th>{head}</tr>"]
    for route, name in ROUTES.items():
        cells = "".join(f"<td>{figure(figures.get(route))}</td>" for _, figures in shown)
        rows.append(f"<tr><td>{html.escape(name)}</td>{cells}</tr>")
    return "".join(rows)
