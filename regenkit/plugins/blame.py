"""Whose code it is: the component an object belongs to, and the author's line at which an error was raised."""

import linecache
import sys
import traceback
from types import FrameType
from typing import Any

from regenkit.components import Component
from regenkit.errors import BadSource, UserError
from regenkit.origin import CORE, Origin, origin_of, place, short
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


SHOW = "REGENKIT_STRICT_PLUGINS=1 shows the whole traceback"


def blamed(error: BaseException) -> str | None:
    """The message for an error that was raised in a plugin's code or beneath it; None where no plugin is concerned.

    regenkit's own plugins are no author's: their errors are faults of regenkit, and keep their traceback.
    """
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__) if _author(frame)]
    if not frames:
        return None
    (first, _), (last, line) = frames[0], frames[-1]
    origin = author_of(_module(first))
    component = _component(first)
    code = linecache.getline(last.f_code.co_filename, line).strip()
    return "\n".join([
        f"{component or _module(first)} ({origin}): {first.f_code.co_name} raised {type(error).__name__}: {error}",
        f"  where   {short(last.f_code.co_filename)}, line {line}, in {last.f_code.co_name}: {code}",
        f"  remedy  {_remedy(error)}. {SHOW}",
    ])  # fmt: skip


def _remedy(error: BaseException) -> str:
    if isinstance(error, UserError | BadSource):
        return "the message above says it"
    if isinstance(error, ValueError | KeyError | OSError):
        return ("where a file or the user is at fault, raise regenkit.UserError with a message that says so (BadSource "
                "in `read` of a dataset); else correct the line above")  # fmt: skip
    return "correct the line above"


def _author(frame: FrameType) -> bool:
    origin = author_of(_module(frame))
    return origin != Origin() and not origin.named(CORE)


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _component(frame: FrameType) -> str | None:
    """ "converter chess/skeleton", where the frame is of a method of its class, or of its function."""
    mine = frame.f_locals.get("self")
    found = component_of(frame.f_code if mine is None else type(mine))
    return found.title.partition(" (")[0] if found else None
