"""Models that draw a target step by step beside its condition, and no length: what they refuse."""

from regenkit.spec import Clock, Spec


def one_clock(condition: Spec, target: Spec, name: str) -> Clock:
    """The clock of a target, along whose axis all of its condition runs. Raises ValueError where that is not so."""
    clocks = target.clocks
    if len(clocks) != 1:
        listed = ", ".join(map(str, clocks))
        raise ValueError(f"{name} draws fields of one clock; {', '.join(target)} are on several ({listed}): use ladder")
    if clocks[0].axis not in condition.axes:
        raise ValueError(
            f"{name} cannot say how long {', '.join(target)} is: right is a condition that runs along the same axis "
            f"({clocks[0].axis}), or a model that draws the length, as the transformer does of tokens"
        )
    other = [each for each in condition if (own := condition.clock(each)) and own.axis != clocks[0].axis]
    fixed = [each for each, field in condition.items() if not field.variable and not field.scalar]
    if other or fixed:
        raise ValueError(
            f"{name} reads its condition step by step: {', '.join(other + fixed)} runs along no step of "
            f"{', '.join(target)}; right are scalars and fields along the axis {clocks[0].axis}"
        )
    return clocks[0]
