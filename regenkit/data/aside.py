"""What of a dataset is left out, what of its examples could not be kept, and what lies among them and is no data, each
counted and named by reason; and how much may be left out before that is taken for a mistake.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from regenkit.errors import UserError

Aside = list[tuple[str, str]]
"""(source or example, reason)."""
FEWEST = 20
"""Fewer than this are never too many."""
SHOWN = 5
"""Reasons in a message."""
NAMED = 3
"""Names of each."""
_INSIDE = re.compile(
    r"""(?<!\w)'[^']*'|"[^"]*"|“[^”]*”|[^\s(),:;]*/[^\s(),:;]*|[^\s(),:;]+\.[a-zA-Z]\w{1,5}\b|0x[0-9a-f]+|\d+(?:[.,]\d+)*"""
)
"""What differs among reasons that are one: names in quotes, paths, files, numbers."""


@final
@dataclass(frozen=True, kw_only=True)
class Reason:
    """One reason, and what it holds for. Where its numbers and names differ, each is "…" in `text`."""

    text: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        shown = self.names[:NAMED]
        more = ", …" if len(self.names) > len(shown) else ""
        return f"{len(self.names)} × {self.text} ({', '.join(shown)}{more})"


def by_reason(aside: Sequence[tuple[str, str]]) -> list[Reason]:
    """The reasons, the commonest first. Those that differ by numbers and by names in them alone are one."""
    texts: dict[str, set[str]] = {}
    names: dict[str, list[str]] = {}
    for name, reason in aside:
        one = _INSIDE.sub("…", reason)
        texts.setdefault(one, set()).add(reason)
        names.setdefault(one, []).append(name)
    found = [Reason(text=texts[one].pop() if len(texts[one]) == 1 else one, names=tuple(names[one])) for one in names]
    return sorted(found, key=lambda reason: -len(reason.names))


def summary(aside: Sequence[tuple[str, str]]) -> str:
    """The commonest reasons in one line: "2 × is no picture (a.png, b.png); 1 × …"."""
    reasons = by_reason(aside)
    return "; ".join([*map(str, reasons[:SHOWN]), *(["…"] if len(reasons) > SHOWN else [])])


LEFT_OUT, NOT_WHOLE, NO_DATA = "left out", "read, but not all of it", "no data, not looked at"
"""The three kinds, as they are said. Of these `check` counts the first alone: hidden files are no sign of damage."""


def listed(kinds: Mapping[str, Sequence[tuple[str, str]]]) -> list[str]:
    """Lines that say all reasons of each kind: {"left out": [(name, reason), …], …}."""
    lines = []
    for what, aside in kinds.items():
        if aside:
            lines += [f"{len(aside)} {what}:", *(f"  {reason}" for reason in by_reason(aside))]
    return lines


def check(where: str, kept: int, aside: Aside) -> None:
    """Raises UserError where more was set aside than the share that REGENKIT_MAX_BAD (0.5) allows."""
    allowed = _allowed()
    total = kept + len(aside)
    if len(aside) >= FEWEST and len(aside) > allowed * total:
        raise UserError(
            f"{where}: {len(aside)} of {total} had to be set aside, more than {allowed:.0%}{_listed(aside)}\n"
            "Mend what they have in common; or, where it is right to do without them: export REGENKIT_MAX_BAD=1"
        )


def settle(where: str, kept: int, aside: Aside) -> None:
    """`check`, and raises UserError where nothing was kept."""
    check(where, kept, aside)
    if not kept:
        raise UserError(f"{where}: not one example could be used; set aside: {len(aside)}{_listed(aside)}")


def _allowed() -> float:
    text = os.environ.get("REGENKIT_MAX_BAD", "0.5")
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise UserError(f"REGENKIT_MAX_BAD={text}: right is a share from 0 to 1, as in REGENKIT_MAX_BAD=0.9")
    return share


def _listed(aside: Aside) -> str:
    reasons = by_reason(aside)
    lines = "".join(f"\n  {reason}" for reason in reasons[:SHOWN])
    return f"{lines}\n  …" if len(reasons) > SHOWN else lines
