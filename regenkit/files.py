"""Text files, read with errors that teach and written whole or not at all."""

import os
from pathlib import Path

from regenkit.errors import UserError


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


def write_text(path: Path, text: str) -> None:
    """Write beside, then rename. Raises UserError where the folder can't be written."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UserError(f"{path}: cannot be written ({error.strerror})") from error
