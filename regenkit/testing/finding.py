"""What a check found: on one screen, expected, got, where, and the remedy."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, final

LONGEST = 600
"""Characters of a value that a finding shows."""


@final
class Failed(AssertionError):
    """A check did not find what it expected."""

    def __init__(self, got: str, remedy: str, *, expected: str = "", where: str = "") -> None:
        super().__init__(got)
        self.got, self.remedy, self.expected, self.where = got, remedy, expected, where


@final
class Skipped(Exception):
    """A check that says nothing here, and why."""


@final
@dataclass(frozen=True, kw_only=True)
class Finding:
    """state  "ok", "failed" or "skipped"
    got    of a check that was skipped: why
    """

    component: str
    check: str
    state: Literal["ok", "failed", "skipped"]
    expected: str = ""
    got: str = ""
    where: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        if self.state != "failed":
            return f"{self.component}: {self.check}" + (f": {self.got}" if self.got else "")
        said = {"expected": self.expected, "got": self.got, "where": self.where, "remedy": self.remedy}
        lines = [f"  {name:8} {_short(value)}" for name, value in said.items() if value]
        return "\n".join([f"{self.component}: {self.check}", *lines])

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def _short(text: str) -> str:
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
    return shown.replace("\n", "\n           ")
