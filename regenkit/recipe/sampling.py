"""Sampling options: how a stage draws, as its `sample` declares it by keyword parameters with types and defaults.

They are no part of what is trained. A recipe fixes some (`generator: {sample: {guidance: 2}}`), a user overrides them
(`generate --sample guidance=4`).
"""

import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from regenkit.errors import UserError
from regenkit.nearest import did_you_mean
from regenkit.recipe.arguments import checked_against, typed
from regenkit.stage import ChecksSampling

USUAL = {"top_p": 0.95}
"""Defaults for a user's samples, for stages that have the option: the unlikeliest tokens are left out."""
_NO_OPTIONS = {"self", "condition", "target", "seed", "given"}
_OF_LENGTH = ("length", "max_length")
"""Options of stages that draw how long a target is (`stage.DrawsLength`)."""


@cache
def parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The options of a `sample` or `resample`, with their type hints resolved."""
    return {
        name: each
        for name, each in typed(function).items()
        if name not in _NO_OPTIONS and each.kind != inspect.Parameter.VAR_KEYWORD
    }


def options_of(target: Any, method: str = "sample") -> dict[str, inspect.Parameter]:
    """The sampling options of a component's target, or of a stage; none where it does not sample. A stage that is built
    to draw no length has no options of it."""
    kind = target if isinstance(target, type) else type(target)
    if inspect.isfunction(target):  # which makes the stage
        kind = typing.get_type_hints(target).get("return", object)
    function = getattr(kind, method, None)
    found = parameters(function) if function is not None else {}
    if getattr(target, "draws_length", True):
        return found
    return {name: option for name, option in found.items() if name not in _OF_LENGTH}


def for_stage(options: Mapping[str, Any], stage: str) -> dict[str, Any]:
    """Those of a user's options that a stage is to have: `guidance` is for every stage, `generator.guidance` one's."""
    own = {name.removeprefix(f"{stage}."): value for name, value in options.items() if name.startswith(f"{stage}.")}
    return {**{name: value for name, value in options.items() if "." not in name}, **own}


def taken(stage: Any, options: Mapping[str, Any], method: str = "sample") -> dict[str, Any]:
    """The ones of `options` that the stage has."""
    known = options_of(stage, method)
    return {name: value for name, value in options.items() if name in known}


def asked(
    stages: Mapping[str, Any], options: Mapping[str, Any], methods: Iterable[str] = ("sample",)
) -> dict[str, Any]:  # fmt: skip
    """A user's options, checked; `STAGE.OPTION` is an option of one of the `stages` (by name), `OPTION` of all.

    methods   those whose options may be asked for

    Raises UserError where none of the stages has an option, where a stage refuses its value, or where it cannot draw so
    as it was built.
    """
    methods = tuple(methods)
    known = {name: {option: found for method in methods for option, found in options_of(stage, method).items()}
             for name, stage in stages.items()}  # fmt: skip
    values: dict[str, Any] = {}
    for option, value in options.items():
        stage, dot, name = option.rpartition(".")
        among = {each: known[each] for each in known if not dot or each == stage}
        names = {each for options in among.values() for each in options}
        if name not in names:
            of = " or ".join(among or stages)
            raise UserError(f"{option}: not a sampling option of {of} of this run{did_you_mean(name, names)}")
        for each in among.values():
            if name in each:
                values[option] = checked_against(option, {name: each[name]}, {name: value}, _where)[name]
    for name, stage in stages.items():
        own = for_stage(values, name)
        check(stage, {option: own[option] for option in known[name].keys() & own.keys()}, name)
    return values


def check(stage: Any, options: Mapping[str, Any], where: str) -> None:
    """Raises UserError where a stage cannot draw so as it was built."""
    if isinstance(stage, ChecksSampling):
        try:
            stage.check_sampling(**options)
        except ValueError as error:
            raise UserError(f"{where}: {error}") from error


def _where(*path: str | int, key: bool = False) -> str:
    return ".".join(map(str, path))
