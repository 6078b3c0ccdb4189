"""What a folder of pictures with captions holds: which caption is of which picture, and what is left out."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import final

from regenkit.data.split import Split, official, stated
from regenkit.data.text_encoding import decoded_together
from regenkit.errors import UserError
from regenkit.tree import tree
from regenkit_image.data import own, tables
from regenkit_image.data.matching import Pictures
from regenkit_image.formats import READS
from regenkit_image.modality.words import lines, plain

Said = dict[str, tuple[str, ...]]
"""Captions, each with what is to be said of how it was read."""
COUNTED = re.compile(r"#\d+$")
"""Ends a picture's name in tables that count its captions: "1.jpg#0", as Flickr8k has them."""
NO_CAPTION = "has no caption"
HEADLESS = "is a table without a head: write a first line above it that names its columns, as image,caption"


@final
@dataclass(frozen=True, kw_only=True)
class Captioned:
    """Names start at the folder.

    pictures  files
    texts     files of captions: .txt and tables
    captions  of each picture that has some
    left_out  by name, why: files, and rows of tables ("captions.csv:7")
    ignored   by name, why: hidden files
    splits    of the pictures whose first folder names one, or a column of a table
    """

    pictures: list[str]
    texts: list[str]
    captions: dict[str, Said]
    left_out: dict[str, str]
    ignored: dict[str, str]
    splits: dict[str, Split]


def captioned(root: Path, dataset: str, encoding: str | None) -> Captioned:
    """Raises UserError where there is no picture, two tables in a folder, or a table that can't be read."""
    found = tree(root, (*READS, ".txt", *tables.SUFFIXES))
    pictures = own.pictures(found, root, dataset)
    left_out = own.unread(found)
    left_out |= {name: f"is a table that is not read; right are {', '.join(tables.SUFFIXES)}"
                 for name in found.files if name.lower().endswith(tables.NOT_READ)}  # fmt: skip
    texts = [name for name in found.files if name.lower().endswith((".txt", *tables.SUFFIXES))]
    data, closed = _opened(root, texts)
    read, undecoded = decoded_together(data, encoding)
    read = {name: re.sub("\r\n?", "\n", text) for name, text in read.items()}
    bad = {**closed, **undecoded}
    captions: dict[str, Said] = {}
    folders = official(pictures)
    splits = {name: split for name in pictures if (split := folders.get(name.split("/")[0]))}
    known = Pictures(pictures)
    beside = {name: known.find(name[: -len(".txt")], "") for name in texts if _suffix(name) == ".txt"}
    of_tables = _tables([name for name in texts if not beside.get(name) and _is_table(name, read)], root)
    for name in of_tables:
        if name in bad:
            raise UserError(f"{root / name}: {bad[name]}")
        table = tables.read(read[name], _suffix(name), str(root / name))
        left_out |= {f"{name}:{line}": reason for line, reason in table.left_out.items()}
        for row in table.rows:
            folder = name[: name.rfind("/") + 1]
            meant = known.find(row.file, folder) or known.find(COUNTED.sub("", row.file), folder)
            try:
                splits |= {each: split for each in meant if (split := _split(row.split, each, splits, folders))}
            except UserError as error:
                left_out[f"{name}:{row.line}"] = str(error)
                continue
            for picture in meant:
                _add(captions, picture, row.captions, row.remarks)
            if not meant:
                left_out[f"{name}:{row.line}"] = f"there is no picture '{row.file}'{known.nearest(row.file)}"
            elif not row.captions:
                left_out[f"{name}:{row.line}"] = NO_CAPTION
    described = set(captions)
    for name in texts:
        if name in of_tables:
            continue
        meant = beside[name]
        if name in bad:
            left_out[name] = bad[name]
        elif not meant:
            headless = _names_picture(name, read[name], known)
            left_out[name] = (
                HEADLESS if headless else f"a caption without a picture{known.nearest(name[: -len('.txt')])}"
            )
        elif described.intersection(meant):
            left_out[name] = "its picture has a caption in a table"
        elif not plain(read[name]):
            left_out[name] = NO_CAPTION
        else:
            for picture in meant:
                _add(captions, picture, lines(read[name]), ())
    return Captioned(
        pictures=pictures, texts=texts, captions=captions, left_out=left_out, ignored=found.ignored,
        splits=splits,
    )  # fmt: skip


def _split(cell: str, picture: str, splits: Mapping[str, Split], folders: Mapping[str, Split]) -> Split | None:
    """Of a picture, by a row. Raises UserError where that names none, or its folder or another row names another."""
    found = stated(cell, folders.get(picture.split("/")[0]))
    if found and (other := splits.get(picture, found)) != found:
        raise UserError(f"its split is {found}, and in another row of its picture {other}; right is one of the two")
    return found


def _opened(root: Path, names: list[str]) -> tuple[dict[str, bytes], dict[str, str]]:
    """(what is in each file, why the others cannot be opened)"""
    data, closed = {}, {}
    for name in names:
        try:
            data[name] = (root / name).read_bytes()
        except OSError as error:
            closed[name] = f"cannot be opened ({error.strerror})"
    return data, closed


def _is_table(name: str, read: Mapping[str, str]) -> bool:
    return _suffix(name) in tables.SUFFIXES or (name in read and tables.has_head(read[name]))


def _names_picture(name: str, text: str, known: Pictures) -> bool:
    """Whether the first line begins with a picture's name, as in a table without a head."""
    first = next((line for line in lines(text) if line.strip()), "")
    file = re.split(r"[,;\t|#]", first)[0].strip(' "')
    return file.lower().endswith(READS) and bool(known.find(file, name[: name.rfind("/") + 1]))


def _tables(found: list[str], root: Path) -> list[str]:
    """Those that are tables. Raises UserError where a folder has two."""
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
