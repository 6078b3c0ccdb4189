"""A rich console's hook through which all text goes.

It is apart from `terminal` because rich takes a while to import, and most commands begin without it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import final

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.segment import Segment


@final
class Harmless(RenderHook):
    def __init__(self, visible: Callable[[str], str]) -> None:
        self.visible = visible

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Visible(each, self.visible) for each in renderables]


@final
@dataclass(frozen=True)
class _Visible:
    inner: ConsoleRenderable
    visible: Callable[[str], str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        segments: Iterable[Segment] = console.render(self.inner, options)
        for segment in segments:
            yield segment if segment.control else Segment(self.visible(segment.text), segment.style)
