"""The second principle of regeneration learning: Y′ should keep what X knows something of, and leave the rest out
(Tan et al. 2023, arXiv 2301.08846, section 2.1). Where it is broken, by figures, and in words.
"""

import math

from regenkit.analysis.findings.significance import reach
from regenkit.analysis.findings.wording import number, percent
from regenkit.analysis.results.figure import Cost, StageCost
from regenkit.spec import END

MUCH, LITTLE = 0.1, 0.1
"""A field costs much from this share of the bits of X → Y′ on; X saves little below this share of a field's bits."""


def unknown(generator: StageCost) -> list[str]:
    """The fields of Y′ that break the principle, the costliest first: they cost much of X → Y′, and X saves little of
    that, or nothing as far as the examples show."""
    broken = [name for name, cost in generator.fields.items() if not is_end(name) and _breaks(cost, generator.total)]
    return sorted(broken, key=lambda name: -generator.fields[name].bits.mean)


def is_end(name: str) -> bool:
    """Whether it is what says that an axis ends, and no field that could be left out."""
    return name.split(" ")[0] == END


def _breaks(cost: Cost, total: Cost) -> bool:
    if cost.saved is None or not cost.saved.defined or cost.bits.mean < MUCH * total.bits.mean:
        return False
    return cost.share_saved < LITTLE or may_save_nothing(cost)


def may_save_nothing(cost: Cost) -> bool:
    return cost.saved is not None and cost.saved.interval is not None and cost.saved.interval[0] <= 0


def is_known(cost: Cost) -> bool:
    """Whether anything is known of how sure it is what X saves: of few examples and one seed there is not."""
    return cost.saved is not None and math.isfinite(reach(cost.saved)[0])


def is_sure(cost: Cost) -> bool:
    """Whether X saves little of a field even by the upper end of the interval and the spread."""
    return cost.saved is not None and reach(cost.saved)[1] < LITTLE * (cost.bits.mean + cost.saved.mean)


def broken_by(name: str, generator: StageCost, *, in_y: bool, where: str = "") -> str:
    """The sentence on a field that breaks the principle, or may break it as far as the figures show.

    in_y    Y holds the field too
    where   which of several Y′ it is a field of, e.g. "in timing "
    """
    cost = generator.fields[name]
    unsure = ", and perhaps nothing" if may_save_nothing(cost) else ""
    if in_y:
        more = "Y holds it too, so a Y′ without it pays for it in Y′ → Y."
    else:
        more = "Y does not hold it, so its bits are lost, but for what they spare Y′ → Y."
    verb = "breaks" if is_sure(cost) else "may break"
    return (
        f"{name} {verb} the second principle, that Y′ keep what X knows of and leave out the rest: {where}it costs "
        f"{number(cost.bits.mean)} of the {number(generator.total.bits.mean)} bits of X → Y′, of which X saves "
        f"{percent(max(cost.share_saved, 0.0), 1)}{unsure}. {more}"
    )
