"""A stage's samples for many conditions: in batches of similar length, spread over devices and processes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from regenkit import distribute
from regenkit.data.stack import stack, unstack
from regenkit.layers.noise import derive
from regenkit.recipe.sampling import taken
from regenkit.spec import Fields
from regenkit.stage import Resamples, Stage
from regenkit.stages import Side

BATCH = 64


def draw(
    name: str,
    stage: Stage,
    sides: tuple[Side, Side],
    conditions: Sequence[Fields],
    lengths: Sequence[int],
    *,
    strategy: Any,
    seed: int,
    permitted: Mapping[str, np.ndarray],
    truths: Sequence[Fields] | None,
    options: Mapping[str, Any],
) -> list[Fields]:
    """Targets of the stage called `name` for conditions of any lengths, in their order.

    options  sampling options; the stage takes those that it has
    truths   draw each step given these true earlier ones, by a stage that `Resamples`
    """
    condition, target = sides
    along = any(side.spec.runs for side in sides)  # whether there are steps, and so a mask
    given = {name: mask for name, mask in permitted.items() if name in target.spec}
    order = np.argsort(lengths, kind="stable")
    batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]

    def one(number: int) -> list[Fields]:
        sizes = [lengths[place] for place in batches[number]]
        padded = sizes if along else None
        batch = stack([conditions[place] for place in batches[number]], condition.spec, padded)
        own = derive(seed, f"{name} batch", number)
        if truths is None:
            drawn = stage.sample(batch, seed=own, given=given, **taken(stage, options))
        else:
            assert isinstance(stage, Resamples)
            known = stack([truths[place] for place in batches[number]], target.spec, padded)
            drawn = stage.resample(batch, known, seed=own, **taken(stage, options, "resample"))
        return unstack(drawn, target.spec, sizes)

    found: list[Fields] = [{} for _ in conditions]
    for places, drawn in zip(batches, distribute.spread(strategy, one, len(batches)), strict=True):
        for place, fields in zip(places, drawn, strict=True):
            found[place] = fields
    return found
