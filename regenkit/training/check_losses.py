"""What a stage's `losses` returns, checked when it is traced: at no cost in a step."""

from collections.abc import Mapping
from typing import Any

from regenkit.errors import UserError
from regenkit.nearest import did_you_mean
from regenkit.plugins.owner import located
from regenkit.quiet import tensorflow as tf
from regenkit.stage import STATISTICS, HasGroups

RIGHT = "{group: {term: (value, weight)}}, value and weight float32 [batch]"


def check_losses(model: Any, found: Any, *, training: bool) -> None:
    """Raises UserError, naming the stage's class and line, where `found` is not what `stage.Losses` says."""
    if not isinstance(found, Mapping):
        raise _wrong(model, f"is a {type(found).__name__}")
    groups = list(model.groups()) if isinstance(model, HasGroups) else ["main"]
    named = [group for group in found if group != STATISTICS]
    for group in named:
        if group not in groups:
            raise _wrong(model, f"has the group {group!r}{did_you_mean(group, groups)}")
    for group in groups:
        if training and group not in named:
            raise _wrong(model, f"has nothing for the group {group!r}")
    for group in named:
        if not isinstance(found[group], Mapping):
            raise _wrong(model, f"has no terms by name in {group!r}, but {found[group]!r}")
        for term, pair in found[group].items():
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise _wrong(model, f"has no pair (value, weight) as {group}.{term}, but a {type(pair).__name__}")
            for what, value in zip(("value", "weight"), pair, strict=True):
                _check_one(model, f"{group}.{term}", what, value)


def _check_one(model: Any, term: str, what: str, value: Any) -> None:
    shape = getattr(value, "shape", ())
    if getattr(shape, "rank", len(shape or ())) != 1:
        hint = (
            ". For every example alike: tf.ones_like(value)" if what == "weight" else ". Sum over steps, not examples"
        )
        said = repr(value) if isinstance(value, int | float) else f"of shape {tuple(shape)}"
        raise _wrong(model, f"has as {what} of {term} one that is {said}: each example needs its own{hint}")
    if not tf.as_dtype(value.dtype).is_floating:
        raise _wrong(model, f"has as {what} of {term} {tf.as_dtype(value.dtype).name}; cast it to float32")


def check_built(model: Any, before: int) -> None:
    """Raises UserError where `losses` made variables: then the optimiser and checkpoints would not know them."""
    if len(model.variables) > before:
        names = ", ".join(getattr(each, "path", each.name) for each in model.variables[before:][:3])
        raise UserError(
            f"{located(model)}: {len(model.variables) - before} of its variables did not exist before the first call "
            f"of losses ({names}). Build each layer in __init__, as in self.dense.build((None, None, width)), or call "
            "it with zeros there"
        )


def _wrong(model: Any, what: str) -> UserError:
    return UserError(f"{located(model)}: what losses returns {what}.\n  right is {RIGHT}")
