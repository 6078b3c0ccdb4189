"""What every page stands in: colours for light and dark, print and narrow screens, and tables that sort."""

import html
from functools import cache
from pathlib import Path
from string import Template


def framed(title: str, body: str) -> str:
    """The whole page: `title` is text, `body` HTML."""
    return template().substitute(title=html.escape(title), body=body)


@cache
def template() -> Template:
    return Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
