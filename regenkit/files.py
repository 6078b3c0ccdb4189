"""Files: read with errors that say what to do, written whole or not at all."""

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from regenkit.errors import UserError

Value = TypeVar("Value")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The disk is full, a quota is used up, a file grows past the limit of its size."""


def read_text(path: Path) -> str:
    """A UTF-8 text file. Raises UserError where it is missing, a folder, or not text."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise UserError(f"{path}: there is no such file") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not a text file in UTF-8 (byte {error.start})") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error


def parse_lines(path: str | Path, lines: Iterable[str], parse: Callable[[str], Value], what: str) -> list[Value]:
    """What `parse` makes of each line that is not empty. Raises UserError with the line, and where all are empty."""
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found += [parse(line)] if line.strip() else []
        except UserError as error:
            raise UserError(f"{path}:{number}: {error}") from error
    if not found:
        raise UserError(f"{path}: is empty; write a {what} a line")
    return found


def write_text(path: Path, text: str) -> None:
    """Written whole or not at all. Raises UserError where it can't be."""
    with beside(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, data: Any) -> None:
    """As `write_text`, of what `json_text` makes of it."""
    write_text(path, json_text(data))


def json_text(data: Any) -> str:
    """JSON, in which NaN and the infinities are null, since it has no others."""
    from pydantic_core import to_json  # here, since a command that writes none need not wait for it

    return to_json(data, indent=1, inf_nan_mode="null").decode()


def copy(source: Path, path: Path) -> None:
    """Copied whole or not at all. Raises UserError where it can't be."""
    with beside(path) as temporary:
        shutil.copyfile(source, temporary)


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A path to write to, renamed to `path` once whole and deleted where that fails. Raises UserError naming `path`."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")  # process numbers are unique on one machine only
    try:
        with writing(path):
            yield temporary
            os.replace(temporary, path)
    finally:
        with suppress(OSError):  # where its folder is a file, there is nothing, and the error above says why
            temporary.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Within, what keeps `path` from being written is a UserError that names it."""
    try:
        yield
    except Exception as error:  # TensorFlow has errors of its own
        reason = (isinstance(error, OSError) and error.strerror) or _full(error)
        if type(error).__module__ == "soundfile" and "System error" in str(error):  # which is all that it says
            reason = "the system refuses it; is the disk full?"
        if not reason:
            raise
        raise UserError(f"{path}: cannot be written ({reason})") from error


def no_room(error: BaseException) -> str | None:
    """The message for an error that a full disk caused, directly or not; None for any other error."""
    reason = _full(error)
    if reason is None:
        return None
    message = str(error)
    if not isinstance(error, UserError):
        named = getattr(error, "filename", None)
        message = f"{named}: cannot be written ({reason})" if named else f"a file cannot be written ({reason})"
    return f"{message}. What was saved before it is kept: make room, and run the same command again"


def _full(error: BaseException | None) -> str | None:
    """The system's message for a full disk, where `error` or one of its causes has it or its number."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:  # an error from another process may be its own cause
        seen.add(id(error))
        for code in _FULL:
            if getattr(error, "errno", None) == code or os.strerror(code) in str(error):
                return os.strerror(code)
        error = error.__cause__ or error.__context__
    return None
