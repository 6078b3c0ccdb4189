"""Every file in a folder of the user's own, and what in it is no data or cannot be looked at."""

import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

ARCHIVED = "__MACOSX"
"""The folder of an archive in which macOS puts what it knows of the others."""
APPLE_DOUBLE = "._"
"""Begins the name of the file that macOS puts beside each on other file systems."""


@final
@dataclass(frozen=True, kw_only=True)
class Tree:
    """Names start at the folder, with "/" between; those of folders in `left_out` and `ignored` end in one.

    files     that can be opened, sorted
    folders   in which they are, and empty ones, sorted
    left_out  by name, why: what cannot be read, and may be data
    ignored   by name, why: what is no data (hidden), or is read in another place
    """

    files: tuple[str, ...]
    folders: tuple[str, ...]
    left_out: dict[str, str]
    ignored: dict[str, str]


def tree(root: Path, suffixes: Sequence[str] = ()) -> Tree:
    """Links to files and to folders are followed, and each folder is looked at once: where it is, before links to it.

    suffixes  in lower case, of what is data. Hidden files of these are named among `ignored`, other hidden ones are not
    """
    walk = _Walk(tuple(suffixes))
    walk.looked_at.add(_identity(root))
    walk.visit(str(root), "")
    while walk.links:
        path, name = walk.links.popleft()
        walk.enter(path, name)
    return Tree(
        files=tuple(sorted(walk.files)),
        folders=tuple(sorted(walk.folders)),
        left_out=dict(sorted(walk.left_out.items())),
        ignored=dict(sorted(walk.ignored.items())),
    )


@final
class _Walk:
    def __init__(self, suffixes: tuple[str, ...]) -> None:
        self.suffixes = suffixes
        self.files: list[str] = []
        self.folders: list[str] = []
        self.left_out: dict[str, str] = {}
        self.ignored: dict[str, str] = {}
        self.looked_at: set[tuple[int, int]] = set()
        self.links: deque[tuple[str, str]] = deque()
        """(path, name) of linked folders, which wait until all that is here was looked at."""

    def visit(self, folder: str, within: str) -> None:
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self.left_out[within] = f"cannot be opened ({error.strerror})"
            return
        for entry in found:
            name = within + entry.name
            if any("\ud800" <= letter <= "\udfff" for letter in entry.name):  # Python's stand-ins for other bytes
                self.left_out[os.fsencode(name).decode("utf-8", "backslashreplace")] = (
                    "its name is not UTF-8; rename it"
                )
            elif entry.name.startswith(".") or entry.name == ARCHIVED:
                self.hidden(entry, name)
            elif os.path.isdir(entry.path):  # not entry.is_dir(), which raises for a link to itself
                if entry.is_symlink():
                    self.links.append((entry.path, name))
                else:
                    self.enter(entry.path, name)
            elif os.path.isfile(entry.path):
                self.files.append(name)
            else:
                self.left_out[name] = "is a link to what is not there" if entry.is_symlink() else "is no file"

    def enter(self, folder: str, name: str) -> None:
        identity = _identity(Path(folder))
        if identity in self.looked_at:
            self.ignored[f"{name}/"] = "is a link to a folder that is read in another place"
            return
        self.looked_at.add(identity)
        self.folders.append(name)
        self.visit(folder, f"{name}/")

    def hidden(self, entry: "os.DirEntry[str]", name: str) -> None:
        made_by_mac = entry.name == ARCHIVED or entry.name.startswith(APPLE_DOUBLE)
        why = "is macOS's own, no data" if made_by_mac else "is hidden"
        if not os.path.isdir(entry.path):
            if entry.name.lower().endswith(self.suffixes):
                self.ignored[name] = why
        elif any(path.name.lower().endswith(self.suffixes) for path in Path(entry.path).rglob("*")):
            self.ignored[f"{name}/"] = why


def _identity(folder: Path) -> tuple[int, int]:
    stat = folder.stat()
    return stat.st_dev, stat.st_ino
