"""The rows of tables that say what is said in which file: LJSpeech's metadata.csv, and Common Voice's .tsv."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast, final

from regenkit.data.split import COLUMN, Split, stated
from regenkit.errors import UserError
from regenkit.files import read_text

OFFICIAL: dict[str, Split] = {"train.tsv": "train", "dev.tsv": "validation", "test.tsv": "test"}
NO_PAIRS = {
    "invalidated.tsv": "holds what was voted down",
    "other.tsv": "holds what was not voted on yet",
    "reported.tsv": "holds complaints, not transcripts",
    "clip_durations.tsv": "holds durations, not transcripts",
    "validated_sentences.tsv": "holds sentences without their sound",
    "unvalidated_sentences.tsv": "holds sentences without their sound",
}
"""Of Common Voice, by name, why it is not read."""
PATHS = ("path", "file", "audio", "audio_file", "file_name")
SENTENCES = ("sentence", "text", "transcript", "transcription")
SPEAKERS = ("client_id", "speaker", "speaker_name", "speaker_id")
"""Names of columns, of which one is there."""
NO_TEXT = "has no text"
NO_LINE = "is no line of the form id|text|text as spoken"


@final
@dataclass(frozen=True, kw_only=True)
class Row:
    """line   of the table, from 1
    file   as it is written
    part   (name, begin, end in seconds) where it is a part of a file; an end below 0 is the file's
    fault  why it is left out, "" = it is not
    """

    line: int
    file: str = ""
    text: str = ""
    speaker: str = ""
    split: Split | None = None
    part: tuple[str, float, float] | None = None
    fault: str = ""


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """(number, line) of those that are not empty. Lines end at newlines alone: a U+2028 is a part of a text."""
    return ((number, line) for number, line in enumerate(read_text(path).split("\n"), 1) if line.strip())


def ljspeech(path: Path) -> Iterator[Row]:
    """Lines "id|as written|as spoken", of which the last that is not empty is taken; or under a first line that names
    the columns."""
    head: list[str] = []
    for number, line in lines(path):
        cells = [cell.strip() for cell in line.split("|")]
        if not head and cells[0] in PATHS and any(cell in SENTENCES for cell in cells):
            head = cells
        elif head:
            fault = "" if len(cells) == len(head) else _uneven(len(cells), len(head))
            yield _row(number, dict(zip(head, cells, strict=False)), fault)
        elif len(cells) not in (2, 3):
            yield Row(line=number, fault=NO_LINE)
        else:
            yield Row(line=number, file=cells[0], text=cells[-1] or cells[1])


def common_voice(path: Path) -> Iterator[Row]:
    """Raises UserError where there are no such columns."""
    rows = csv.DictReader(io.StringIO(read_text(path)), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        columns = rows.fieldnames or []
        if not _one_of(PATHS, columns) or not _one_of(SENTENCES, columns):
            raise UserError(f"{path}: its columns are {', '.join(columns) or 'none'}; right are one of "
                            f"{', '.join(PATHS)} and one of {', '.join(SENTENCES)}")  # fmt: skip
        for row in rows:
            known = {name: (value or "").strip() for name, value in row.items() if name in columns}
            more = cast(dict[None, list[str]], row).get(None, [])
            fault = _uneven(len(columns) + len(more), len(columns)) if any(map(str.strip, more)) else ""
            yield _row(rows.line_num, known, fault, OFFICIAL.get(path.name))
    except csv.Error as error:
        raise UserError(f"{path}:{rows.line_num + 1}: is no line of a table ({error})") from error


def _uneven(cells: int, columns: int) -> str:
    return f"has {cells} cells; right are {columns}, as named above"


def _row(line: int, cells: dict[str, str], fault: str = "", split: Split | None = None) -> Row:
    file, text, speaker = (cells.get(_one_of(names, cells), "") for names in (PATHS, SENTENCES, SPEAKERS))
    try:
        split = stated(cells.get(COLUMN, ""), split)
    except UserError as error:
        fault = fault or str(error)
    return Row(line=line, file=file, text=text, speaker=speaker, split=split, fault=fault)


def _one_of(names: Sequence[str], columns: Iterable[str]) -> str:
    return next((name for name in columns if name in names), "")
