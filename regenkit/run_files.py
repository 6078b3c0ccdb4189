"""Files of a run directory, read as data: whoever made the run, nothing outside it is read, and nothing is believed.

Each file is a regular one within the run, no larger than such a file is, and of the form that is asked for; else a
UserError names it. The run directory itself may be a link, which its user made; a link within it may not lead out.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from regenkit.errors import UserError

LARGEST = 64 * 2**20
"""Bytes of any file of a run but its weights and its log."""
LONGEST = 2**20
"""Bytes of a line of its log."""
MEND = "The run is damaged, or was made by other means: copy it again, or train a new one"
T = TypeVar("T")
Count = Annotated[int, Field(ge=0, le=10**15)]


@with_config(ConfigDict(extra="allow"))
class Done(TypedDict, total=False):
    """done.json of a stage: what its training came to, and from where it was copied if it was not trained here."""

    steps: Count
    best_step: Count
    validation: float | None
    parameters: Count
    seconds: float | None
    on: str | None
    together: bool
    further: Count


class Longest(TypedDict):
    """longest.json of a stage that draws how long its target is: the steps of the longest that it learned from."""

    steps: Annotated[int, Field(ge=1, le=10**15)]


@with_config(ConfigDict(extra="allow"))
class Environment(TypedDict):
    """environment.json of a run."""

    name: str
    recipe: str
    command: list[str]


@with_config(ConfigDict(extra="allow"))
class Line(TypedDict):
    """A line of log.jsonl."""

    stage: str
    kind: str
    step: Count


Map = dict[str, Any]
Maps = dict[str, dict[str, Any]]


def check_whole(run: Path) -> None:
    """Raises UserError where anything within a run leads out of it, or is neither a file nor a folder: before it is
    read, or written to."""
    waiting = [run] if run.is_dir() else []
    while waiting:
        with os.scandir(waiting.pop()) as found:
            entries = list(found)
        for entry in entries:
            path = Path(entry.path)
            _check_within(path, run)
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            elif not (entry.is_file() or entry.is_symlink()):
                raise UserError(f"{path}: is neither a file nor a folder. {MEND}")


def inside(run: Path, *names: str) -> Path:
    """The path of a file of a run. Raises UserError where it leads out of the run or is no regular file; a missing one
    is left to whoever opens it."""
    path = run.joinpath(*names)
    _check_within(path, run)
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        raise UserError(f"{path}: is no regular file. {MEND}")
    return path


def _check_within(path: Path, run: Path) -> None:
    try:
        within = path.resolve().is_relative_to(run.resolve())
    except (OSError, RuntimeError) as error:  # links in a circle
        raise UserError(f"{path}: cannot be read ({error}). {MEND}") from error
    if not within:
        raise UserError(f"{path}: is a link that leads out of the run, and is not followed. {MEND}")


def read(run: Path, *names: str) -> bytes:
    """The bytes of a file of a run. Raises UserError where it is missing, leads out, or is larger than LARGEST."""
    path = inside(run, *names)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). {MEND}") from error
    if len(data) > LARGEST:
        raise UserError(f"{path}: is larger than {LARGEST // 2**20} MB, which no such file is. {MEND}")
    return data


def read_json(kind: type[T], run: Path, *names: str) -> T:
    """A JSON file of a run, of this type. Raises UserError where it is not."""
    return _parsed(TypeAdapter(kind), read(run, *names), run.joinpath(*names))


def read_lines(kind: type[T], run: Path, *names: str) -> Iterator[T]:
    """A file of JSON lines, one after the other: a long training writes more of them than LARGEST. The last may be cut,
    as it is where a training was killed. Raises UserError."""
    path, lines = inside(run, *names), TypeAdapter(kind)
    try:
        with path.open("rb") as file:
            while line := file.readline(LONGEST + 1):
                if len(line) > LONGEST:
                    raise UserError(f"{path}: has a line of more than {LONGEST // 2**20} MB. {MEND}")
                if line.rstrip().endswith(b"}"):
                    yield _parsed(lines, line, path)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). {MEND}") from error


def _parsed(kind: TypeAdapter[T], data: bytes, path: Path) -> T:
    try:
        return kind.validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UserError(f"{path}: {f'{where}: ' * bool(where)}{first['msg']}. {MEND}") from error
