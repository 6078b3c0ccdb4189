"""Check of a likelihood of tokens: of all the targets that there could be, the probabilities add up to at most 1.

A model that reads from its target what it should predict, the step itself or later ones, gives more to each than there
is to give. Company, padding and the sign of a likelihood say nothing of it.
"""

import math
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np

from regenkit.components import Component
from regenkit.spec import Spec
from regenkit.stage import CONDITION, TARGET, HasLikelihood
from regenkit.testing.finding import Failed, Skipped
from regenkit.testing.learning import learning
from regenkit.testing.material import Material
from regenkit.testing.weights import spread

MOST = 1500
"""The most targets that are tried."""
ERROR = 1e-2
"""By how much the sum may be above 1, of rounding."""


def probabilities_add_up_to_one(component: Component, material: Material, stage: str) -> None:
    """The probabilities that `field_log_prob` gives to all targets of two steps or one, or of a small fixed shape, add
    up to at most 1."""
    model, batch = learning(material, stage)
    if not isinstance(model, HasLikelihood):
        raise Skipped("it has no field_log_prob")
    condition, target = (side.spec for side in material.pipeline.sides(stage))
    if any(field.vocabulary is None for field in target.values()):
        raise Skipped("its target has numbers")
    spread(model)
    for steps in (2, 1):
        short = {CONDITION: cut(batch[CONDITION], condition | target, steps), TARGET: cut(batch[TARGET], target, steps)}
        whole = [row for row in range(len(material.indices)) if _is_whole(short[TARGET], target, steps, row)]
        every = all_of(target, {name: np.shape(short[TARGET][name])[1:] for name in target})
        if whole and every:
            break
    else:
        raise Skipped(f"of one step there are more than {MOST} targets")
    count = len(next(iter(every.values())))
    for row in (whole[0], whole[-1]):
        known = {side: {name: np.repeat(value[row : row + 1], count, 0) for name, value in short[side].items()}
                 for side in short}  # fmt: skip
        found = model.field_log_prob(known[CONDITION], {**known[TARGET], **every})
        total = float(np.exp(sum(np.asarray(value, np.float64) for value in found.values())).sum())
        if not total <= 1 + ERROR:
            raise Failed(f"those of the {count} targets that there could be add up to {total:.4g}",
                         "predict an entry from the condition and earlier entries alone: shift by one step what the "
                         "model reads of its target, and hide later steps from attention and convolutions")  # fmt: skip


def all_of(target: Spec, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Every target of these shapes, as a batch; nothing where there are more than MOST."""
    sizes = [target[name].vocabulary or 0 for name, shape in shapes.items() for _ in range(math.prod(shape))]
    if math.prod(sizes) > MOST:
        return {}
    every = np.array(list(product(*(range(1, size + 1) for size in sizes))), np.int32)
    ends = np.cumsum([math.prod(shape) for shape in shapes.values()])
    parts = np.split(every, ends[:-1], axis=1)
    return {name: part.reshape(len(every), *shapes[name]) for name, part in zip(shapes, parts, strict=True)}


def _is_whole(side: Mapping[str, Any], spec: Spec, steps: int, row: int) -> bool:
    """Whether an example has so many steps on every clock of `spec`."""
    masks = [(clock, np.asarray(side[clock.mask])[row]) for clock in spec.clocks if clock.mask in side]
    return all(mask.sum() == clock.entries(steps) for clock, mask in masks)


def cut(side: Mapping[str, Any], spec: Spec, steps: int) -> dict[str, Any]:
    """Condition or target with the first steps of each axis alone; `spec` as for `stages.pad`."""
    most = {clock.mask: clock.entries(steps) for clock in spec.clocks}
    most |= {name: clock.entries(steps) for name in spec if (clock := spec.clock(name))}
    return {name: value[:, : most[name]] if name in most else value for name, value in side.items()}
