"""Where an author's object comes from: its distribution and version, its file and line."""

import inspect
import os
import re
import traceback
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, final


@final
@dataclass(frozen=True)
class Origin:
    """The distribution of a plugin; two empty strings where a plugin was made by this process."""

    distribution: str = ""
    version: str = ""
    plugin: str = ""  # the name of its entry point

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip() or "this process"

    def named(self, distribution: str) -> bool:
        """Whether `distribution` is its name, as pip would understand it."""
        return _normal(self.distribution) == _normal(distribution)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


GROUP = "regenkit"
"""The group of entry points that plugins are found by."""
CORE = "regenkit"
"""The distribution whose components keep their names, whoever else takes them."""


def place(thing: Any) -> str:
    """ "…/converter.py, line 12" of a class, a function, or an object of a class; the name where it has no source."""
    thing = inspect.unwrap(thing) if callable(thing) else type(thing)
    if not (inspect.isclass(thing) or inspect.isroutine(thing)):
        thing = type(thing)
    try:
        return f"{short(inspect.getsourcefile(thing) or '')}, line {inspect.getsourcelines(thing)[1]}"
    except (OSError, TypeError):
        return f"{getattr(thing, '__module__', '?')}.{getattr(thing, '__qualname__', thing)}"


def short(path: str) -> str:
    """A path from the current folder where it lies within it, else the whole of it."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return path


def strict() -> bool:
    """REGENKIT_STRICT_PLUGINS=1: a plugin's own errors are shown with their traceback."""
    return os.environ.get("REGENKIT_STRICT_PLUGINS", "0") not in ("", "0")


def raised_at(error: BaseException, root: str = "") -> str:
    """ "…/converter.py, line 12, in convert": the innermost place that an error passed through in the package `root`,
    or at all."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{short(error.filename)}, line {error.lineno}"
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)
              if not frame.f_code.co_filename.startswith("<frozen")]  # fmt: skip
    own = [each for each in frames if root and each[0].f_globals.get("__name__", "").partition(".")[0] == root]
    if not frames:
        return "no place is known"
    frame, line = (own or frames)[-1]
    return f"{short(frame.f_code.co_filename)}, line {line}, in {frame.f_code.co_name}"


def passed(error: BaseException, root: str) -> bool:
    """Whether an error came by a line of the package `root`."""
    return any(frame.f_globals.get("__name__", "").partition(".")[0] == root
               for frame, _ in traceback.walk_tb(error.__traceback__))  # fmt: skip


@cache
def origin_of(module: str) -> Origin:
    """The distribution whose entry point is the package that a module lies in."""
    root = module.partition(".")[0]
    for entry in entry_points(group=GROUP):
        # not entry.module, which raises where another plugin's entry point is malformed
        if re.split(r"[.:]", entry.value)[0].strip() == root and entry.dist and entry.dist.name:
            return Origin(entry.dist.name, entry.dist.version or "")
    return Origin()
