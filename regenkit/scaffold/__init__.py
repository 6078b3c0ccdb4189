"""`regenkit new`: the beginning of a plugin, whose tests pass and whose recipe trains as it is made.

The templates in `template/` are a whole plugin called "acme". That name is replaced by the new one, in files and in the
names of files, and nothing else.
"""

import importlib.util
import re
from pathlib import Path

from regenkit.errors import UserError
from regenkit.files import write_text

TEMPLATE = Path(__file__).parent / "template"
SUFFIX = ".in"
"""Ends the names of templates, so that no tool takes them for code of regenkit."""
STAND_IN = "acme"
RIGHT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def make(name: str, folder: Path, *, description: str = "", author: str = "") -> list[Path]:
    """Write a plugin called `name` into `folder`, and return its files. Raises UserError where the name cannot be one,
    is taken, or the folder holds anything already."""
    check_name(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder}: is there already; name an empty or a new folder with --into DIR")
    words = {
        "DESCRIPTION": _quoted(description or f"A plugin for regenkit: {name}"),
        "AUTHOR": _quoted(author or "nobody yet"),
        STAND_IN: name,
    }
    files = []
    for template in sorted(TEMPLATE.rglob(f"*{SUFFIX}")):
        relative = str(template.relative_to(TEMPLATE)).removesuffix(SUFFIX).replace(STAND_IN, name)
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        text = template.read_text(encoding="utf-8")
        for old, new in words.items():
            text = text.replace(old, new)
        write_text(path, text)
        files.append(path)
    return files


def check_name(name: str) -> None:
    """Raises UserError unless a plugin may be called so."""
    if not RIGHT.fullmatch(name):
        raise UserError(f"{name!r}: a plugin's name has small letters, digits and single underscores, as in chess")
    if importlib.util.find_spec(f"regenkit_{name}"):
        raise UserError(f"{name}: there is a package regenkit_{name} already; choose another name")


def _quoted(text: str) -> str:
    """Text that may stand in a string of Python, of TOML, and in prose."""
    return " ".join(text.split()).replace("\\", "/").replace('"', "'")
