"""Text that somebody sent is shown as text: by a terminal, on a page, in a model card."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from regenkit.analysis.pages import html
from regenkit.analysis.tables.table import Cell, Table, as_markdown, markdown
from regenkit.terminal import terminal, visible

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
HOSTILE = "\x1b]0;owned\x07<script>alert(1)</script> | [x](javascript:y) `a` ```\n\u202e\x9b2J\r\u2028 end"

COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@given(st.text())
def test_no_text_tells_a_terminal_anything(text: str) -> None:
    shown = visible(text)
    assert not COMMANDS.search(shown)
    if not COMMANDS.search(text) and text.isprintable():
        assert shown == text


@pytest.mark.parametrize("markup", [True, False])
def test_a_console_shows_commands_and_keeps_styles(markup: bool, capsys: pytest.CaptureFixture[str]) -> None:
    console = terminal(force_terminal=True, color_system="standard", width=500)
    console.print(Text(HOSTILE, style="red"))
    console.print(HOSTILE.replace("[", "("), markup=markup)
    said = capsys.readouterr().out
    assert "\\x1b" in said and "\x1b[31m" in said
    assert not COMMANDS.search(re.sub(r"\x1b\[[\d;]*m", "", said))


class _Reader(HTMLParser):
    """What a browser would find."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_no_text_is_a_tag_of_a_page() -> None:
    table = Table(titles=["name", HOSTILE], rows=[[Cell(HOSTILE, HOSTILE), Cell('"><script>', '"><script>')]],
                  caption=HOSTILE)  # fmt: skip
    parts = (html.paragraph(HOSTILE), html.bullets([HOSTILE]), html.folded(HOSTILE, HOSTILE), html.table(table))
    page, plain = _Reader(), _Reader()
    page.feed(html.page(HOSTILE, html.section(HOSTILE, *parts)))
    plain.feed(html.page("x", ""))
    assert sum(tag == "script" for tag, _ in page.tags) == sum(tag == "script" for tag, _ in plain.tags)
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)]
    assert not [attrs for _, attrs in page.tags if (attrs.get("href") or "").startswith("javascript")]


def test_no_text_is_markup_of_a_model_card() -> None:
    table = Table(titles=["name", "value"], rows=[[Cell(HOSTILE, HOSTILE), Cell("1", 1)]])
    found = as_markdown(table)
    assert len(found.splitlines()) == 3
    assert "<script" not in found and not COMMANDS.search(found)
    assert not re.search(r"(?<!\\)\[x\]", found)
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 3 for line in found.splitlines())
    assert "\n" not in markdown(HOSTILE)
