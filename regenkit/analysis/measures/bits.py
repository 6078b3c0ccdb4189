"""Held-out bits: what it costs to write down Y, or Y′, under a trained stage. −log₂ P, by example and field."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from regenkit.analysis.measures.examples import Pair
from regenkit.data.lengths import clocks_in_condition, drawn_axes, lengths_of
from regenkit.data.prepare import Prepared
from regenkit.data.stack import stack
from regenkit.distribute import spread
from regenkit.pipeline import Pipeline
from regenkit.run.origin import settings_of
from regenkit.spec import END, Y_AXIS, Fields, Spec
from regenkit.stage import DropsCondition, HasLikelihood
from regenkit.stages import Side

BATCH = 64


def stage_bits(
    pipeline: Pipeline,
    stage: str,
    pairs: Sequence[Pair],
    *,
    withhold: bool = False,
    rep: Sequence[Fields] | None = None,
) -> dict[str, np.ndarray]:
    """Bits of each target field of `stage`, each [examples]; of one that draws lengths those of "end of AXIS" too.

    withhold   hide X, to see what it is worth
    rep        render from these Y′ instead of the true ones
    """
    condition, target = pipeline.sides(stage)
    model: Any = pipeline.stage(stage)

    def batch_bits(number: int) -> dict[str, np.ndarray]:
        batch = slice(number * BATCH, (number + 1) * BATCH)
        part = pairs[batch]
        reps = rep[batch] if rep is not None else [each["rep"] for each in part]

        def pick(side: Side) -> list[Fields]:
            return [
                {name: {**each, "rep": known}[side.source[name]][name] for name in side.spec}
                for each, known in zip(part, reps, strict=True)
            ]

        read, drawn = pick(condition), pick(target)
        lengths = [{**lengths_of(a, condition.spec), **lengths_of(b, target.spec)}
                   for a, b in zip(read, drawn, strict=True)]  # fmt: skip
        if withhold:  # what runs along Y is still known to be so long
            read = [{name: value for name, value in each.items() if condition.source[name] != "x"} for each in read]
            own = set(pipeline.specs["x"].axes) - {Y_AXIS}
            lengths = [{**each, **dict.fromkeys(own, 0)} for each in lengths]
        clocks = clocks_in_condition(condition.spec, target.spec)
        log_prob = model.field_log_prob(
            stack(read, condition.spec, lengths, clocks), stack(drawn, target.spec, lengths)
        )
        bits = {name: -np.asarray(value) / np.log(2) for name, value in log_prob.items()}
        if END in bits:
            bits[end_of(drawn_axes(condition.spec, target.spec)[0])] = bits.pop(END)
        return bits

    parts = spread(pipeline.strategy, batch_bits, -(-len(pairs) // BATCH))
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    for name, field in target.spec.items():
        if field.levels:  # of a density, what lies within a level: Theis et al. 2016, arXiv 1511.01844
            found[name] += np.log2((field.levels - 1) / 2) * _size(field.shape)
    return found


def learned_without_x(pipeline: Pipeline, prepared: Prepared, stage: str) -> bool:
    """Whether training showed a stage examples without X. If not, what it says without X is worth nothing."""
    model = pipeline.stage(stage)
    if isinstance(model, DropsCondition) and model.condition_dropout > 0:
        return True
    some = pipeline.recipe.paired_fraction < 1 or len(prepared.indices("train", paired=False)) > 0
    return some and settings_of(pipeline.recipe, stage).paired_share < 1  # else pairs alone are learned from


def end_of(axis: str) -> str:
    """The name of what it costs to say where an axis ends."""
    return f"{END} of {axis}"


def _size(shape: tuple[int | None, ...]) -> int:
    return math.prod(size or 1 for size in shape)


def has_bits(pipeline: Pipeline, stage: str) -> bool:
    """Whether the stage has a likelihood; diffusion and adversarial models have none."""
    return isinstance(pipeline.stage(stage), HasLikelihood)


def unigram_bits(
    spec: Spec, learned: Sequence[Pair], pairs: Sequence[Pair], drawn: Sequence[str] = ()
) -> dict[str, np.ndarray]:
    """Bits of each field of Y under the frequencies of the training pairs `learned`, one count added to every token.

    drawn   the axes whose length must be said too: as if each step were the last with one and the same probability
    """
    counts = {name: np.ones((field.vocabulary or 0) + 1, np.int64) for name, field in spec.items()}
    for each in learned:
        for name, count in counts.items():
            count += np.bincount(np.ravel(each["y"][name]), minlength=len(count))
    found = {}
    for name, count in counts.items():
        frequency = count[1:] / count[1:].sum()
        cost = np.concatenate([[0.0], -np.log2(frequency)])  # what is absent costs nothing
        found[name] = np.array([cost[np.ravel(each["y"][name])].sum() for each in pairs])
    for axis in drawn:
        steps = np.array([lengths_of(each["y"], spec)[axis] for each in pairs])
        ends = 1 / (1 + np.mean([lengths_of(each["y"], spec)[axis] for each in learned]))
        found[end_of(axis)] = -np.log2(ends) - steps * np.log2(1 - ends)
    return found
