"""How long an example is along each axis, and what a condition says of it.

A length is a number of steps of an axis (`spec.Clock`). The entries of a field follow from it by the field's hop.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from regenkit.spec import Y_AXIS, Clock, Spec

Lengths = Mapping[str, int]
"""Steps by axis."""


def lengths_of(fields: Mapping[str, np.ndarray], spec: Spec) -> dict[str, int]:
    """The steps of each axis that one example has, as the field of the smallest hop there says.

    A field with no entries says nothing where another has some: it is absent.
    """
    found: dict[Clock, int] = {}
    for name in spec:
        clock = spec.clock(name)
        if clock is not None and name in fields:
            found[clock] = max(found.get(clock, 0), len(fields[name]))
    lengths: dict[str, int] = {}
    for clock in sorted(found, key=lambda each: each.hop):
        if not lengths.get(clock.axis):
            lengths[clock.axis] = clock.steps(found[clock])
    return lengths


def check_lengths(fields: Mapping[str, np.ndarray], spec: Spec, steps: int, where: str) -> None:
    """Raises ValueError where a field that runs along Y has not the entries that cover so many steps of it. Nothing
    would fail later: the steps would lie beside others than their own. A field of no entries is absent."""
    for name in spec:
        clock = spec.clock(name)
        if clock is None or clock.axis != Y_AXIS or len(fields[name]) in (0, clock.entries(steps)):
            continue
        right = clock.entries(steps)
        raise ValueError(f"{where}: {name} has {len(fields[name])} entries; {steps} steps of Y have {right}, by its "
                         f"hop of {clock.hop}")  # fmt: skip


def clocks_in_condition(condition: Spec, target: Spec) -> tuple[Clock, ...]:
    """Whose masks a condition has: of its own clocks, and of the target's on axes along which the condition runs too.

    So it says how long the target is there. On any other axis the stage that draws the target says it.
    """
    return unique([*condition.clocks, *(clock for clock in target.clocks if clock.axis in condition.axes)])


def drawn_axes(condition: Spec, target: Spec) -> tuple[str, ...]:
    """The axes of a target whose lengths its condition does not tell."""
    return tuple(axis for axis in target.axes if axis not in condition.axes)


def unique(clocks: Iterable[Clock]) -> tuple[Clock, ...]:
    return tuple(dict.fromkeys(clocks))
