"""Held-out bits: what it costs to write down Y, or Y′, under a trained stage. −log₂ P, by example and field."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from regenkit.analysis.measures.examples import Pair
from regenkit.data.stack import stack
from regenkit.distribute import spread
from regenkit.pipeline import Pipeline
from regenkit.spec import Fields, Spec
from regenkit.stage import HasLikelihood
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
    """Bits of each target field of `stage`, each [examples].

    withhold   hide X, to see what it is worth
    rep        render from these Y′ instead of the true ones
    """
    condition, target = pipeline.sides(stage)
    model: Any = pipeline.stage(stage)

    def batch_bits(number: int) -> dict[str, np.ndarray]:
        batch = slice(number * BATCH, (number + 1) * BATCH)
        part = pairs[batch]
        reps = rep[batch] if rep is not None else [each["rep"] for each in part]
        lengths = [pipeline.specs["y"].steps(each["y"]) for each in part] if pipeline.runs(stage) else None

        def pick(side: Side, read: bool = True) -> Fields:
            rows = [
                {name: {**each, "rep": known}[side.source[name]][name]
                 for name in side.spec if read or side.source[name] != "x"}
                for each, known in zip(part, reps, strict=True)
            ]  # fmt: skip
            return stack(rows, side.spec, lengths)

        log_prob = model.field_log_prob(pick(condition, read=not withhold), pick(target))
        return {name: -np.asarray(value) / np.log(2) for name, value in log_prob.items()}

    parts = spread(pipeline.strategy, batch_bits, -(-len(pairs) // BATCH))
    found = {name: np.concatenate([part[name] for part in parts]) for name in target.spec}
    for name, field in target.spec.items():
        if field.levels:  # of a density, what lies within a level: Theis et al. 2016, arXiv 1511.01844
            found[name] += np.log2((field.levels - 1) / 2) * _size(field.shape)
    return found


def _size(shape: tuple[int | None, ...]) -> int:
    return math.prod(size or 1 for size in shape)


def has_bits(pipeline: Pipeline, stage: str) -> bool:
    """Whether the stage has a likelihood; diffusion and adversarial models have none."""
    return isinstance(pipeline.stage(stage), HasLikelihood)


def unigram_bits(spec: Spec, learned: Sequence[Pair], pairs: Sequence[Pair]) -> dict[str, np.ndarray]:
    """Bits of each field of Y under the frequencies of the training pairs `learned`, one count added to every token."""
    counts = {name: np.ones((field.vocabulary or 0) + 1, np.int64) for name, field in spec.items()}
    for each in learned:
        for name, count in counts.items():
            count += np.bincount(np.ravel(each["y"][name]), minlength=len(count))
    found = {}
    for name, count in counts.items():
        frequency = count[1:] / count[1:].sum()
        cost = np.concatenate([[0.0], -np.log2(frequency)])  # what is absent costs nothing
        found[name] = np.array([cost[np.ravel(each["y"][name])].sum() for each in pairs])
    return found
