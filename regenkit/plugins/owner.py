"""Which component an object is: its title for messages."""

import sys
from typing import Any

from regenkit.components import Component
from regenkit.origin import Origin, origin_of, place
from regenkit.plugins.host import host
from regenkit.plugins.records import ROLES


def component_of(target: Any) -> Component | None:
    """The first record whose target is this class, function, or code of a function; only what is imported is known."""
    for role in ROLES:
        for component, _ in host().all(role):
            module, _, attribute = component.target.partition(":")
            known = getattr(sys.modules.get(module), attribute, None)
            if known is not None and target in (known, getattr(known, "__code__", None)):
                return component
    return None


def author_of(module: str) -> Origin:
    """The distribution that a module belongs to: by its entry point, or by the targets of its records."""
    root = module.partition(".")[0]
    targets = (component for role in ROLES for component, _ in host().all(role))
    known = next((each.origin for each in targets if each.target.partition(":")[0].partition(".")[0] == root), Origin())
    return origin_of(module) if origin_of(module) != Origin() else known


def title_of(thing: Any) -> str:
    """ "generator chess/counts (regenkit-chess 0.1.0)"; of what is no component, its class and distribution."""
    kind = type(thing)
    if found := component_of(kind):
        return found.title
    origin = author_of(kind.__module__)
    return f"{kind.__module__}.{kind.__qualname__}" + (f" ({origin})" if origin != Origin() else "")


def located(thing: Any) -> str:
    """The title, and the line where its class begins."""
    return f"{title_of(thing)}, {place(thing)}"
