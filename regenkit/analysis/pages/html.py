"""The HTML that all pages are made of: the frame they stand in, sections, lists and tables that sort."""

import html
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from string import Template

from regenkit.analysis.tables.table import Cell, Table

escape = html.escape


def page(title: str, body: str) -> str:
    """The whole page: `title` is text, `body` HTML."""
    return frame().substitute(title=escape(title), body=body)


@cache
def frame() -> Template:
    """Colours for light and dark, print and narrow screens, and the script that sorts tables."""
    return Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))


def section(title: str, *parts: str) -> str:
    """A headed section; nothing where all its parts are empty."""
    return f"<h2>{escape(title)}</h2>\n{''.join(parts)}" if any(parts) else ""


def paragraph(text: str, kind: str = "") -> str:
    named = f" class={kind}" if kind else ""
    return f"<p{named}>{escape(text)}</p>" if text else ""


def bullets(sentences: Sequence[str], kind: str = "") -> str:
    named = f" class={kind}" if kind else ""
    return f"<ul{named}>{''.join(f'<li>{_with_code(each)}</li>' for each in sentences)}</ul>"


def _with_code(text: str) -> str:
    """What stands between backticks is code."""
    return re.sub("`(.+?)`", r"<code>\1</code>", escape(text))


def folded(title: str, text: str) -> str:
    """Preformatted text that opens at a click."""
    return f"<details><summary>{escape(title)}</summary><pre>{escape(text)}</pre></details>"


def table(table: Table, *, kind: str = "") -> str:
    """Its caption, then the table, which scrolls where it is wider than the page. Empty where it has no rows."""
    if not table.rows:
        return ""
    text = [table.is_text(place) for place in range(len(table.titles))]
    head = "".join(
        f"<th scope=col{' class=text' * is_text}><button type=button>{escape(title or '#')}</button></th>"
        for title, is_text in zip(table.titles, text, strict=True)
    )
    body = "".join(
        f"<tr{' class=best' * (number == table.best)}>{''.join(map(_cell, row, text))}</tr>"
        for number, row in enumerate(table.rows)
    )
    label = f' aria-label="{escape(table.caption)}"' if table.caption else ""
    return (
        f"{paragraph(table.caption, 'soft')}<div class='{f'scroll {kind}'.strip()}' tabindex=0>"
        f"<table{label}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(cell: Cell, is_text: bool) -> str:
    kinds = " ".join(["text"] * is_text + ["flag"] * cell.flag)
    named = f' class="{kinds}"' if kinds else ""
    key = "" if cell.key is None else f' data-value="{escape(str(cell.key))}"'
    return f"<td{named}{key}>{escape(cell.text)}</td>"
