"""An error that a plugin's code raised, told to its author: whose it is, where, and what would mend it."""

import linecache
import traceback
from types import FrameType

from regenkit.errors import BadSource, UserError
from regenkit.origin import CORE, Origin, short
from regenkit.plugins.owner import author_of, component_of

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
        return "it is said above"
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
