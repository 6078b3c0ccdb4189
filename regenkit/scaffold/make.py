"""`regenkit new`: the beginning of a plugin, whose tests pass and whose recipe trains as it is made.

The templates in `template/common` and in one of the other folders, which is named by the shape of Y, are a whole plugin
called "acme". That name is replaced by the new one, in files and in the names of files.
"""

import importlib.util
import re
import shutil
from pathlib import Path

from regenkit.errors import UserError
from regenkit.files import write_text, writing
from regenkit.nearest import did_you_mean

TEMPLATE = Path(__file__).parent / "template"
SUFFIX = ".in"
"""Ends the names of templates, so that no tool takes them for code of regenkit."""
STAND_IN = "acme"
SHAPES = {"sequence": "#8a2be2", "grid": "7"}
"""The shapes of Y that there are templates for, each with an X of its example."""
RIGHT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def make(name: str, folder: Path, *, shape: str = "sequence", description: str = "", author: str = "") -> list[Path]:
    """Write a plugin called `name`, whose Y has this shape, into `folder`, whole or not at all, and return its files.

    Raises UserError where the name cannot be one, is taken, there is no such shape, or the folder holds anything
    already or cannot be written.
    """
    check_name(name)
    if shape not in SHAPES:
        raise UserError(f"{shape!r} is no shape of Y{did_you_mean(shape, SHAPES)}")
    with writing(folder):
        there = folder.exists()
        if there and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"{folder}: is there already; name an empty or a new folder with --into DIR")
    words = {
        "DESCRIPTION": _quoted(description or f"A plugin for regenkit: {name}"),
        "AUTHOR": _quoted(author or "nobody yet"),
        "AN_INPUT": SHAPES[shape],
        STAND_IN: name,
    }
    try:
        return [
            # at once, so that a word of the description is not taken for one of the template
            _written(folder / relative.replace(STAND_IN, name),
                     re.sub("|".join(words), lambda found: words[found[0]], template.read_text(encoding="utf-8")))
            for relative, template in sorted(templates(shape).items())
        ]  # fmt: skip
    except BaseException:  # a half plugin would keep the same command from being given again
        if folder.is_dir():
            for each in folder.iterdir():
                if each.is_dir():
                    shutil.rmtree(each)
                else:
                    each.unlink()
            if not there:
                folder.rmdir()
        raise


def _written(path: Path, text: str) -> Path:
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)
    return path


def templates(shape: str) -> dict[str, Path]:
    """The templates of a plugin whose Y has this shape, by the files that they become."""
    roots = (TEMPLATE / "common", TEMPLATE / shape)
    return {
        str(path.relative_to(root)).removesuffix(SUFFIX): path for root in roots for path in root.rglob(f"*{SUFFIX}")
    }


def check_name(name: str) -> None:
    """Raises UserError unless a plugin may be called so."""
    if not RIGHT.fullmatch(name):
        raise UserError(f"{name!r}: a plugin's name has small letters, digits and single underscores, as in chess")
    if importlib.util.find_spec(f"regenkit_{name}"):
        raise UserError(f"{name}: there is a package regenkit_{name} already; choose another name")


def _quoted(text: str) -> str:
    """Text that may stand in a string of Python, of TOML, and in prose."""
    return " ".join(text.split()).replace("\\", "/").replace('"', "'")
