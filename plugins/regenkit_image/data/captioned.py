"""What a folder of pictures with captions holds: which caption is of which picture, and what is left out."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import final

from regenkit.errors import UserError
from regenkit_image.data import own, tables
from regenkit_image.data.encoding import decoded
from regenkit_image.data.matching import Pictures
from regenkit_image.data.official import Split, official
from regenkit_image.data.tree import tree
from regenkit_image.modality.words import lines, plain

Said = dict[str, tuple[str, ...]]
"""Captions, each with what is to be said of how it was read."""


@final
@dataclass(frozen=True, kw_only=True)
class Captioned:
    """Names start at the folder.

    pictures  files
    texts     files of captions: .txt and tables
    captions  of each picture that has some
    left_out  by name, why: files, and rows of tables ("captions.csv:7")
    splits    by first folder, where they name one
    """

    pictures: list[str]
    texts: list[str]
    captions: dict[str, Said]
    left_out: dict[str, str]
    splits: dict[str, Split]


def captioned(root: Path, dataset: str, encoding: str | None) -> Captioned:
    """Raises UserError where there is no picture, two tables in a folder, or a table that can't be read."""
    found = tree(root)
    pictures = own.pictures(found, root, dataset)
    left_out = own.unread(found)
    left_out |= {name: f"is a table that is not read; right are {', '.join(tables.SUFFIXES)}"
                 for name in found.files if name.lower().endswith(tables.NOT_READ)}  # fmt: skip
    texts = [name for name in found.files if name.lower().endswith((".txt", *tables.SUFFIXES))]
    data, closed = _opened(root, texts)
    read, undecoded = decoded(data, encoding)
    bad = {**closed, **undecoded}
    captions: dict[str, Said] = {}
    known = Pictures(pictures)
    of_tables = _tables(texts, root)
    for name in of_tables:
        if name in bad:
            raise UserError(f"{root / name}: {bad[name]}")
        table = tables.read(read[name], _suffix(name), str(root / name))
        left_out |= {f"{name}:{line}": reason for line, reason in table.left_out.items()}
        for row in table.rows:
            meant = known.find(row.file, name[: name.rfind("/") + 1])
            for picture in meant:
                _add(captions, picture, row.captions, row.remarks)
            if not meant:
                left_out[f"{name}:{row.line}"] = f"there is no picture '{row.file}'{known.nearest(row.file)}"
    described = set(captions)
    for name in texts:
        if name in of_tables:
            continue
        meant = known.find(name[: -len(".txt")], "")
        if name in bad:
            left_out[name] = bad[name]
        elif not meant:
            left_out[name] = f"a caption without a picture{known.nearest(name[: -len('.txt')])}"
        elif described.intersection(meant):
            left_out[name] = "its picture has a caption in a table"
        else:
            for picture in meant:
                _add(captions, picture, lines(read[name]), ())
    return Captioned(
        pictures=pictures, texts=texts, captions=captions, left_out=left_out, splits=official(pictures)
    )  # fmt: skip


def _opened(root: Path, names: list[str]) -> tuple[dict[str, bytes], dict[str, str]]:
    """(what is in each file, why the others cannot be opened)"""
    data, closed = {}, {}
    for name in names:
        try:
            data[name] = (root / name).read_bytes()
        except OSError as error:
            closed[name] = f"cannot be opened ({error.strerror})"
    return data, closed


def _tables(texts: list[str], root: Path) -> list[str]:
    found = [name for name in texts if _suffix(name) in tables.SUFFIXES]
    for folder, count in Counter(str(PurePosixPath(name).parent) for name in found).items():
        if count > 1:
            names = [name for name in found if str(PurePosixPath(name).parent) == folder]
            raise UserError(f"{root / folder} has {count} tables, {names[0]} and {names[1]}; right is one")
    return found


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _add(captions: dict[str, Said], picture: str, texts: tuple[str, ...] | list[str], remarks: tuple[str, ...]) -> None:
    """Those that hold words; one that is there already is not there twice."""
    for text in texts:
        if caption := plain(text):
            captions.setdefault(picture, {}).setdefault(caption, remarks)
