"""What a plugin must be to be registered: its hooks have the right names and marks, and yield the right records."""

import inspect
from collections.abc import Iterable
from typing import Any

from regenkit import hookspecs
from regenkit.components import Command, Component, Converter, Dataset, Generator, Metric, Modality, Renderer
from regenkit.nearest import did_you_mean, nearest
from regenkit.origin import place

ROLES: dict[str, tuple[str, type[Component]]] = {
    "modality": ("register_modalities", Modality),
    "converter": ("register_converters", Converter),
    "generator": ("register_generators", Generator),
    "renderer": ("register_renderers", Renderer),
    "dataset": ("register_datasets", Dataset),
    "metric": ("register_metrics", Metric),
    "command": ("register_commands", Command),
}
"""Role → the hook that fills it and the record that it yields."""
HOOKS = tuple(name for name, each in vars(hookspecs).items() if hasattr(each, "regenkit_spec"))


def check_hooks(plugin: Any) -> None:
    """Raises AttributeError where a hook is misspelt, or lacks its mark and would be passed over in silence."""
    marked = 0
    for name in dir(plugin):
        function = getattr(plugin, name, None)
        if not inspect.isroutine(function):
            continue
        if hasattr(function, "regenkit_impl"):
            marked += 1
            if name not in HOOKS:
                raise AttributeError(f"{name} is no hook{did_you_mean(name, HOOKS)} ({place(function)})")
        elif name in HOOKS:
            raise AttributeError(f"{name} lacks @hookimpl, so it would never be called: write @hookimpl above it "
                                 f"({place(function)})")  # fmt: skip
        elif name.startswith("register_") and (meant := nearest(name, HOOKS)) and _own(function, plugin):
            raise AttributeError(f"{name} is no hook and lacks @hookimpl; did you mean {meant!r}? ({place(function)})")
    if not marked:
        raise AttributeError(f"{getattr(plugin, '__name__', plugin)} has no hooks: no function of it has @hookimpl")


def _own(function: Any, plugin: Any) -> bool:
    return getattr(function, "__module__", None) == getattr(plugin, "__name__", None)


def records_of(function: Any, hook: str, kind: type[Component]) -> list[Component]:
    """What a collecting hook yields. Raises TypeError where that are no records of its kind."""
    found = function()
    if isinstance(found, Component):
        raise TypeError(f"{hook} returns a {type(found).__name__}; write yield in place of return ({place(function)})")
    if not isinstance(found, Iterable):
        raise TypeError(f"{hook} returns {found!r}; right is to yield records ({place(function)})")
    records = list(found)
    for record in records:
        if not isinstance(record, kind):
            raise TypeError(f"{hook} yielded {record!r}, not a regenkit.{kind.__name__} ({place(function)})")
        if ":" in record.name:
            raise ValueError(f"{hook} yielded the name {record.name!r}: a name has no colon ({place(function)})")
    names = [record.name for record in records]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"{hook} yielded two records named {twice[0]!r} ({place(function)})")
    return records
