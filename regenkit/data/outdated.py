"""Data that code has prepared which has changed since, while its version has not: authors forget to raise it.

The modules of a dataset, its modalities and its converter, and of the classes that they inherit from, are compared as
Python reads them, so that comments, layout and docstrings may change. regenkit's own are not looked at: their versions
are raised with what they give.
"""

import ast
import hashlib
import inspect
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from regenkit.errors import UserError
from regenkit.files import write_text
from regenkit.origin import CORE, origin_of

CODE, REFUSED = "code.json", "refused"
CHANGED = "has changed; raise its `version` if what it gives is another now, and the data are prepared anew"


@contextmanager
def preparing(folder: Path, made_by: Sequence[Any]) -> Iterator[list[str]]:
    """Within, the data of `folder` are prepared, or found. Yields the modules of `made_by` that have changed since they
    were begun. What was refused then is not kept: with other code it is prepared anew."""
    changed = _changed(folder, made_by)
    if changed and (folder / REFUSED).exists():
        own = (folder / CODE, folder / REFUSED)  # last: where a process is killed before, the next one deletes the rest
        for path in (*(each for each in folder.iterdir() if each not in own), *own):
            if path.is_dir():
                shutil.rmtree(path)
            elif not path.name.startswith("."):  # the lock
                path.unlink()
        changed = _changed(folder, made_by)
    try:
        yield changed
    except UserError:
        with suppress(OSError):  # of a full disk the error itself speaks
            (folder / REFUSED).touch()
        raise
    (folder / REFUSED).unlink(missing_ok=True)


def _changed(folder: Path, made_by: Sequence[Any]) -> list[str]:
    now = {name: state for thing in made_by for kind in _written(type(thing)) for name, state in _code(kind)}
    path = folder / CODE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(now))
    known = json.loads(path.read_text(encoding="utf-8"))
    return [name for name, state in now.items() if known.get(name, state) != state]


def _written(kind: type) -> list[type]:
    """A class, and those that it inherits from of the same package: its methods may be theirs."""
    origin = origin_of(kind.__module__)
    return [each for each in kind.__mro__ if origin_of(each.__module__) == origin]


def _code(kind: type) -> Iterator[tuple[str, str]]:
    """(module, digest of its code) of a class that is no part of regenkit; nothing where its source is not there."""
    if origin_of(kind.__module__).named(CORE):
        return
    try:
        tree = ast.parse(Path(inspect.getsourcefile(kind) or "").read_text(encoding="utf-8"))
    except (OSError, TypeError, SyntaxError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            del node.body[0]
    yield kind.__module__, hashlib.sha256(ast.dump(tree).encode()).hexdigest()
