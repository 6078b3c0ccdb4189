"""What can be said of how a stage draws: temperature, top_p, guidance … are parameters of its own `sample`."""

import inspect
from collections.abc import Mapping
from typing import Any

from regenkit.errors import UserError
from regenkit.nearest import did_you_mean

USUAL = {"top_p": 0.95}
"""How a user's samples are drawn unless told otherwise, by the stages that can: the unlikeliest tokens are left out."""
_OURS = {"condition", "seed", "given"}


def taken(model: Any) -> frozenset[str]:
    """The options of a stage's `sample`."""
    return frozenset(inspect.signature(model.sample).parameters) - _OURS


def asked(models: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """`options` over the usual ones. Raises UserError where one is an option of none of the `models`."""
    known = {name for model in models.values() for name in taken(model)}
    for name in options:
        if name not in known:
            raise UserError(
                f"{name}: not an option of how {' and '.join(models)} of this run draw{did_you_mean(name, known)}"
            )
    return {**USUAL, **options}
