"""What is left out of a dataset, what could not be kept of its examples, and what lies among them and is no data, each
counted and named by reason. Also how much may be left out before preparation stops.
"""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import final

from regenkit.errors import UserError

Skipped = list[tuple[str, str]]
"""(source or example, reason)."""
FEWEST = 20
"""Below this number preparation never stops."""
SHOWN = 5
"""How many reasons a message shows."""
NAMED = 3
"""How many names it shows for each."""
_INSIDE = re.compile(
    r"""(?<!\w)'[^']*'|"[^"]*"|“[^”]*”|[^\s(),:;]*/[^\s(),:;]*|[^\s(),:;]+\.[a-zA-Z]\w{1,5}\b|0x[0-9a-f]+|\d+(?:[.,]\d+)*"""
)
"""What may differ between two wordings of the same reason: names in quotes, paths, files, numbers."""
_LIST = re.compile("…(?:, …)+")


@final
@dataclass(frozen=True, kw_only=True)
class Reason:
    """One reason, and the names of what it applies to. Where its numbers and names differ, `text` is the first."""

    text: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        shown = self.names[:NAMED]
        more = ", …" if len(self.names) > len(shown) else ""
        return f"{len(self.names)} × {self.text} ({', '.join(shown)}{more})"


def by_reason(skipped: Sequence[tuple[str, str]]) -> list[Reason]:
    """The reasons, the most frequent first. Those that differ only in numbers and names are one."""
    texts: dict[str, dict[str, None]] = {}
    names: dict[str, list[str]] = {}
    for name, reason in skipped:
        one = _LIST.sub("…", _INSIDE.sub("…", reason))
        texts.setdefault(one, {})[reason] = None
        names.setdefault(one, []).append(name)
    found = [Reason(text=next(iter(texts[one])) + ", or the like" * (len(texts[one]) > 1), names=tuple(names[one]))
             for one in names]  # fmt: skip
    return sorted(found, key=lambda reason: -len(reason.names))


def commonest(skipped: Sequence[tuple[str, str]]) -> str:
    """The most frequent reasons, each on a line that begins with a newline: "\\n  2 × is no picture (a.png, b.png)"."""
    reasons = by_reason(skipped)
    return "".join(f"\n  {reason}" for reason in [*reasons[:SHOWN], *["…"] * (len(reasons) > SHOWN)])


LEFT_OUT, NOT_WHOLE, NO_DATA = "left out", "read, but not all of it", "no data, not looked at"
OUTDATED = "of whose code these data were prepared"
"""The kinds. Of these `check` counts the first alone: hidden files are no sign of damage."""


def listed(kinds: Mapping[str, Sequence[tuple[str, str]]]) -> list[str]:
    """Lines with all reasons of each kind: {"left out": [(name, reason), …], …}."""
    lines = []
    for what, skipped in kinds.items():
        if skipped:
            lines += [f"{len(skipped)} {what}:", *(f"  {reason}" for reason in by_reason(skipped))]
    return lines


def check(where: str, kept: int, skipped: Skipped) -> None:
    """Raises UserError where more was left out than the fraction that REGENKIT_MAX_BAD (0.5) allows."""
    allowed = _allowed()
    total = kept + len(skipped)
    if len(skipped) >= FEWEST and len(skipped) > allowed * total:
        without = " To train without them: export REGENKIT_MAX_BAD=1" if kept else ""  # of none nothing can be learned
        raise UserError(
            f"{where}: {len(skipped)} of {total} had to be left out, more than {allowed:.0%}{commonest(skipped)}\n"
            f"Correct what they have in common.{without}"
        )


def settle(where: str, kept: int, skipped: Skipped) -> None:
    """`check`, and raises UserError where nothing was kept."""
    check(where, kept, skipped)
    if not kept:
        raise UserError(f"{where}: no example could be used; left out: {len(skipped)}{commonest(skipped)}")


def _allowed() -> float:
    text = os.environ.get("REGENKIT_MAX_BAD", "0.5")
    with suppress(ValueError):
        if 0 <= (share := float(text)) <= 1:
            return share
    raise UserError(f"REGENKIT_MAX_BAD={text}: right is a number from 0 to 1, as in REGENKIT_MAX_BAD=0.9")
