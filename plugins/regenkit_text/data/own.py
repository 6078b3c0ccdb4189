"""The files of a folder of the user's own: pairs in tables and JSON lines, and text alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from regenkit.components import Example, LeftOut
from regenkit.data.split import Split, official
from regenkit.data.text_encoding import known
from regenkit.errors import BadSource, UserError
from regenkit.sources.locate import own_folder
from regenkit.tree import tree
from regenkit_text.data.spans import A_SPAN, spanned, spans
from regenkit_text.modality.facts import facts
from regenkit_text.modality.rows import SUFFIXES, rows
from regenkit_text.modality.text import lines
from regenkit_text.modality.words import plain

X, Y = ("x", "source", "input", "prompt", "word"), ("y", "text", "target", "output", "gloss")
"""How the columns of the two sides may be called; the first that is there is taken."""


@final
@dataclass(frozen=True, kw_only=True)
class Line:
    """A text, with what it is made from: text, facts by key, or None."""

    line: int
    x: Any
    y: str
    fault: str = ""


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
        self.splits: dict[str, Split] = official(self.files)
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
        suffix = Path(name).suffix.lower()
        try:
            typed = lines(self.root / name, self.encoding)
        except BadSource as error:
            raise BadSource(name, error.reason) from error
        except UserError as error:
            raise BadSource(name, str(error)) from error
        if not any(line.strip() for line in typed):
            raise BadSource(name, "is empty")
        if suffix == ".txt":
            yield from (Line(line=number, x=None, y=line) for number, line in enumerate(typed, 1) if line.strip())
            return
        try:
            yield from (self._pair(row.line, row.values, row.fault) for row in rows("\n".join(typed), suffix, name))
        except UserError as error:
            raise BadSource(name, str(error)) from error

    def _pair(self, line: int, values: Mapping[str, Any], fault: str) -> Line:
        by_name = {name.strip().casefold(): name for name in values}
        y = next((by_name[name] for name in Y if name in by_name), None)
        if fault or y is None or not isinstance(values[y], str):
            return Line(line=line, x=None, y="", fault=fault or f"has no text: right is a column {' or '.join(Y)}")
        if self.facts_of_rest:
            rest = {name: value for name, value in values.items() if name != y}
            try:
                return Line(line=line, x=facts(rest) if rest else None, y=values[y])
            except UserError as error:
                return Line(line=line, x=None, y="", fault=str(error))
        x = next((by_name[name] for name in X if name in by_name), None)
        return Line(line=line, x=values[x] if x else None, y=values[y])

    def examples(self, source: str, made: Any) -> Iterable[Example | LeftOut]:
        """Of a source; `made` gives the fields of X and Y of a line, or raises UserError."""
        if source in self.tree.left_out:
            raise BadSource(source, self.tree.left_out[source])
        split = self.splits.get(source.split("/")[0])
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
            groups = [f"y:{text.casefold()}", *([f"x:{line.x}"] if line.x is not None else [])]
            yield Example(id=name, x=x, y=y, groups=tuple(groups), split=split, meta={"title": text[:80]})
