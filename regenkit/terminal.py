"""Text on a terminal. A terminal obeys control characters, so none that comes from data may reach it.

A title, a word or the name of a file may hold characters that move the cursor, change what stands above, or turn the
direction of writing. They are shown as escapes ("\\x1b") instead.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, final

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.segment import Segment

_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
"""Control characters but for tab and newline, line separators, marks of direction, halves of a surrogate pair."""


def visible(text: str) -> str:
    """The text with such characters as escapes."""
    return _COMMANDS.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def terminal(**options: Any) -> Console:
    """A rich console on which no text controls the terminal; styles still work."""
    console = Console(**options)
    console.push_render_hook(_Hook())
    return console


@final
class _Hook(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Visible(each) for each in renderables]


@final
@dataclass(frozen=True)
class _Visible:
    inner: ConsoleRenderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        segments: Iterable[Segment] = console.render(self.inner, options)
        for segment in segments:
            yield segment if segment.control else Segment(visible(segment.text), segment.style)
