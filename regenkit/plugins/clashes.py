"""One name in several distributions: which component a recipe means.

regenkit's own components keep their names, so that no plugin changes what a recipe says. Between two plugins a recipe
chooses by `use: DIST:NAME`; where it does not, it is refused. Other recipes are not concerned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

from regenkit.components import Component
from regenkit.errors import UserError
from regenkit.origin import CORE, Origin


@final
@dataclass(frozen=True, kw_only=True)
class Clash:
    """`keeps` is the distribution that the name alone means; empty where it means none."""

    role: str
    name: str
    distributions: tuple[str, ...]
    keeps: str

    def __str__(self) -> str:
        full = " or ".join(f"{each}:{self.name}" for each in self.distributions if each != self.keeps)
        means = f"means that of {self.keeps}; for the other" if self.keeps else "is refused;"
        return f"{self.role} {self.name} is in {' and '.join(self.distributions)}: the name {means} write {full}"


def clashes(role: str, components: Sequence[Component]) -> list[Clash]:
    by_name: dict[str, list[str]] = {}
    for each in components:
        by_name.setdefault(each.name, []).append(each.origin.distribution or "this process")
    return [
        Clash(role=role, name=name, distributions=tuple(found), keeps=CORE if CORE in found else "")
        for name, found in by_name.items() if len(found) > 1
    ]  # fmt: skip


def chosen(role: str, name: str, components: Sequence[Component], near: Origin) -> Component | None:
    """The component that `name` or "DIST:NAME" means; None where there is none. Raises UserError where it is unclear.

    One that is chosen by its distribution is named by it from then on, so that runs and caches tell the two apart.
    """
    distribution, _, short = name.rpartition(":")
    found = [each for each in components if each.name == short]
    if distribution:
        return next((replace(each, name=name) for each in found if each.origin.named(distribution)), None)
    for keeper in (near.distribution, CORE):
        if own := [each for each in found if each.origin.distribution == keeper and keeper]:
            return own[0]
    if len(found) > 1:
        listed = " and ".join(f"{each.origin} ({each.target})" for each in found)
        full = " or ".join(f"{each.origin.distribution}:{short}" for each in found)
        raise UserError(f"two {role}s are named {name!r}: of {listed}; choose one: write {full}")
    return found[0] if found else None
