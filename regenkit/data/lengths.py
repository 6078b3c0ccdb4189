"""How long an example is along each axis, and what a condition says of it.

A length is a number of steps of an axis (`spec.Clock`). The entries of a field follow from it by the field's hop.
"""

from collections.abc import Mapping

import numpy as np

from regenkit.spec import Y_AXIS, Clock, Fields, Spec

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


def check_lengths(fields: Fields, spec: Spec, y: Fields, y_spec: Spec, where: str) -> None:
    """Raises ValueError where a field that runs along Y has not the entries that cover the steps of `y`. Nothing would
    fail later: the steps would lie beside others than their own. A field of no entries is absent."""
    steps = lengths_of(y, y_spec).get(Y_AXIS, 0)
    for name in spec:
        clock = spec.clock(name)
        if steps and clock and clock.axis == Y_AXIS and len(fields[name]) not in (0, right := clock.entries(steps)):
            raise ValueError(f"{where}: {name} has {len(fields[name])} entries; {steps} steps of Y have {right}, by "
                             f"its hop of {clock.hop}")  # fmt: skip


def clocks_in_condition(condition: Spec, target: Spec) -> tuple[Clock, ...]:
    """Whose masks a condition has: of its own clocks, and of the target's on axes along which the condition runs too.

    So it says how long the target is there. On any other axis the stage that draws the target says it.
    """
    known = [*condition.clocks, *(clock for clock in target.clocks if clock.axis in condition.axes)]
    return tuple(dict.fromkeys(known))


def drawn_axes(condition: Spec, target: Spec) -> tuple[str, ...]:
    """The axes of a target whose lengths its condition does not tell."""
    return tuple(axis for axis in target.axes if axis not in condition.axes)
