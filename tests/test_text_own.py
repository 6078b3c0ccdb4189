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
from regenkit_text.modality import Knowledge
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


def test_a_quote_that_is_a_letter_takes_no_other_line_along(tmp_path: Path) -> None:
    table = [("five", '"start'), *((str(number), "a" * 60) for number in range(2500))]
    text = "y\tx\n" + "".join(f"{y}\t{x}\n\n" for x, y in table)  # longer than a cell may be
    dataset = own(tmp_path, "a.tsv", text)
    assert pairs(dataset) == table and not reasons(dataset)
    dataset = own(tmp_path, "a.tsv", 'y\tx\n"start\tone\nnone\nend" x\tthree\nfifth\tfive\n')
    assert pairs(dataset) == [("five", "fifth")]
    assert reasons(dataset)["a.tsv:2"].startswith("has quotes that are not CSV's over the lines 2 to 4 (")
    (tmp_path / "a.tsv").unlink()
    dataset = own(tmp_path, "a.csv", 'x,y\n"start,one\n' + "".join(f"{x},{y}\n" for x, y in table[1:]))
    last = int(next(each.id for each in read(dataset) if isinstance(each, Example)).split(":")[1]) - 1
    assert reasons(dataset) == {"a.csv:2": f"has a cell longer than 131,072 characters over the lines 2 to {last}"}


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


# --- what programs write ----------------------------------------------------------------------------------------------


def test_a_number_is_read_as_it_is_written_and_nan_as_nothing(tmp_path: Path) -> None:
    text = '{"x": 1.10, "y": 1e5}\n{"x": NaN, "y": "alone"}\n{"x": "a", "y": NaN}\n{"x": "b", "y": Infinity}\n'
    dataset = own(tmp_path, "a.jsonl", text)
    assert pairs(dataset) == [("1.10", "1e5"), (None, "alone")]
    found = reasons(dataset)
    assert found["a.jsonl:3"].startswith("has no text") and found["a.jsonl:4"] == "is no JSON"


def test_facts_of_json_lines_are_those_of_a_command_line(tmp_path: Path) -> None:
    written = '{"price": 1.10, "count": 7, "big": 12345678901234567890.5, "tags": ["a", 2.0]'
    (tmp_path / "a.jsonl").write_text(written + ', "none": NaN, "y": "t"}\n')
    dataset = OwnFacts(str(tmp_path))
    ((x, _),) = pairs(dataset)
    assert x == Knowledge(**dataset.modalities["x"]).parse(written + "}")
    assert ("price", "1.10") in x and "none" not in dict(x)


def test_columns_that_mean_the_same_are_named_and_none_is_chosen(tmp_path: Path) -> None:
    dataset = own(tmp_path, "a.csv", "X,x,y\na,b,c\nd,,e\n")
    assert pairs(dataset) == [("d", "e")]
    assert reasons(dataset) == {"a.csv:2": "has the columns 'X' and 'x', which mean the same: name each once"}
    (tmp_path / "a.csv").write_text("Word,word,y\na,b,c\n")
    assert pairs(OwnFacts(str(tmp_path))) == [((("Word", "a"), ("word", "b")), "c")]  # of facts, two keys


@pytest.mark.parametrize(("name", "head"), [("a.csv", "x;y"), ("a.csv", "x\ty"), ("a.tsv", "x,y")])
def test_a_table_with_other_signs_between_its_cells_is_named(tmp_path: Path, name: str, head: str) -> None:
    dataset = own(tmp_path, name, f"{head}\n{head.replace('x', 'a')}\n")
    with pytest.raises(BadSource, match=r"has the one column .*: cells of a .csv are parted by commas, those"):
        dataset.read(name)


def test_lines_within_a_quote_that_is_none_are_named(tmp_path: Path) -> None:
    dataset = own(tmp_path, "a.csv", 'x,y\n"open,1\nb,2\nc,"3"\nd,4\n"e, said "he,5\n')
    assert pairs(dataset) == [("d", "4")]
    found = reasons(dataset)
    assert found["a.csv:2"].startswith("has quotes that are not CSV's over the lines 2 to 4 (")
    assert found["a.csv:6"].startswith("has quotes that are not CSV's (")


def test_a_column_beside_facts_is_the_split_where_it_names_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,Split,y\na,train,t\nb,Dev,u\nc,,v\n")
    dataset = OwnFacts(str(tmp_path))
    assert [each.split for each in read(dataset) if isinstance(each, Example)] == ["train", "validation", None]
    assert dataset.modalities["x"]["keys"] == ["name"]
    (tmp_path / "a.csv").write_text("name,split,y\na,train,t\nb,banana,u\n")
    dataset = OwnFacts(str(tmp_path))
    assert [each.split for each in read(dataset) if isinstance(each, Example)] == [None, None]
    assert dataset.modalities["x"]["keys"] == ["name", "split"]


def test_files_that_are_called_as_splits_are_the_split(tmp_path: Path) -> None:
    for name in ("train.csv", "Dev.tsv", "test.csv", "more.csv"):
        (tmp_path / name).write_text("x,y,split\na,b,\nc,d,test\n".replace(",", "\t" if name.endswith(".tsv") else ","))
    dataset = Folder(str(tmp_path))
    found = {each.id: each.split for each in read(dataset) if isinstance(each, Example)}
    assert found == {
        "Dev.tsv:2": "validation", "more.csv:2": None, "more.csv:3": "test", "test.csv:2": "test", "test.csv:3": "test",
        "train.csv:2": "train",
    }  # fmt: skip
    assert set(reasons(dataset)) == {"train.csv:3", "Dev.tsv:3"}
    for name in ("Dev.tsv", "test.csv"):
        (tmp_path / name).unlink()
    alone = {each.id: each.split for each in read(Folder(str(tmp_path))) if isinstance(each, Example)}
    assert alone["train.csv:2"] is None  # nothing is held out from it by name
