"""Which files of a folder are music: links are followed, once; what is hidden is named and not read."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

MACOS = ("__MACOSX", "._")


def music_files(root: Path, suffixes: Sequence[str]) -> list[str]:
    """Paths within `root`, sorted, of all that might be music: see `why_not` for those that are not read.

    A hidden folder that holds music stands for all in it, and so does a link to a folder that is read in another place.
    """
    return sorted(_walk(root, "", tuple(suffixes), {_identity(root)}))


def why_not(root: Path, name: str) -> str:
    """Why a path that `music_files` lists is not read; "" where it is."""
    parts = name.split("/")
    if any(part == MACOS[0] or part.startswith(MACOS[1]) for part in parts):
        return "is made by macOS and holds no music"
    if any(part.startswith(".") for part in parts):
        return "is hidden"
    if (root / name).is_dir():
        if not os.access(root / name, os.R_OK | os.X_OK):
            return "is a folder that can't be opened"
        return "is a link to a folder that is read in another place"
    return "" if (root / name).exists() else "is a link to nothing"


def _walk(root: Path, folder: str, suffixes: tuple[str, ...], seen: set[tuple[int, int]]) -> Iterator[str]:
    try:
        entries = list(os.scandir(root / folder))
    except OSError:
        yield folder
        return
    for entry in sorted(
        entries, key=lambda each: (each.is_symlink(), each.name)
    ):  # links last: what is here is read here
        name = f"{folder}/{entry.name}" if folder else entry.name
        if not os.path.isdir(entry.path):
            if entry.name.lower().endswith(suffixes):
                yield name
        elif _is_aside(entry.name):
            if any(path.suffix.lower() in suffixes for path in Path(entry.path).rglob("*")):
                yield name
        elif (identity := _identity(Path(entry.path))) in seen:
            yield name
        else:
            seen.add(identity)
            yield from _walk(root, name, suffixes, seen)


def _is_aside(name: str) -> bool:
    return name.startswith(".") or name == MACOS[0]


def _identity(folder: Path) -> tuple[int, int]:
    stat = folder.stat()
    return stat.st_dev, stat.st_ino
