"""A user's own files of text: which column is which, what quotes in tables are, what is learned, and what is equal."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regenkit.components import Example, LeftOut
from regenkit.errors import BadSource, UserError
from regenkit_text.data import Folder, OwnFacts
from regenkit_text.modality.cells import parted_by_tabs
from regenkit_text.modality.facts import to_rows
from regenkit_text.modality.rows import rows


def own(root: Path, name: str, text: str, **options: Any) -> Folder:
    (root / name).write_text(text)
    return Folder(str(root), **options)


def read(dataset: Any) -> list[Example | LeftOut]:
    return [each for source in dataset.sources() for each in dataset.read(source)]


def pairs(dataset: Any) -> list[tuple[Any, str]]:
    x, y = dataset._modalities
    found = [each for each in read(dataset) if isinstance(each, Example)]
    return [(x.decode(each.x) if each.x else None, y.decode(each.y)) for each in found]


def reasons(dataset: Any) -> dict[str, str]:
    return {each.id: each.reason for each in read(dataset) if isinstance(each, LeftOut)}


# --- which text is which ----------------------------------------------------------------------------------------------


def test_sources_that_are_equal_to_a_model_are_kindred(tmp_path: Path) -> None:
    alike = ["caf\u00e9 no 7", "cafe\u0301  no 7 ", "Caf\u00e9 no\t7", "caf\u00e9 no\n7"]
    lines = [json.dumps({"x": x, "y": f"answer {number}"}) for number, x in enumerate([*alike, 7, "7", "another"])]
    found = read(own(tmp_path, "a.jsonl", "\n".join(lines)))
    groups = [each.groups[1] for each in found if isinstance(each, Example)]
    assert len(groups) == 7 and len(set(groups[:4])) == len(set(groups[4:6])) == 1 and len(set(groups)) == 3


@pytest.mark.parametrize("units", ["characters", "bytes", "subwords"])
def test_numbers_are_text_of_either_side(tmp_path: Path, units: Any) -> None:
    text = '{"x": 42, "y": "forty two"}\n{"x": "five", "y": 5}\n{"x": 2.5, "y": "b"}\n{"x": true, "y": "c"}\n'
    dataset = own(tmp_path, "a.jsonl", text + '{"x": "a", "y": ["b"]}\n{"x": {}, "y": "b"}', units=units)
    assert pairs(dataset) == [("42", "forty two"), ("five", "5"), ("2.5", "b")]
    assert reasons(dataset) == {
        "a.jsonl:4": "its x is true; right is text or a number",
        "a.jsonl:5": "its y is a list; right is text or a number",
        "a.jsonl:6": "its x is a map; right is text or a number",
    }


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        ("text,target\na,b\n", [("a", "b")]),
        ("target,text\nb,a\n,c\n", [("a", "b")]),  # what has no target is no target itself
        ("prompt,text\na,b\n", [("a", "b")]),
        ("text,other\nb,a\n", [(None, "b")]),
        ("x,y,text\na,b,c\n", [("a", "b")]),
        ("x,y,,\na,b\n", [("a", "b")]),  # as spreadsheets write a head
    ],
)
def test_text_is_the_source_where_there_is_a_target(tmp_path: Path, table: str, wanted: Any) -> None:
    assert pairs(own(tmp_path, "a.csv", table)) == wanted


def test_what_stands_in_a_column_without_a_name_is_named(tmp_path: Path) -> None:
    assert reasons(own(tmp_path, "a.csv", "x,y,,\na,b,,lost\nc,d,,\n")) == {
        "a.csv:2": "has 'lost' in a column without a name"
    }


def test_a_column_of_the_table_is_the_split(tmp_path: Path) -> None:
    dataset = own(tmp_path, "a.csv", "x,y,Split\na,b,train\nc,d,dev\ne,f,test\ng,h,\ni,j,later\n")
    found = [each.split for each in read(dataset) if isinstance(each, Example)]
    assert found == ["train", "validation", "test", None]
    assert reasons(dataset) == {"a.csv:6": "its split is 'later'; right are train, validation, test, or nothing"}
    (tmp_path / "train").mkdir()
    (tmp_path / "test").mkdir()
    (tmp_path / "a.csv").rename(tmp_path / "train" / "a.csv")
    dataset = own(tmp_path, "test/b.csv", "x,y\nk,l\n")
    assert [each.split for each in read(dataset) if isinstance(each, Example)] == ["test", "train", "train"]
    assert reasons(dataset)["train/a.csv:3"] == (
        "its split is validation, and that of its folder or table is train; right is one of the two"
    )


# --- what is learned --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("units", ["characters", "bytes", "subwords"])
def test_nothing_is_learned_of_what_is_left_out(tmp_path: Path, units: Any) -> None:
    bad = [{"x": "cut \ud83d", "y": "p"}, {"x": "q", "y": "b\x07"}, {"x": "r", "y": "z" * 300}]
    text = "\n".join(map(json.dumps, [{"x": "a", "y": "b"}, *bad]))
    dataset = own(tmp_path, "a.jsonl", text, units=units, max_length=32)
    assert pairs(dataset) == [("a", "b")] and list(reasons(dataset)) == ["a.jsonl:2", "a.jsonl:3", "a.jsonl:4"]
    assert "U+D83D" in reasons(dataset)["a.jsonl:2"]
    json.dumps(dataset.modalities, ensure_ascii=False).encode()  # as the run keeps them
    if units == "characters":
        assert dataset.modalities["y"]["labels"] == ("a", "b")


def test_nothing_is_learned_of_facts_whose_text_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"name": "foo", "text": "b"}\n{"odd": "q", "text": "\\ud83d"}\n', encoding="utf-8"
    )
    found = OwnFacts(str(tmp_path), units="characters").modalities
    assert found["x"]["keys"] == ["name"] and found["x"]["labels"] == ("f", "o") and found["y"]["labels"] == ("b",)


def test_data_of_which_no_text_can_be_used_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no text of the data can be used; right is one of at most 4 characters"):
        _ = own(tmp_path, "a.csv", "x,y\nlonger,longest\n", units="characters", max_length=4).modalities


# --- quotes between tabs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        ('y\tx\n"start\tone\nsecond\ttwo\nthird end"\tthree\nfifth\tfive\n',
         [("one", '"start'), ("two", "second"), ("three", 'third end"'), ("five", "fifth")]),
        ('y\tx\n"start\tone\nsecond\ttwo\n', [("one", '"start'), ("two", "second")]),
        ('y\tx\n"Yes" he said\tone\nb\ttwo\n', [("one", '"Yes" he said'), ("two", "b")]),
        ('y\tx\n"she said\tit is"\nb\ttwo\n', [('it is"', '"she said'), ("two", "b")]),
        ('y\tx\n"a ""b"" c"\tone\n', [("one", 'a "b" c')]),
        ('y\tx\n"two\nlines"\tone\n"all"\t"quoted"\n', [("one", "two lines"), ("quoted", "all")]),
        ('y\tx\n"a\tb"\tone\n', [("one", "a b")]),
    ],
)  # fmt: skip
def test_a_quote_is_a_letter_where_it_would_swallow_rows(tmp_path: Path, table: str, wanted: Any) -> None:
    dataset = own(tmp_path, "a.tsv", table)
    assert pairs(dataset) == wanted and not reasons(dataset)


def test_quotes_that_cannot_be_told_are_named_with_their_lines(tmp_path: Path) -> None:
    dataset = own(tmp_path, "a.tsv", 'y\tx\n"start\tone\nnone\nend"\ttwo\nfifth\tfive\n')
    assert pairs(dataset) == [("five", "fifth")]
    assert reasons(dataset) == {
        "a.tsv:2": "has a quoted cell over the lines 2 to 4 that holds a tab: whether its quotes are letters cannot be "
        "told; write such a table as .csv"
    }
    alone = own(tmp_path, "a.tsv", 'text\n"one\nend"\nb\n')
    assert pairs(alone) == [(None, "b")] and "over the lines 2 to 3:" in reasons(alone)["a.tsv:2"]


line = st.text('ab" ', min_size=1, max_size=6).filter(str.strip)


@given(st.lists(st.tuples(line, line), max_size=8))
def test_every_line_of_a_table_without_line_breaks_in_cells_is_a_row(table: Sequence[tuple[str, str]]) -> None:
    text = "".join(f"{x}\t{y}\n" for x, y in [("x", "y"), *table])
    found = list(parted_by_tabs(text))
    assert [each.line for each in found if each.cells != []] == list(range(1, len(table) + 2))
    for each, (x, y) in zip(found[1:], table, strict=False):
        assert [cell.strip('"') for cell in each.cells] == [x.strip('"'), y.strip('"')] or '""' in x + y


@given(st.dictionaries(st.text('ab"', min_size=1, max_size=4), line.map(str.strip), min_size=1, max_size=4))
def test_facts_written_with_tabs_are_read_again(values: dict[str, str]) -> None:
    (row,) = rows(to_rows(tuple(sorted(values.items())), ".tsv"), ".tsv", "a.tsv")
    assert row.values == values and not row.fault


def test_a_head_that_names_no_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=r"its first line names no columns: it has quotes that are not CSV's"):
        own(tmp_path, "a.csv", '"x"a,y\nb,c\n').read("a.csv")
