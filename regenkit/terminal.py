"""Text on a terminal. A terminal obeys control characters, so none that comes from data may reach it.

A title, a word or the name of a file may hold characters that move the cursor, change what stands above, or turn the
direction of writing. They are shown as escapes ("\\x1b") instead.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
"""Control characters but for tab and newline, line separators, marks of direction, halves of a surrogate pair."""


def visible(text: str) -> str:
    """The text with such characters as escapes."""
    return _COMMANDS.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def terminal(**options: Any) -> Console:
    """A rich console on which no text controls the terminal; styles still work."""
    from rich.console import Console

    from regenkit.harmless import Harmless

    console = Console(**options)
    console.push_render_hook(Harmless(visible))
    return console
