"""The gallery of the report's page: the files of `gallery`, within the page, as far as there is room."""

import base64
import math
from pathlib import Path

from regenkit.analysis.findings.wording import ROUTES, one
from regenkit.analysis.pages import html
from regenkit.analysis.pages.embed import KINDS, data_uri, is_small
from regenkit.analysis.pages.html import escape
from regenkit.analysis.results.report import GalleryItem, Report


def gallery(report: Report, folder: Path, room: int) -> str:
    """The section, of about `room` bytes at most; the files lie in `folder`."""
    files = [file for item in report.gallery for each in item.files.values() for file in each]
    if not files:
        return ""
    chosen = "Best, median and worst by held-out bits of the predicted route; first"
    if all(item.bits is None for item in report.gallery):
        chosen = "Evenly chosen; first"
    text = [html.paragraph(f"{chosen} samples, not chosen by ear or eye.", "soft")]
    limit = room // len(files) * 2  # some are far smaller than others
    for item in report.gallery:
        shown, used = _item(item, report.unit, folder, limit, room)
        text.append(shown)
        room -= used
    return html.section("The same inputs by every route", *text)


def _item(item: GalleryItem, unit: str, folder: Path, limit: int, room: int) -> tuple[str, int]:
    """(one example by its routes, bytes of the files in it)"""
    bits = "" if item.bits is None else f", {item.bits:.2f} bits {one(unit)}"
    if item.bits is not None and not math.isfinite(item.bits):
        bits = ", impossible by the predicted route"
    title = escape(f"{item.rank.capitalize()}: {item.id}{bits}")
    text = [f"<h3>{title}</h3>{html.paragraph(item.x)}<div class=routes>"]
    used = 0
    for route, files in item.files.items():
        name, described = ROUTES.get(route, route), item.described[route]
        shown = []
        for file in files:
            uri = data_uri(folder / file, min(limit, room - used))
            used += len(uri or "")
            shown.append(_embedded(folder / file, file, uri, f"{name}: {described}"))
        rep = (
            f"<details><summary>Y′</summary><pre>{escape(item.rep[route])}</pre></details>" if route in item.rep else ""
        )
        text.append(
            f"<figure><h4>{escape(name)}</h4>{''.join(shown)}<figcaption>{escape(described)}</figcaption>{rep}</figure>"
        )
    return "".join([*text, "</div>"]), used


def _embedded(path: Path, name: str, uri: str | None, alternative: str) -> str:
    if uri is None:
        return html.paragraph(f"Too large for this page: {name}", "soft")
    kind, label = KINDS[path.suffix].partition("/")[0], escape(alternative)
    if kind == "image":
        return f'<img{" class=small" * is_small(path)} src="{uri}" alt="{label}">'
    if kind == "text":
        return f"<pre>{escape(base64.b64decode(uri.partition(',')[2]).decode(errors='replace'))}</pre>"
    return f'<{kind} controls preload="metadata" src="{uri}" aria-label="{label}"></{kind}>'
