"""Videos in a folder of the user's own, each file cut into clips; long ones are read in parts."""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import final

from regenkit.errors import BadSource, UserError
from regenkit.tree import tree
from regenkit_video.formats import READS, UNREAD
from regenkit_video.modality.film import film, measured
from regenkit_video.modality.windows import Shape

A_PART = 60.0
"""Seconds of a file that are read as one source, so that an hour needs no more memory than a minute."""

PIECE = 2**20
"""Bytes of a file's beginning, and of its end, that say what it holds."""


@final
@dataclass(frozen=True, kw_only=True)
class Part:
    """Clips `first` to before `last` of a file; `last` None: all that follow."""

    file: str
    first: int = 0
    last: int | None = None


@final
@dataclass(frozen=True, kw_only=True)
class Own:
    """Names start at the folder.

    files     videos
    texts     .txt files
    left_out  by name, why
    ignored   by name, why: hidden files
    """

    files: tuple[str, ...]
    texts: tuple[str, ...]
    left_out: dict[str, str]
    ignored: dict[str, str]


def own(root: Path, dataset: str) -> Own:
    """What a folder holds. Raises UserError where there is no video."""
    found = tree(root, READS)
    files = tuple(name for name in found.files if name.lower().endswith(READS))
    if not files:
        raise UserError(f"{dataset}: there is no {', '.join(READS)} file in {root} or its subfolders")
    unread = {
        name: f"is a video of a format that is not read, {Path(name).suffix.lower()}"
        for name in found.files
        if name.lower().endswith(UNREAD)
    }
    texts = tuple(name for name in found.files if name.lower().endswith(".txt"))
    return Own(files=files, texts=texts, left_out={**found.left_out, **unread}, ignored=found.ignored)


def stem(name: str) -> str:
    """A file's name without its suffix."""
    return name.rpartition(".")[0]


def content(path: Path) -> int:
    """A signed 64-bit number of what a file holds: its length, its beginning and its end. A copy has the same, whatever
    its name."""
    with path.open("rb") as file:
        found = hashlib.blake2b(file.read(PIECE), digest_size=8)
        length = file.seek(0, 2)
        file.seek(max(0, length - PIECE))
        found.update(file.read() + str(length).encode())
    return int.from_bytes(found.digest(), "big", signed=True)


def parts(root: Path, name: str, shape: Shape) -> dict[str, Part]:
    """The sources of one file: itself, or where it is long "NAME:0-60 s" and so on. A file that can't be looked at is
    one source, and its reading says why."""
    try:
        seconds = film(root / name).seconds or measured(root / name)
    except (BadSource, UserError):
        return {name: Part(file=name)}
    many = max(1, int(A_PART * shape.rate / shape.frames))
    count = math.ceil(seconds * shape.rate / shape.frames / many)
    if count <= 1:
        return {name: Part(file=name)}
    length = many * shape.frames / shape.rate
    return {
        f"{name}:{float(part * length):g}-{float((part + 1) * length):g} s": Part(
            file=name, first=part * many, last=(part + 1) * many if part + 1 < count else None
        )
        for part in range(count)
    }
