"""Optimisers and statistics of a model that is made of several stages, one of which may have several optimisers."""

from collections.abc import Mapping, Sequence
from typing import Any

from regenkit.layers.statistics import of_part
from regenkit.stage import HasGroups, LearnsStatistics

MAIN = "main"


def groups_of(stage: Any) -> dict[str, list[Any]]:
    """The variables of each optimiser of a stage; "main" where it has one."""
    return stage.groups() if isinstance(stage, HasGroups) else {MAIN: stage.trainable_variables}


def merged(variables: Sequence[Any], part: str, stage: Any) -> dict[str, list[Any]]:
    """One group for these variables and the stage's first group, and one for each further group (an adversary's)."""
    first, *others = groups_of(stage).items()
    return {MAIN: [*variables, *first[1]], **{name_of(group, part, stage): own for group, own in others}}


def name_of(group: str, part: str, stage: Any) -> str:
    """What a group of the stage, which is that part, is called in the whole."""
    return MAIN if group == next(iter(groups_of(stage))) else f"{part}_{group}"


def absorb(parts: Mapping[str, Any], statistics: dict[str, Any]) -> None:
    """Hand each part the statistics that have its name in front."""
    for name, stage in parts.items():
        if (mine := of_part(name, statistics)) and isinstance(stage, LearnsStatistics):
            stage.absorb(mine)
