"""The files of a folder of the user's own: pairs in tables and JSON lines, and text alone."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from regenkit.components import Example, LeftOut
from regenkit.data.split import COLUMN, NAMES, Split, official, stated
from regenkit.data.text_encoding import known
from regenkit.errors import BadSource, UserError
from regenkit.sources.locate import own_folder
from regenkit.tree import tree
from regenkit_text.data.spans import A_SPAN, spanned, spans
from regenkit_text.modality.facts import facts
from regenkit_text.modality.rows import SUFFIXES, Row, rows
from regenkit_text.modality.text import lines
from regenkit_text.modality.words import plain

X, Y = ("x", "source", "input", "prompt", "word"), ("y", "text", "target", "output", "gloss")
"""How the columns of the two sides may be called; the first that is there is taken."""
OTHER_SIGNS = ";,\t|"
"""What parts the cells of a table where its suffix says another sign."""
EITHER = "text"
"""The source where a file has none of X and another of Y: "text,target"."""


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A text, with what it is made from: text, facts by key, or None; `split` where row, file or folder says."""

    line: int
    x: Any
    y: str
    fault: str = ""
    split: Split | None = None


@final
class Own:
    """The files of a folder, and their lines."""

    def __init__(self, path: str, dataset: str, encoding: str | None, *, facts_of_rest: bool = False) -> None:
        right = "a folder of .csv, .tsv, .jsonl and .txt files"
        self.root = own_folder(path, dataset, right)
        self.encoding = None if encoding is None else known(encoding)
        self.facts_of_rest = facts_of_rest
        self.tree = tree(self.root, (*SUFFIXES, ".txt"))
        self.files = [name for name in self.tree.files if Path(name).suffix.lower() in (*SUFFIXES, ".txt")]
        if not self.files:
            raise UserError(f"{dataset}: there is no .csv, .tsv, .jsonl or .txt file in {path}")
        self.splits = _splits(self.files)
        self._read: tuple[str, list[Line]] = ("", [])

    def sources(self) -> list[str]:
        """ "a.csv", or of a long file "a.csv:0-500" and so on; and what cannot be read."""
        return [source for name in self.files for source in self._parts(name)] + list(self.tree.left_out)

    def _parts(self, name: str) -> list[str]:
        try:
            count = len(self.lines(name))
        except BadSource:  # named when it is read
            return [name]
        return [name] if count <= A_SPAN else [f"{name}:{span}" for span in spans(count)]

    def usable(self) -> Iterator[Line]:
        """The sound lines of all files."""
        for name in self.files:
            try:
                yield from (line for line in self.lines(name) if not line.fault)
            except (BadSource, UserError):  # named when the file is read as a source
                continue

    def lines(self, name: str) -> list[Line]:
        """Of a file. Raises BadSource where it is no text, or empty, or its columns are not those of a pair."""
        if self._read[0] != name:  # one file is kept, of which the parts are asked for one after the other
            self._read = name, list(self._lines(name))
        return self._read[1]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_read": ("", [])}  # for another process

    def _lines(self, name: str) -> Iterator[Line]:
        suffix, split = Path(name).suffix.lower(), self.splits.get(name)
        try:
            typed = lines(self.root / name, self.encoding)
        except BadSource as error:
            raise BadSource(name, error.reason) from error
        except UserError as error:
            raise BadSource(name, str(error)) from error
        if not any(line.strip() for line in typed):
            raise BadSource(name, "is empty")
        if suffix == ".txt":
            texts = ((number, line) for number, line in enumerate(typed, 1) if line.strip())
            yield from (Line(line=number, x=None, y=line, split=split) for number, line in texts)
            return
        try:
            found = list(rows("\n".join(typed), suffix, name))
        except UserError as error:
            raise BadSource(name, str(error)) from error
        columns = {_called(column) for row in found for column in row.values}
        if suffix != ".jsonl" and len(columns) == 1 and any(sign in min(columns) for sign in OTHER_SIGNS):
            right = "cells of a .csv are parted by commas, those of a .tsv by tabs"
            raise BadSource(name, f"has the one column {min(columns)!r}: {right}")
        x, y = self._columns(columns)
        splits = not self.facts_of_rest or self._names_splits(found)
        yield from (self._line(row, x, y, split, splits=splits) for row in found)

    @staticmethod
    def _names_splits(found: Sequence[Row]) -> bool:
        """Whether a column `split` beside facts is no fact: all that it says are names of splits."""
        said = [value for row in found for name, value in row.values.items() if _called(name) == COLUMN]
        return all(isinstance(value, str) and value.strip().casefold() in NAMES for value in said)

    def _columns(self, names: set[str]) -> tuple[Sequence[str], Sequence[str]]:
        """What X and Y of a file with these columns are called."""
        if self.facts_of_rest or names & set(X) or len(names & set(Y)) < 2 or EITHER not in names:
            return X, Y
        return (EITHER,), [name for name in Y if name != EITHER]

    def _line(
        self, row: Row, x_names: Sequence[str], y_names: Sequence[str], split: Split | None, *, splits: bool
    ) -> Line:  # fmt: skip
        by_name = {_called(name): name for name in row.values}
        x, y = (next((by_name[name] for name in names if name in by_name), None) for names in (x_names, y_names))
        try:
            if row.fault or y is None:
                raise UserError(row.fault or f"has no text: right is a column {' or '.join(y_names)}")
            wanted = (*(() if self.facts_of_rest else x_names), *y_names, COLUMN)
            for name in row.values:
                if (other := by_name[_called(name)]) != name and _called(name) in wanted:
                    raise UserError(f"has the columns {name!r} and {other!r}, which mean the same: name each once")
            said = _text("y", row.values[y])
            of_split = by_name.get(COLUMN) if splits else None
            own = stated(str(row.values[of_split]), split) if of_split else split
            if self.facts_of_rest:
                rest = {name: value for name, value in row.values.items() if name not in (y, of_split)}
                return Line(line=row.line, x=facts(rest) if rest else None, y=said, split=own)
            return Line(line=row.line, x=None if x is None else _text("x", row.values[x]), y=said, split=own)
        except UserError as error:
            return Line(line=row.line, x=None, y="", fault=str(error))

    def examples(self, source: str, made: Any) -> Iterable[Example | LeftOut]:
        """Of a source; `made` gives the fields of X and Y of a line, or raises UserError."""
        if source in self.tree.left_out:
            raise BadSource(source, self.tree.left_out[source])
        file, _, span = (source, "", "") if source in self.files else source.rpartition(":")
        for line in self.lines(file)[spanned(span) if span else slice(None)]:
            name = f"{file}:{line.line}"
            try:
                if line.fault:
                    raise UserError(line.fault)
                x, y = made(line)
            except UserError as error:
                yield LeftOut(id=name, reason=str(error))
                continue
            text = plain(line.y)
            source_text = plain(line.x).casefold() if isinstance(line.x, str) else line.x
            groups = [f"y:{text.casefold()}", *([f"x:{source_text}"] if line.x is not None else [])]
            yield Example(id=name, x=x, y=y, groups=tuple(groups), split=line.split, meta={"title": text[:80]})


def _splits(files: Sequence[str]) -> dict[str, Split]:
    """Of files by their first folder or, where folders name no split, by what they are called: train.csv, test.csv."""
    if folders := official(files):
        return {name: folders[top] for name in files if (top := name.split("/")[0]) in folders}
    found = {name: NAMES[stem] for name in files if (stem := Path(name).stem.casefold()) in NAMES}
    return found if len(set(found.values())) > 1 else {}


def _called(column: str) -> str:
    return column.strip().casefold()


def _text(side: str, value: Any) -> str:
    """A text; a number is one (`Row`). Raises UserError: anything else."""
    if not isinstance(value, str):
        kind = "a map" if isinstance(value, dict) else "a list" if isinstance(value, list) else json.dumps(value)
        raise UserError(f"its {side} is {kind}; right is text or a number")
    return value
