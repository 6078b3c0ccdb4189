"""The columns of a Humdrum file, by the Humdrum syntax: spines that split, join, change places, begin and end."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

from regenkit.errors import BadSource

PATHS = ("*^", "*v", "*x", "*+", "*-")


@final
@dataclass(frozen=True)
class Column:
    """Where a token stands: its spine (numbered from the left), what the spine holds ("**kern"), and its subspine.

    A subspine is named by its way from the spine: "" at first, then "a" and "b" where it splits.
    """

    spine: int
    kind: str
    way: str = ""


Row = list[tuple[Column, str]]


def rows(text: str, path: Path) -> Iterator[tuple[int, Row]]:
    """(line number, tokens with their columns) of every line of tokens; comments and spine paths aside.

    Raises BadSource: a line with another number of tokens than there are columns, a second piece in the file.
    """
    columns: list[Column] = []
    begun = 0
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")  # not at U+0085 or U+2028, which words may hold
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("!"):
            continue
        tokens = line.split("\t")
        if not columns:
            if not line.startswith("**"):
                raise BadSource(path, f"line {number}: is no Humdrum: no **kern begins before it")
            if begun:
                raise BadSource(path, f"line {number}: a second piece begins; right is one piece a file")
            columns = [Column(spine, kind) for spine, kind in enumerate(tokens)]
            begun = len(columns)
            continue
        if len(tokens) != len(columns):
            raise BadSource(path, f"line {number}: has {len(tokens)} tokens where {len(columns)} spines are open")
        row = list(zip(columns, tokens, strict=True))
        if any(token in PATHS or token.startswith("**") for token in tokens):
            columns, begun = _next(row, begun)
        yield number, row


def _next(row: Row, begun: int) -> tuple[list[Column], int]:
    """The columns after a line of spine paths, and how many spines have begun by then."""
    found: list[Column] = []
    joining: Column | None = None  # the column that "*v" tokens beside each other become
    exchanged: int | None = None
    for column, token in row:
        if token == "*v":
            if joining is not None and joining.spine == column.spine:
                continue
            joining = Column(column.spine, column.kind, column.way[:-1])
            found.append(joining)
            continue
        joining = None
        if token == "*^":
            found += [Column(column.spine, column.kind, column.way + side) for side in "ab"]
        elif token == "*+":
            found += [column, Column(begun, "", "")]
            begun += 1
        elif token == "*x":
            found.append(column)
            if exchanged is None:
                exchanged = len(found) - 1
            else:
                found[exchanged], found[-1] = found[-1], found[exchanged]
                exchanged = None
        elif token.startswith("**"):
            found.append(Column(column.spine, token, column.way))
        elif token != "*-":
            found.append(column)
    return found, begun
