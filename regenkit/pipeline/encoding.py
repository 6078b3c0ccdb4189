"""What a modality's `encode` and a converter's `convert` return, checked where no record is made."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from regenkit.components import Modality
from regenkit.errors import UserError
from regenkit.origin import place
from regenkit.plugins.blame import title_of
from regenkit.spec import Fields, Spec


def encoded(record: Modality, modality: Any, value: Any) -> tuple[Fields, dict[str, Any]]:
    """(fields, meta) of a value. Raises UserError where `encode` returns anything else."""
    return pair(record.title, modality, "encode", modality.encode(value))


def pair(title: str, thing: Any, method: str, found: Any) -> tuple[Fields, dict[str, Any]]:
    """(fields, meta), as `method` of `thing` returned them. Raises UserError where it is anything else."""
    if not (isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], Mapping)):
        raise UserError(f"{title}: {method} returns a {type(found).__name__}; right is (fields, meta), as in "
                        f"return {{NAME: array}}, {{}} ({place(thing)})")  # fmt: skip
    return checked(thing, method, found[0]), dict(found[1])


def checked(thing: Any, method: str, fields: Any) -> Fields:
    """`fields` if they are one example of the spec of `thing`. Raises UserError naming what returned them."""
    try:
        thing.spec.check(fields, f"{title_of(thing)}: what {method} returns is not what its spec says")
    except ValueError as error:
        raise UserError(f"{error} ({place(thing)})") from error
    return dict(fields)


def check_drawn(stage: Any, drawn: Any, target: Spec, batch: int) -> None:
    """Raises UserError where what a stage sampled is no batch of its target."""
    title = f"{title_of(stage)}: what sample returns"
    if not isinstance(drawn, Mapping):
        raise UserError(f"{title} is a {type(drawn).__name__}; right is a map from fields to arrays ({place(stage)})")
    for name, field in target.items():
        if name not in drawn:
            raise UserError(f"{title} lacks the field {name!r} of its target {', '.join(target)} ({place(stage)})")
        value = np.asarray(drawn[name])
        if value.ndim != 1 + len(field.shape) or len(value) != batch:
            right = ", ".join(["batch", *("steps" if size is None else str(size) for size in field.shape)])
            raise UserError(f"{title} has {name} of shape {value.shape} for a batch of {batch}; right is [{right}] "
                            f"({place(stage)})")  # fmt: skip
        if field.vocabulary and value.size and not (value.min() >= 0 and value.max() <= field.vocabulary):
            raise UserError(f"{title} has {value.min()}…{value.max()} in {name}, whose tokens are 1…{field.vocabulary} "
                            f"({place(stage)})")  # fmt: skip
