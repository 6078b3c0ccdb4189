"""The user's own text: pairs in tables and JSON lines, and text alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, final

from pydantic import PositiveInt

from regenkit.components import Example, LeftOut
from regenkit.data.official import Split, official
from regenkit.data.text_encoding import known
from regenkit.errors import BadSource, UserError
from regenkit.sources.places import own_folder, stamp
from regenkit.tree import tree
from regenkit_text.data.learned import Side
from regenkit_text.modality.facts import facts
from regenkit_text.modality.rows import SUFFIXES, rows
from regenkit_text.modality.text import lines
from regenkit_text.modality.words import plain

X, Y = ("x", "source", "input", "prompt", "word"), ("y", "text", "target", "output", "gloss")
"""How the columns of the two sides may be called; the first that is there is taken."""
UnitsOfOwn = Literal["characters", "bytes", "subwords"]


@final
@dataclass(frozen=True, kw_only=True)
class _Line:
    """A text, with what it is made from: text, facts by key, or None."""

    line: int
    x: Any
    y: str
    fault: str = ""


@final
class Folder:
    """Pairs of texts of the rows of .csv, .tsv and .jsonl files, by their columns x and y (or source and target, input
    and output, prompt and text); and .txt files of text alone, a text a line. Where the first folders are train, val
    and test, they are the split. Equal texts, of X or of Y, are in one split.

    path        the folder; a relative one starts at the working directory
    units       of both sides
    vocabulary  the most characters of the alphabet; of sub-words, how many are learned
    max_length  units of a text; a longer one is left out, and named
    encoding    of the files, as cp1252; None: UTF-8 or, where they are none, what their letters tell
    """

    version = 1

    def __init__(
        self, path: str, units: UnitsOfOwn = "bytes", vocabulary: PositiveInt | None = None,
        max_length: PositiveInt = 256, encoding: str | None = None,
    ) -> None:  # fmt: skip
        self.text = Side(units, vocabulary, max_length)
        self.own = _Own(path, "text/folder", encoding)

    @cached_property
    def modalities(self) -> dict[str, dict[str, Any]]:
        both = (text for each in self.own.usable() for text in (each.x, each.y) if isinstance(text, str))
        learned = self.text.learned(both)
        return {"x": {**learned, "axis": "x"}, "y": learned}

    @cached_property
    def _modalities(self) -> tuple[Any, Any]:
        return Side.built(self.modalities)

    def sources(self) -> list[str]:
        return self.own.sources()

    def ignored(self) -> Mapping[str, str]:
        return self.own.tree.ignored

    def fingerprint(self) -> str:
        return stamp(self.own.root, self.own.files)

    def read(self, source: str) -> list[Example | LeftOut]:
        """The examples of one file. Raises BadSource where it cannot be read."""
        x, y = self._modalities

        def made(line: _Line) -> tuple[Any, Any]:
            if line.x is not None and not isinstance(line.x, str | int | float):
                raise UserError("its x is no text")
            return None if line.x is None else self.text.encode(x, str(line.x))[0], self.text.encode(y, line.y)[0]

        return list(self.own.examples(source, made))


@final
class OwnFacts:
    """Facts → text, of the rows of .csv, .tsv and .jsonl files: the column y, or text, is the text; every other one is
    a fact, whose key is the column's name. In JSON lines a value may be a list. Files of .txt are text alone. Split as
    `Folder` is.

    path        the folder; a relative one starts at the working directory
    units       of the text; the facts are in characters, or in bytes where the text is not
    vocabulary  the most characters of the alphabet; of sub-words, how many are learned
    max_length  units of a text; a longer one is left out, and named
    encoding    of the files, as cp1252; None: UTF-8 or, where they are none, what their letters tell
    """

    version = 1

    def __init__(
        self, path: str, units: UnitsOfOwn = "bytes", vocabulary: PositiveInt | None = None,
        max_length: PositiveInt = 256, encoding: str | None = None,
    ) -> None:  # fmt: skip
        self.text = Side(units, vocabulary, max_length)
        self.own = _Own(path, "text/facts", encoding, facts_of_rest=True)

    @cached_property
    def modalities(self) -> dict[str, dict[str, Any]]:
        known = [pair for each in self.own.usable() if each.x for pair in each.x]
        y = self.text.learned(each.y for each in self.own.usable())
        keys = sorted({key for key, _ in known})
        if not keys:
            raise UserError(
                f"text/facts: no file in {self.own.root} has facts; right are rows with columns beside text"
            )
        x = self.text.values((value for _, value in known), y)
        return {"x": {"keys": keys, **x, "max_length": 512}, "y": y}

    @cached_property
    def _modalities(self) -> tuple[Any, Any]:
        return Side.built(self.modalities)

    def sources(self) -> list[str]:
        return self.own.sources()

    def ignored(self) -> Mapping[str, str]:
        return self.own.tree.ignored

    def fingerprint(self) -> str:
        return stamp(self.own.root, self.own.files)

    def read(self, source: str) -> list[Example | LeftOut]:
        """The examples of one file. Raises BadSource where it cannot be read."""
        x, y = self._modalities

        def made(line: _Line) -> tuple[Any, Any]:
            return x.encode(line.x)[0] if line.x else None, self.text.encode(y, line.y)[0]

        return list(self.own.examples(source, made))


@final
class _Own:
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

    def sources(self) -> list[str]:
        return [*self.files, *self.tree.left_out]

    def usable(self) -> Iterator[_Line]:
        """The sound lines of all files."""
        for name in self.files:
            try:
                yield from (line for line in self.lines(name) if not line.fault)
            except (BadSource, UserError):  # named when the file is read as a source
                continue

    def lines(self, name: str) -> Iterator[_Line]:
        """Raises BadSource where a file is no text, or empty, or its columns are not those of a pair."""
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
            yield from (_Line(line=number, x=None, y=line) for number, line in enumerate(typed, 1) if line.strip())
            return
        try:
            yield from (self._pair(row.line, row.values, row.fault) for row in rows("\n".join(typed), suffix, name))
        except UserError as error:
            raise BadSource(name, str(error)) from error

    def _pair(self, line: int, values: Mapping[str, Any], fault: str) -> _Line:
        by_name = {name.strip().casefold(): name for name in values}
        y = next((by_name[name] for name in Y if name in by_name), None)
        if fault or y is None or not isinstance(values[y], str):
            return _Line(line=line, x=None, y="", fault=fault or f"has no text: right is a column {' or '.join(Y)}")
        if self.facts_of_rest:
            rest = {name: value for name, value in values.items() if name != y}
            try:
                return _Line(line=line, x=facts(rest) if rest else None, y=values[y])
            except UserError as error:
                return _Line(line=line, x=None, y="", fault=str(error))
        x = next((by_name[name] for name in X if name in by_name), None)
        return _Line(line=line, x=values[x] if x else None, y=values[y])

    def examples(self, source: str, made: Any) -> Iterable[Example | LeftOut]:
        """Of a file; `made` gives the fields of X and Y of a line, or raises UserError."""
        if source in self.tree.left_out:
            raise BadSource(source, self.tree.left_out[source])
        split = self.splits.get(source.split("/")[0])
        for line in self.lines(source):
            name = f"{source}:{line.line}"
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
