"""A table, before it is HTML, text in a terminal, or Markdown: cells know their text and what they are sorted by."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import final

from rich.markup import escape
from rich.table import Table as TerminalTable

from regenkit.analysis.findings.wording import number, plus_minus
from regenkit.analysis.results.figure import Figure
from regenkit.terminal import visible


@final
@dataclass(frozen=True)
class Cell:
    """key    what its column is sorted by: a number, or words; None where there is nothing
    flag   it is to be noticed
    """

    text: str
    key: float | str | None
    flag: bool = False


EMPTY = Cell("–", None)


def words(text: str, *, flag: bool = False) -> Cell:
    return Cell(text, text, flag)


def value(value: float | None, form: Callable[[float], str] = number) -> Cell:
    """A number, three digits by default; empty where it is None or NaN."""
    return EMPTY if value is None or value != value else Cell(form(value), value)


def count(value: int | None) -> Cell:
    return EMPTY if value is None else Cell(f"{value:,}", value)


def figure(value: Figure | None, form: Callable[[Figure], str] = plus_minus) -> Cell:
    return EMPTY if value is None or not value.defined else Cell(form(value), value.mean)


@final
@dataclass(frozen=True, kw_only=True)
class Table:
    """caption   what it shows, in a sentence or more
    best      the row to be noticed
    """

    titles: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    best: int | None = None

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.titles) for row in self.rows)

    def without_empty(self) -> "Table":
        """Columns that have something in some row."""
        return self._columns(lambda place: any(row[place].key is not None for row in self.rows))

    def without(self, titles: Collection[str]) -> "Table":
        return self._columns(lambda place: self.titles[place] not in titles)

    def transposed(self) -> "Table":
        """Its columns as rows, named by their titles; of a table whose first column names its rows."""
        names, columns = [row[0].text for row in self.rows], range(1, len(self.titles))
        return Table(titles=["", *names], rows=[[words(self.titles[place]), *(row[place] for row in self.rows)]
                                                for place in columns])  # fmt: skip

    def _columns(self, keep: Callable[[int], bool]) -> "Table":
        kept = [place for place in range(len(self.titles)) if keep(place)]
        return replace(self, titles=[self.titles[place] for place in kept],
                       rows=[[row[place] for place in kept] for row in self.rows])  # fmt: skip

    def is_text(self, column: int) -> bool:
        return any(isinstance(row[column].key, str) for row in self.rows)


def in_terminal(table: Table, title: str, *, whole: Collection[str] = (), below: bool = False) -> TerminalTable:
    """Means alone, without their intervals, so that a terminal is wide enough; the page has the rest.

    whole   titles of columns that are shown with it
    below   what follows a mean stands below it: of several runs, of which there is no page
    """

    def shown(name: str, cell: Cell) -> str:
        if isinstance(cell.key, str) or name in whole:
            return cell.text
        mean, _, rest = cell.text.partition(" ")
        return f"{mean}\n{rest}" if below and rest else mean

    texts = [[shown(name, cell) for name, cell in zip(table.titles, row, strict=True)] for row in table.rows]
    found = TerminalTable(title=title, box=None, pad_edge=False, collapse_padding=True)
    for place, name in enumerate(table.titles):
        if table.is_text(place):
            found.add_column(name, overflow="fold")
        else:  # as narrow as can be, so that words have the rest
            parts = [*name.split(), *(line for row in texts for line in row[place].split("\n"))]
            found.add_column(name, justify="right", width=max(map(len, parts), default=0))
    before = ""
    for first, *rest in texts:
        found.add_row(
            *map(escape, ["" if first == before else first, *rest])
        )  # named once, where rows have it in common
        before = first
    return found


def as_markdown(table: Table, shorten: Callable[[str], str] = str) -> str:
    rows = [table.titles, *([shorten(cell.text) for cell in row] for row in table.rows)]
    head, *lines = [f"| {' | '.join(map(markdown, row))} |" for row in rows]
    return "\n".join([head, f"| {' | '.join(['---'] * len(table.titles))} |", *lines])


def markdown(text: str) -> str:
    """Text within Markdown, on one line, that begins no tag, link, picture or column."""
    one = visible(" ".join(text.split()))
    return one.replace("&", "&amp;").replace("<", "&lt;").replace("[", "\\[").replace("|", "\\|")
