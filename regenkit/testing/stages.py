"""Checks of a stage that draws: its samples are valid, and depend on seed, condition and place alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from regenkit.components import Component, Converter, Generator, Renderer
from regenkit.conform import refuse_unfit
from regenkit.errors import UserError
from regenkit.pipeline.encoding import check_drawn
from regenkit.spec import MASK, Spec
from regenkit.stage import ChecksSampling, Stage, draws_length
from regenkit.testing.finding import Failed, Skipped, same
from regenkit.testing.material import Material, graphs_counted
from regenkit.testing.weights import spread

MORE = 16
"""Steps of padding that are added."""
SEEDS = 3
"""Of the samples that are compared: what mixes examples a little changes only some of them."""
FLOAT = 2e-3
"""How far drawn numbers may differ between batches, whose sums are in another order."""


def it_is_built_for_these_specs(component: Component, material: Material, stage: str) -> None:
    """Built for the condition and target of this recipe, it has what its types in regenkit/stage.py have."""
    model = material.build(stage)
    refuse_unfit(component, model)
    for name in ("condition", "target") if isinstance(model, Stage) else ():
        side = material.pipeline.sides(stage)[name == "target"].spec
        if list(getattr(model, name)) != list(side):
            raise Failed(
                f"its {name} is {getattr(model, name)}, not {side}", f"keep the argument: self.{name} = {name}"
            )


def samples_are_of_its_target(component: Component, material: Material, stage: str) -> None:
    """`sample` gives the target's fields, tokens of the vocabulary where a step exists, and 0 after the end."""
    model, condition = _drawing(material, stage)
    found = _drawn(model, condition)
    target = material.pipeline.sides(stage)[1].spec
    check_drawn(model, found, target, len(material.indices))
    for name, field in target.items():
        value, there = np.asarray(found[name]), _mask(target, name, {**condition, **found})
        if field.vocabulary is None:
            if not np.isfinite(value).all():
                raise Failed(f"{name} holds NaN or infinities", "look for a logarithm of 0, or a weight that grows")
            continue
        if there is None:
            if (value < 1).any():
                raise Failed(f"{name} holds 0, which means absent", "draw 1…vocabulary: an index of the softmax + 1")
        elif value.shape[1] < there.shape[1] or (value[:, : there.shape[1]][there] < 1).any():
            raise Failed(f"{name} holds 0 where a step exists", "draw 1…vocabulary: an index of the softmax + 1")
        elif (value[:, : there.shape[1]][~there] != 0).any():
            raise Failed(f"{name} is not 0 after an example's end", f"multiply by condition['{MASK}']")


def a_seed_says_what_is_drawn(component: Component, material: Material, stage: str) -> None:
    """The same seed gives the same sample; of five other seeds at least one gives another, unless the record says
    `deterministic`."""
    model, condition = _drawing(material, stage)
    first = _drawn(model, condition, seed=1)
    same(first, _drawn(model, condition, seed=1), "the second time it draws", "draw from the seed alone")
    others = [_drawn(model, condition, seed=seed) for seed in range(2, 7)]
    differ = any(not np.array_equal(first[name], other[name]) for other in others for name in first)
    fixed = isinstance(component, Generator | Renderer) and component.deterministic
    if fixed and differ:
        raise Failed("another seed gives another sample", "leave deterministic=True out of its record")
    if not differ and isinstance(component, Converter):
        raise Skipped("the decoder of a learned converter may go without chance")
    if not fixed and not differ:
        raise Failed("six seeds give the same sample",
                     "draw from regenkit.layers.noise with the seed; of a rule, write deterministic=True")  # fmt: skip


def company_and_padding_change_no_sample(component: Component, material: Material, stage: str) -> None:
    """An example's sample is the same beside other examples, at the same place, and with more steps of padding."""
    model, condition = _drawing(material, stage)
    given, target = (side.spec for side in material.pipeline.sides(stage))
    fixed = isinstance(component, Generator | Renderer) and component.deterministic
    _company_and_padding(model, condition, given, target, 1 if fixed else SEEDS)
    if all(field.vocabulary for field in target.values()):  # numbers would grow, and rounding errors with them
        spread(model)
        _company_and_padding(model, condition, given, target, 1 if fixed else SEEDS)


def sampling_options_have_types(component: Component, material: Material, stage: str) -> None:
    """Every option of `sample` has a type and a default, and the defaults are taken."""
    from regenkit.recipe.sampling import options_of

    model, _ = _drawing(material, stage)
    known = options_of(model)
    for name, each in known.items():
        if each.annotation in (Any, each.empty) or each.default is each.empty:
            raise Failed(f"{name} has no type or no default", f"write {name}: NonNegativeFloat = 1.0, or as it may be")
    if isinstance(model, ChecksSampling):
        model.check_sampling(**{name: each.default for name, each in known.items()})


def sampling_traces_nothing_anew(component: Component, material: Material, stage: str) -> None:
    """A second sample of the same shapes traces no new graph."""
    model, condition = _drawing(material, stage)
    for seed in (1, 2):
        _drawn(model, condition, seed=seed)
    with graphs_counted() as graphs:
        _drawn(model, condition, seed=3)
    if graphs:
        raise Failed(f"{len(graphs)} graphs were traced: {', '.join(sorted(set(graphs))[:4])}",
                     "make each tf.function once, in __init__, and give it tensors, not Python numbers")  # fmt: skip


# --- helpers ----------------------------------------------------------------------------------------------------------


def _drawing(material: Material, stage: str) -> tuple[Any, dict[str, np.ndarray]]:
    """A model, and a condition for it. Raises Skipped where it does not sample."""
    model = material.build(stage)
    if not hasattr(model, "sample"):
        raise Skipped("it has no sample: it is a converter alone")
    (batch,) = material.batch(stage, range(len(material.indices)))
    return model, batch["condition"]


def _drawn(model: Any, condition: Mapping[str, Any], seed: int = 1) -> dict[str, np.ndarray]:
    options = {"max_length": 20} if draws_length(model) else {}
    try:
        found = model.sample(condition, seed=seed, **options)
    except TypeError as error:
        if options and "max_length" in str(error):
            raise UserError("sample has no option max_length, which a stage that draws the length needs") from error
        raise
    return {name: np.asarray(value) for name, value in found.items()}


def _company_and_padding(
    model: Any, condition: dict[str, np.ndarray], given: Spec, target: Spec, seeds: int
) -> None:  # fmt: skip
    padded = pad(condition, given | target, MORE)
    for seed in range(seeds):
        whole = _drawn(model, condition, seed=seed)
        rows = np.arange(len(next(iter(whole.values()))))
        for place in (0, 1):  # every other example stays; the rest are all one, so that a mean over the batch differs
            kept, other = rows[place::2], rows[-1] if place == 0 else 0
            taken = np.where(np.isin(rows, kept), rows, other)
            changed = _drawn(model, {name: value[taken] for name, value in condition.items()}, seed=seed)
            _alike(target, _rows(whole, kept), _rows(changed, kept), "beside other examples it draws",
                   "let nothing mix the rows of a batch, no mean over it either, and draw row by row from "
                   "regenkit.layers.noise")  # fmt: skip
        if padded is not condition:
            more = _drawn(model, padded, seed=seed)
            _alike(target, whole, _rows(more, rows), f"with {MORE} more steps of padding it draws",
                   "hide what the mask says is not there: from attention, convolutions and means")  # fmt: skip


def _rows(fields: Mapping[str, np.ndarray], rows: Sequence[int] | np.ndarray) -> dict[str, np.ndarray]:
    return {name: value[rows] for name, value in fields.items()}


def _alike(target: Spec, one: Mapping[str, Any], other: Mapping[str, Any], what: str, remedy: str) -> None:
    """Fields of the target, but for padding at the end, which may differ in length."""
    for name in target:
        first, second = np.asarray(one[name]), np.asarray(other[name])
        if target[name].variable:
            longest = max(first.shape[1], second.shape[1])
            first, second = (_longer(value, longest) for value in (first, second))
        same({name: first}, {name: second}, what, remedy, close=0.0 if target[name].vocabulary else FLOAT)


def _longer(value: np.ndarray, steps: int) -> np.ndarray:
    return np.pad(value, [(0, 0), (0, steps - value.shape[1]), *([(0, 0)] * (value.ndim - 2))])


def _mask(target: Spec, name: str, known: Mapping[str, Any]) -> np.ndarray | None:
    """Which entries of a field exist, bool [batch, entries]; None where all do, or nothing says."""
    clock = target.clock(name)
    if clock is None:
        return None
    found = known.get(clock.mask)
    return np.asarray(found) if found is not None else np.asarray(known[name]) != 0


def pad(side: Mapping[str, np.ndarray], spec: Spec, steps: int) -> Mapping[str, np.ndarray]:
    """Condition or target with more padding on every axis; the same object where it has none.

    spec  of it; of a condition with the fields of the target, the masks of whose clocks it has too
    """
    more = {clock.mask: clock.entries(steps) for clock in spec.clocks if clock.mask in side}
    more |= {name: clock.entries(steps) for name in spec if name in side and (clock := spec.clock(name))}
    if not more:
        return side
    return {
        name: _longer(value, value.shape[1] + more[name]) if name in more else value for name, value in side.items()
    }


CHECKS = (
    it_is_built_for_these_specs, samples_are_of_its_target, a_seed_says_what_is_drawn,
    company_and_padding_change_no_sample, sampling_options_have_types, sampling_traces_nothing_anew,
)  # fmt: skip
