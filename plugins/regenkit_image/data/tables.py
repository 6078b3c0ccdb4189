"""Tables of captions: .csv and .tsv by the rules of Python's csv module, .jsonl a JSON object a line. A .txt may be a
.csv or .tsv of another name, as Flickr8k's captions.txt is.

file,caption
tree.jpg,"a tree, red"
"""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, final

from regenkit.data.json_keys import DuplicateKeyError, once
from regenkit.data.split import COLUMN
from regenkit.errors import UserError
from regenkit_image.modality.words import lines, plain

SUFFIXES = (".csv", ".tsv", ".jsonl")
NOT_READ = (".parquet", ".xlsx", ".xls", ".ods")
DELIMITERS = ",;\t|"
FILE = (
    "file", "file_name", "filename", "image", "image_name", "image_file", "image_path", "img", "path", "filepath",
    "file_path",
)  # fmt: skip
TEXT = ("caption", "captions", "text", "title", "label", "description", "prompt", "sentence", "comment")
WHOLE = "its row has more columns than the head: the caption was read to the end of the row"


@final
@dataclass(frozen=True, kw_only=True)
class Row:
    """A row: the number of its first line, from 1 on, the file as it is written there, its captions, if any, and
    what its column `split` says."""

    line: int
    file: str
    captions: tuple[str, ...]
    split: str = ""
    remarks: tuple[str, ...] = ()


@final
@dataclass(frozen=True, kw_only=True)
class Table:
    """The rows of a table, and why those that are left out are, by line."""

    rows: list[Row]
    left_out: dict[int, str]


def read(text: str, suffix: str, where: str) -> Table:
    """`text` has newlines for line breaks. Raises UserError, naming `where`, where no columns name file and caption."""
    return _objects(text, where) if suffix == ".jsonl" else _cells(text, where)


def has_head(text: str) -> bool:
    """Whether a text, whatever its file is called, begins as a table does: with the columns of files and captions."""
    typed = lines(text)
    try:
        _head(typed, _first(typed), "")
    except UserError:
        return False
    return True


def _column(names: Iterable[str], wanted: tuple[str, ...]) -> str | None:
    """The first of the `wanted` names that is among `names`, as it is written there: in any case, "File Name" too."""
    known = {_called(name): name for name in names}
    return next((known[name] for name in wanted if name in known), None)


def _called(name: str) -> str:
    return plain(name).casefold().replace(" ", "_").replace("-", "_")


# --- .csv, .tsv -------------------------------------------------------------------------------------------------------


def _cells(text: str, where: str) -> Table:
    typed = lines(text)
    delimiter, head, after = _head(typed, _first(typed), where)
    file, caption = (head.index(_column(head, names) or "") for names in (FILE, TEXT))
    for name in (head[file], head[caption]):
        if (count := sum(_called(name) == _called(other) for other in head)) > 1:
            right = "right is once, and a row for each caption of a picture"
            raise UserError(f"{where}: the column {name!r} stands {count} times; {right}")
    splits = _column(head, (COLUMN,))  # None is no column: the number of a row often stands in one without a name
    open_ended = caption > file and not any(map(str.strip, head[caption + 1 :]))
    rows: list[Row] = []
    left_out: dict[int, str] = {}
    start = after
    while start < len(typed):
        number = start + 1
        try:
            cells, end = _record(typed, start, delimiter)
        except csv.Error:
            left_out[number] = "has quotes that are not CSV's: write a quote within quotes twice"
            start += 1
            continue
        remarks: tuple[str, ...] = ()
        written = "\n".join(typed[start:end])
        start = end
        if not any(map(str.strip, cells)):
            continue
        name, said = (cells[place].strip() if place < len(cells) else "" for place in (file, caption))
        if not name:
            left_out[number] = "names no picture"
            continue
        if any(map(str.strip, cells[caption + 1 if open_ended else len(head) :])):
            if not open_ended:
                left_out[number] = "has more columns than the head: put a caption with commas in quotes"
                continue
            exact = next(csv.reader([written], delimiter=delimiter))
            said, remarks = delimiter.join(exact[caption:]).rstrip(delimiter + " "), (WHOLE,)
        split = dict(zip(head, cells, strict=False)).get(splits, "") if splits else ""
        rows.append(Row(line=number, file=name, captions=(said,) if said else (), split=split, remarks=remarks))
    return Table(rows=rows, left_out=left_out)


def _first(typed: list[str]) -> int:
    """The number of the first line with something on it."""
    return next((number for number, line in enumerate(typed) if line.strip()), 0)


def _head(typed: list[str], first: int, where: str) -> tuple[str, list[str], int]:
    """(the delimiter, the columns, the number of the line after them)"""
    seen: list[str] = []
    for delimiter in DELIMITERS:
        try:
            head, after = _record(typed, first, delimiter)
        except csv.Error:
            continue
        if _column(head, FILE) and _column(head, TEXT):
            return delimiter, head, after
        seen = max(seen, head, key=len)
    raise UserError(f"{where}:{first + 1}: its columns are {', '.join(seen) or 'none'}; right are file and caption")


def _record(typed: list[str], start: int, delimiter: str) -> tuple[list[str], int]:
    """(the cells of the record that begins at line `start`, where the next begins). Raises csv.Error."""
    rest = (f"{typed[number]}\n" for number in range(start, len(typed)))
    reader = csv.reader(rest, delimiter=delimiter, skipinitialspace=True, strict=True)
    return next(reader), start + reader.line_num


# --- .jsonl -----------------------------------------------------------------------------------------------------------


def _objects(text: str, where: str) -> Table:
    rows: list[Row] = []
    left_out: dict[int, str] = {}
    seen: dict[str, None] = {}
    described = False
    for number, line in enumerate(lines(text), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line, object_pairs_hook=once)
        except DuplicateKeyError as error:
            left_out[number] = str(error)
            continue
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            left_out[number] = "is no JSON object"
            continue
        seen.update(dict.fromkeys(found))
        file, caption = _column(found, FILE), _column(found, TEXT)
        described = described or bool(file and caption)
        name = found[file] if file else None
        splits = _column(found, (COLUMN,))
        split = str(found[splits] or "") if splits else ""
        said = found[caption] if caption else None
        if not isinstance(name, str) or not name.strip():
            left_out[number] = "names no picture"
        elif (captions := tuple(_texts(said))) or not said:
            rows.append(Row(line=number, file=name.strip(), captions=captions, split=split))
        else:
            left_out[number] = "its caption is no text"
    if not described:
        raise UserError(f"{where}: its keys are {', '.join(seen) or 'none'}; right are file_name and text")
    return Table(rows=rows, left_out=left_out)


def _texts(said: Any) -> Iterator[str]:
    for each in said if isinstance(said, list) else [said]:
        if isinstance(each, str) and each.strip():
            yield each
