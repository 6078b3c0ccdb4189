"""A stage's samples for many conditions: in batches of similar length, spread over devices and processes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regenkit import distribute
from regenkit.data.lengths import clocks_in_condition, drawn_axes, lengths_of
from regenkit.data.prepare import Prepared
from regenkit.data.stack import stack, unstack
from regenkit.files import write_json
from regenkit.layers.noise import derive
from regenkit.pipeline.encoding import check_drawn
from regenkit.recipe.sampling import options_of, taken
from regenkit.run_files import Longest, read_json
from regenkit.spec import Fields, Spec
from regenkit.stage import Resamples, Stage
from regenkit.stages import LONGEST, Side

BATCH = 64
LOOKED_AT = 20_000
"""Training examples whose lengths are read, evenly chosen."""


def draw(
    name: str,
    stage: Stage,
    sides: tuple[Side, Side],
    conditions: Sequence[Fields],
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
    condition, target = (side.spec for side in sides)
    clocks = clocks_in_condition(condition, target)
    known = _lengths(conditions, condition, truths, target)
    given = {name: mask for name, mask in permitted.items() if name in target}
    order = np.argsort([sum(each.values()) for each in known], kind="stable")
    batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]

    def one(number: int) -> list[Fields]:
        lengths = [known[index] for index in batches[number]]
        batch = stack([conditions[index] for index in batches[number]], condition, lengths, clocks)
        own = seed_of_batch(seed, name, number)
        if truths is None:
            drawn = stage.sample(batch, seed=own, given=given, **taken(stage, options))
        else:
            assert isinstance(stage, Resamples)
            true = stack([truths[index] for index in batches[number]], target, lengths)
            drawn = stage.resample(batch, true, seed=own, **taken(stage, options, "resample"))
        check_drawn(stage, drawn, target, len(batches[number]))
        return unstack(drawn, target, lengths)

    found: list[Fields] = [{} for _ in conditions]
    for indices, drawn in zip(batches, distribute.spread(strategy, one, len(batches)), strict=True):
        for index, fields in zip(indices, drawn, strict=True):
            found[index] = fields
    return found


def seed_of_batch(seed: int, stage: str, number: int) -> int:
    """What a stage draws its batch of that number with."""
    return derive(seed, f"{stage} batch", number)


def longest(run: Path | None, name: str, stage: Stage) -> dict[str, int]:
    """The `max_length` of a stage that draws lengths: the longest that it learned from. Where the stage has a limit of
    its own, what it draws ends by itself: a longer text is not to be spoken faster, or a longer recording cut off."""
    option = options_of(stage).get("max_length")
    if not run or not (run / name / LONGEST).exists() or (option and option.default not in (None, option.empty)):
        return {}
    return {"max_length": read_json(Longest, run, name, LONGEST)["steps"]}


def keep_longest(prepared: Prepared, condition: Side, target: Side, folder: Path) -> None:
    """Write that length into the stage's folder, unless the condition tells how long the target is."""
    axes = drawn_axes(condition.spec, target.spec)
    file = folder / LONGEST
    if not axes or file.exists():
        return
    indices = prepared.indices("train")
    steps = 1
    for index in indices[np.linspace(0, len(indices) - 1, min(LOOKED_AT, len(indices))).astype(int)]:
        sides = prepared.example(int(index))[0]
        fields = {name: found[name] for name, side in target.source.items() if (found := sides[side]) is not None}
        lengths = lengths_of(fields, target.spec)
        steps = max(steps, *(lengths.get(axis, 0) for axis in axes))
    write_json(file, Longest(steps=steps))


def ungiven(x: Fields, rep: Fields, specs: Mapping[str, Spec]) -> Fields:
    """The optional fields of Y′, all absent, as long as the drawn ones or X say."""
    lengths = {**lengths_of(x, specs["x"]), **lengths_of(rep, specs["rep"])}
    return {name: value[0] for name, value in stack([{}], specs["rep"].only(optional=True), [lengths], ()).items()}


def _lengths(
    conditions: Sequence[Fields], condition: Spec, truths: Sequence[Fields] | None, target: Spec
) -> list[dict[str, int]]:
    """Of each example, the axes whose lengths are known: those of its condition, and of the true target."""
    own = [lengths_of(each, condition) for each in conditions]
    if truths is None:
        return own
    return [{**lengths_of(true, target), **{axis: steps for axis, steps in each.items() if steps}}
            for true, each in zip(truths, own, strict=True)]  # fmt: skip
