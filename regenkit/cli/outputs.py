"""Output files and options, checked before any work is done."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from regenkit.errors import UserError
from regenkit.recipe.sampling import parsed


def check_output(path: Path, suffixes: Sequence[str]) -> None:
    """Raises UserError unless `path` has one of the suffixes and its folder can be written."""
    if path.suffix.lower() not in suffixes:
        raise UserError(f"-o {path}: {path.suffix or 'no suffix'} can't be written; there are {', '.join(suffixes)}")
    if path.is_dir():
        raise UserError(f"-o {path}: is a folder; name a file")
    folder = path.parent
    if not folder.is_dir():
        raise UserError(f"-o {path}: there is no folder {folder}; make it with: mkdir -p {folder}")
    if not os.access(folder, os.W_OK):
        raise UserError(f"-o {path}: the folder {folder} cannot be written")


def numbered(path: Path, number: int, count: int) -> Path:
    """Of one of `count` results: `path` itself where there is one; NAME-1.SUFFIX, NAME-2.SUFFIX … where several."""
    return path if count == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def given_options(options: list[str] | None) -> dict[str, str]:
    """["key=G"] → {"key": "G"}."""
    found: dict[str, str] = {}
    for option in options or []:
        name, equals, value = option.partition("=")
        if not equals or not name.strip():
            raise UserError(f"--given {option}: write FIELD=VALUE, as in --given key=G")
        found[name.strip()] = value.strip()
    return found


def sampling_options(settings: Sequence[str] | None, **flags: float | None) -> dict[str, Any]:
    """`--sample NAME=VALUE` and the short flags that were given. Raises UserError where one is given twice, or is not
    a finite number."""
    found = parsed(settings or ())
    for name, value in flags.items():
        if value is None:
            continue
        if not math.isfinite(value):
            raise UserError(f"--{name.replace('_', '-')} {value}: should be a finite number")
        if name in found:
            raise UserError(f"--sample {name}=…: --{name.replace('_', '-')} sets it already; keep one of the two")
        found[name] = value
    return found
