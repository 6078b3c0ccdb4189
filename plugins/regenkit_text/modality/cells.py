"""The cells of a table's rows.

Commas part cells as RFC 4180 has it: cells in quotes may hold commas and newlines. Tabs do so with quotes, as
spreadsheets write them, and without: much text has a quote at a cell's beginning that is a letter like any other.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final

TAB = "\t"


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """line   of the file, where it begins, from 1 on
    cells  [] where there is a `fault`
    fault  why they cannot be told; "" where they can
    """

    line: int
    cells: Sequence[str]
    fault: str = ""


def parted_by_commas(text: str) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield Record(line=line, cells=next(reader))
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(line=line, cells=[], fault=_said(error, _over(line, reader.line_num)))


def parted_by_tabs(text: str) -> Iterator[Record]:
    """A quote is one of CSV's where it holds no tab, or gives a line as many cells as the head has; and a letter where
    each line that it spans, but for blank ones, has as many tabs as the head, or where it is never closed. Else there
    is a fault."""
    lines = text.split("\n")
    wide = next((line.count(TAB) for line in lines if line.strip()), 0)
    reader, before, start = _quoted(lines), 0, 0
    while start < len(lines):
        try:
            cells, fault = next(reader), ""
        except StopIteration:
            return
        except csv.Error as error:
            cells, fault = [], _said(error, _over(start + 1, before + reader.line_num))
        end = before + reader.line_num
        tabs = [line.count(TAB) for line in lines[start:end]]
        within = sum(tabs) != len(cells) - 1
        alone = len(tabs) == 1 and (not within or len(cells) == wide + 1)
        if not fault and (not cells or alone or (not within and 0 < sum(tabs) <= wide)):
            yield Record(line=start + 1, cells=cells)
        elif wide and all(count == wide for count, line in zip(tabs, lines[start:end], strict=True) if line.strip()):
            said = (at for at in range(start, end) if lines[at].strip())
            yield from (Record(line=at + 1, cells=lines[at].split(TAB)) for at in said)
        elif fault == UNCLOSED:
            yield Record(line=start + 1, cells=lines[start].split(TAB))
            end = before = start + 1
            reader = _quoted(lines[end:])
        else:
            tab = " that holds a tab" if within else ""
            yield Record(
                line=start + 1, cells=[], fault=fault or f"has a quoted cell{_over(start + 1, end)}{tab}: {RIGHT}"
            )
        start = end


def _quoted(lines: Sequence[str]) -> Any:
    return csv.reader((f"{line}\n" for line in lines), delimiter=TAB, strict=True)


UNCLOSED = "has a quote that is never closed: the rest of the file is within it"
RIGHT = "whether its quotes are letters cannot be told; write such a table as .csv"


def _over(first: int, last: int) -> str:
    return f" over the lines {first} to {last}" if last > first else ""


def _said(error: csv.Error, spanned: str) -> str:
    if "unexpected end" in str(error):
        return UNCLOSED
    if "limit" in str(error):
        return f"has a cell longer than {csv.field_size_limit():,} characters{spanned}"
    return f"has quotes that are not CSV's{spanned} ({error}): write a quote within quotes twice"
