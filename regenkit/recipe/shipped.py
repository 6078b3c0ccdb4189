"""The recipes that come with regenkit: found by name, and described by the comment that each begins with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

from regenkit.errors import UserError
from regenkit.nearest import did_you_mean

SUFFIX = ".yaml"
_HERE = Path(__file__).parents[1]
_FOLDERS = (_HERE / "recipes", _HERE.parent / "recipes")
"""In an installed package, and in a checkout of the repository."""
_MARKS = {"cost": "# Cost: ", "figures": "# Figures: "}


@final
@dataclass(frozen=True, kw_only=True)
class About:
    """What a recipe says of itself, before anything of it is read.

    summary  the first line of the comment that it begins with
    cost     how long it takes on which device; "" where it does not say
    figures  what came out, and where that is written; "" where it does not say
    """

    name: str
    path: Path
    summary: str
    cost: str
    figures: str


def shipped() -> Mapping[str, Path]:
    """The files of the recipes by their names, in the order of the names."""
    folder = next((each for each in _FOLDERS if each.is_dir()), None)
    return {} if folder is None else {path.stem: path for path in sorted(folder.glob(f"*{SUFFIX}"))}


def located(path: str | Path) -> Path:
    """The file that a user means: a recipe of their own, or the name of one that comes with regenkit.

    Raises UserError where a bare name is neither. What looks like a file is returned as it is: reading it says more.
    """
    path = Path(path)
    known = shipped()
    if path.is_file() or path.suffix or len(path.parts) != 1 or (path.exists() and path.name not in known):
        return path
    if path.name not in known:
        hint = did_you_mean(path.name, known)
        raise UserError(f"{path}: there is no such file here, and no recipe of that name comes with regenkit{hint}")
    return known[path.name]


def about(path: Path) -> About:
    """What the comment at the beginning of a recipe says."""
    texts = {"summary": "", "cost": "", "figures": ""}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        key = next((key for key, mark in _MARKS.items() if line.startswith(mark)), "summary")
        texts[key] = texts[key] or line.removeprefix(_MARKS.get(key, "#")).strip()
    return About(name=path.stem, path=path, **texts)
