"""Every file in a folder of the user's own, and what in it cannot be looked at."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import final

from regenkit_image.formats import READS


@final
@dataclass(frozen=True, kw_only=True)
class Tree:
    """Names start at the folder, with "/" between, and are sorted.

    files     that can be opened; hidden ones (".…", "__MACOSX") are no one's data, and left out
    folders   in which they are, and empty ones
    left_out  by name, why: what is no file, and what has no name that could be written down
    """

    files: tuple[str, ...]
    folders: tuple[str, ...]
    left_out: dict[str, str]


def tree(root: Path) -> Tree:
    """Links to files and to folders are followed; one that leads back to a folder that it is in is left out."""
    files: list[str] = []
    folders: list[str] = []
    left_out: dict[str, str] = {}

    def visit(folder: Path, within: str, above: frozenset[str]) -> None:
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            left_out[within] = f"cannot be opened ({error.strerror})"
            return
        for entry in found:
            name = within + entry.name
            if entry.name.startswith(".") or entry.name == "__MACOSX":
                continue
            if not _is_text(entry.name):
                left_out[os.fsencode(name).decode("utf-8", "backslashreplace")] = "its name is not UTF-8; rename it"
            elif entry.is_dir():
                real = os.path.realpath(entry.path)
                if real in above:
                    left_out[f"{name}/"] = "is a link to a folder that it is in"
                    continue
                folders.append(name)
                visit(Path(entry.path), f"{name}/", above | {real})
            elif entry.is_file():
                files.append(name)
            elif entry.is_symlink():
                left_out[name] = "is a link to what is not there"
            elif entry.name.lower().endswith(READS):
                left_out[name] = "is no file"

    visit(root, "", frozenset({os.path.realpath(root)}))
    return Tree(files=tuple(sorted(files)), folders=tuple(sorted(folders)), left_out=left_out)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
