"""Pictures within the text of a terminal, where it can show them: the protocols of iTerm2 and of kitty."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

CHUNK = 4096
"""Characters of base64 in one escape sequence of kitty's protocol."""


def show(path: Path, console: Console) -> bool:
    """Show a PNG file in the terminal. Returns whether it can; nothing is printed where it cannot."""
    if path.suffix.lower() != ".png" or not console.is_terminal:
        return False
    sequence = escaped(path.read_bytes(), os.environ)
    if sequence:
        console.file.write(f"{sequence}\n")
        console.file.flush()
    return bool(sequence)


def escaped(png: bytes, environment: Mapping[str, str]) -> str:
    """The escape sequence that shows a PNG; "" for a terminal that is not known to have one."""
    text = base64.b64encode(png).decode()
    if environment.get("TERM_PROGRAM") in ("iTerm.app", "WezTerm"):
        return f"\x1b]1337;File=inline=1;size={len(png)}:{text}\a"
    if environment.get("TERM") in ("xterm-kitty", "xterm-ghostty"):
        parts = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
        more = [f"m={int(number < len(parts) - 1)}" for number in range(len(parts))]
        heads = [f"f=100,a=T,{more[0]}", *more[1:]]
        return "".join(f"\x1b_G{head};{part}\x1b\\" for head, part in zip(heads, parts, strict=True))
    return ""
