"""The losses of a stage, as the loop asks for them: checked when they are traced, and never of an empty batch.

A replica without examples gives the stage one example of zeros, which does not count. Where a batch is empty,
TensorFlow's convolutions on CPUs (oneDNN) give an output of the *input's* shape, and other operations have problems
too. They are avoided here once, for every stage.
"""

from collections.abc import Mapping
from typing import Any

from regenkit.errors import UserError
from regenkit.nearest import did_you_mean
from regenkit.plugins.blame import located
from regenkit.quiet import tensorflow as tf
from regenkit.stage import CONDITION, PRESENT, STATISTICS, TARGET, HasGroups

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
    groups_of: dict[str, str] = {}
    for group in named:
        if not isinstance(found[group], Mapping):
            raise _wrong(model, f"has no terms by name in {group!r}, but {found[group]!r}")
        for term, pair in found[group].items():
            if (other := groups_of.setdefault(term, group)) != group:
                raise _wrong(model, f"has the term {term!r} in two groups, {other!r} and {group!r}: the log and the "
                                    "validation loss go by its name, so give each its own")  # fmt: skip
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
        shown = repr(value) if isinstance(value, int | float) else f"of shape {tuple(shape)}"
        raise _wrong(model, f"has as {what} of {term} one that is {shown}: each example needs its own{hint}")
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


def losses_of(model: Any, batch: Mapping[str, Any], *, noise: tf.Tensor | None) -> tuple[dict[str, Any], dict]:
    """(`model.losses` by group, its statistics), of the real examples."""
    count = tf.shape(tf.nest.flatten(batch[TARGET])[0])[0]
    missing = tf.cast(tf.equal(count, 0), tf.int32)

    def padded(value: tf.Tensor) -> tf.Tensor:
        value = tf.convert_to_tensor(value)
        known = tf.pad(value, [[0, missing], *([[0, 0]] * (value.shape.rank - 1))])
        return tf.ensure_shape(known, [None, *value.shape[1:]])

    sides = {side: tf.nest.map_structure(padded, dict(batch[side])) for side in (CONDITION, TARGET)}
    sides[PRESENT] = tf.concat([tf.ones([count]), tf.zeros([missing])], 0)
    before = len(model.variables)
    found = model.losses({**batch, **sides}, noise=None if noise is None else padded(noise))
    check_built(model, before)
    check_losses(model, found, training=noise is not None)
    found = dict(found)
    statistics = found.pop(STATISTICS, {})
    found = tf.nest.map_structure(lambda value: value[:count], found)
    return found, {name: value * tf.cast(1 - missing, value.dtype) for name, value in statistics.items()}
