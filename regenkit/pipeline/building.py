"""Stages, built from a resolved recipe."""

import importlib
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from regenkit.components import Modality
from regenkit.conform import refuse_unfit
from regenkit.data.lengths import drawn_axes
from regenkit.errors import UserError
from regenkit.pipeline.draft import TooLarge, draft, without_values
from regenkit.pipeline.weights import load
from regenkit.recipe import Part, Recipe
from regenkit.recipe.arguments import defaults, parameters, wanted
from regenkit.recipe.sampling import check
from regenkit.spec import Spec
from regenkit.stage import LearnedConverter, draws_length
from regenkit.stages import BEST, STAGES, Specs, sides


def rule(part: Part, y: Spec, *, source: bool = False) -> Any:
    """A converter that is not trained; one that has a parameter `y` gets the spec of Y. Of a converter of X (`source`)
    nothing but `convert` is used."""
    made = part.build(**({"y": y} if "y" in wanted(part.component) else {}))
    if not source:
        refuse_unfit(part.component, made)
    return made


def modality(record: Modality, options: Mapping[str, Any], of: str, also: tuple[type, ...] = ()) -> Any:
    """A modality with the arguments that the data say; `of` names the dataset. Raises UserError where it refuses them,
    or lacks what its role needs."""
    try:
        made = record.load()(**options)
    except (TypeError, ValueError) as error:
        raise UserError(f"{record.title}: {error}; its arguments are what `modalities` of {of} says") from error
    refuse_unfit(record, made, also)
    return made


def usual(recipe: Recipe, stage: str) -> dict[str, dict[str, Any]]:
    """The defaults of the arguments of what a stage's contract names, by its key there: its own component (unless it is
    made of several), the converter, and that of X."""
    named = {name: recipe.parts[name] for name in ("converter", "source") if name in recipe.parts}
    own = {} if STAGES[stage].parts else {"component": recipe.part(stage)}
    return {key: defaults(parameters(part.component)) for key, part in (named | own).items()}


def build(recipe: Recipe, stage: str, specs: Specs, folder: Path | None, *, drafted: bool = False) -> Any:
    """A new, untrained stage. One of several parts begins with the weights that they have so far in `folder`.

    drafted   without the values of its weights: see `draft`

    Raises UserError, with the position in the recipe, where a component refuses its arguments, or cannot fit.
    """
    kind = STAGES[stage]
    if kind.parts:
        return _together(recipe, stage, specs, folder, drafted=drafted)
    part = recipe.part(stage)
    condition, target = sides("converter" if part.own_decoder else stage, specs, learned=recipe.learned)
    try:
        model = draft(part, condition, target)  # first, so that what cannot fit is refused before memory is taken
        if not drafted:
            model = part.build(condition=condition.spec, target=target.spec)
        refuse_unfit(part.component, model)
        _check_lengths(part.component.name, model, condition.spec, target.spec)
        check(model, part.sample, part.where("sample"))
    except UserError as error:
        if stage == "direct" and not part.own:
            more = "The direct route X → Y is built as the generator is; for another add direct: {use: NAME}"
            raise UserError(f"{error}. {more}") from error
        raise
    return model


def _check_lengths(name: str, model: Any, condition: Spec, target: Spec) -> None:
    """Raises UserError where nothing says how long the target is."""
    axes = drawn_axes(condition, target)
    if not axes or isinstance(model, LearnedConverter) or draws_length(model):
        return
    fields = ", ".join(each for each in target if (clock := target.clock(each)) and clock.axis in axes)
    raise UserError(f"{name} cannot say how long {fields} is, which runs along an axis ({', '.join(axes)}) that its "
                    "condition does not: take a component that draws lengths, such as the transformer")  # fmt: skip


def _together(recipe: Recipe, stage: str, specs: Specs, folder: Path | None, *, drafted: bool) -> Any:
    kind = STAGES[stage]
    parts = {}
    for name in kind.parts:
        if name == "converter" and not recipe.learned:
            continue
        parts[name] = build(recipe, name, specs, folder, drafted=drafted)
        if folder and not drafted and (weights := folder / name / BEST).exists():
            load(parts[name], weights)
    module, _, attribute = kind.model.partition(":")
    combined = getattr(importlib.import_module(module), attribute)
    try:
        with without_values() if drafted else nullcontext():
            return combined(parts=parts, specs=specs, settings=recipe.weights[stage])
    except (ValueError, TooLarge) as error:
        raise UserError(f"{recipe.path}: {stage}: {error}") from error
