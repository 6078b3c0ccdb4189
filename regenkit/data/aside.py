"""What of a dataset is set aside, and how much of it may be before that is taken for a mistake."""

import os

from regenkit.errors import UserError

Aside = list[tuple[str, str]]
"""(source or example, reason)."""
FEWEST = 20
"""Fewer than this are never too many."""
SHOWN = 5


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
    lines = "".join(f"\n  {name}: {reason}" for name, reason in aside[:SHOWN])
    return f"{lines}\n  …" if len(aside) > SHOWN else lines
