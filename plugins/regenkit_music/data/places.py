"""Which files of a folder are music: links are followed, once; what is hidden is named and not read."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

APPLE_DOUBLE = "._"  # begins the name of the file beside each file that macOS copies to another file system
ALL_OF_THEM = "._*"
ARCHIVED = "__MACOSX"  # the folder of those in an archive


def music_files(root: Path, suffixes: Sequence[str]) -> list[str]:
    """Paths within `root`, sorted, of all that might be music: see `why_not` for those that are not read.

    One stands for all: a hidden folder that holds music, "._*" for macOS's files in a folder, a link to a folder that
    is read in another place.
    """
    return sorted(set(_walk(root, "", tuple(suffixes), {_identity(root)})))


def why_not(root: Path, name: str) -> str:
    """Why a path that `music_files` lists is not read; "" where it is."""
    parts = name.split("/")
    if any(part == ARCHIVED or part.startswith(APPLE_DOUBLE) for part in parts):
        return "made by macOS, no music"
    if any(part.startswith(".") for part in parts):
        return "hidden"
    if (root / name).is_dir():
        if not os.access(root / name, os.R_OK | os.X_OK):
            return "a folder that can't be opened"
        return "a link to a folder that is read in another place"
    return "" if (root / name).exists() else "a link to nothing"


def _walk(root: Path, folder: str, suffixes: tuple[str, ...], seen: set[tuple[int, int]]) -> Iterator[str]:
    try:
        entries = list(os.scandir(root / folder))
    except OSError:
        yield folder
        return
    entries.sort(key=lambda entry: (entry.is_symlink(), entry.name))  # links last: what is here is read here
    for entry in entries:
        inside = f"{folder}/" if folder else ""
        name = inside + entry.name
        if not os.path.isdir(entry.path):
            if entry.name.lower().endswith(suffixes):
                yield inside + ALL_OF_THEM if entry.name.startswith(APPLE_DOUBLE) else name
        elif entry.name.startswith(".") or entry.name == ARCHIVED:
            if any(path.suffix.lower() in suffixes for path in Path(entry.path).rglob("*")):
                yield name
        elif (identity := _identity(Path(entry.path))) in seen:
            yield name
        else:
            seen.add(identity)
            yield from _walk(root, name, suffixes, seen)


def _identity(folder: Path) -> tuple[int, int]:
    stat = folder.stat()
    return stat.st_dev, stat.st_ino
