"""`image/captions`: tables and text files as people's programs write them, read to the words they meant."""

import csv
import io
import json
import pickle
import random
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from own_pictures import CASES, draw, prepared, read_all

from regenkit.components import Example
from regenkit.data.text_encoding import UNKNOWN, decoded_together
from regenkit.errors import BadSource, UserError
from regenkit_image.data import Captions, Folder
from regenkit_image.data.captioned import HEADLESS
from regenkit_image.data.tables import WHOLE, read
from regenkit_image.modality.words import plain

TREE = "a tree {}"


def said(examples: list[Example]) -> dict[str, str]:
    return {example.id: example.meta["title"] for example in examples if example.x}


# --- tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "caption"),
    [
        ("backslash", TREE), ("case", TREE), ("comma", "a tall green tree, beside a lake, no {}"),
        ("crlf_bom", 'a "big" tree, {}'), ("jsonl", TREE), ("newline", "a red car {}"), ("nfd", "a cup {}"),
        ("no_suffix", TREE), ("semicolon", TREE), ("space_quote", "a tree, tall, no {}"), ("trailing", TREE),
        ("u2028", "a tree tall {}"), ("u85", "a tree tall {}"), ("upper", TREE),
    ],
)  # fmt: skip
def test_a_table_as_programs_write_it(tmp_path: Path, case: str, caption: str) -> None:
    (table,) = (CASES / "captions" / case).iterdir()
    (tmp_path / table.name).write_bytes(table.read_bytes())
    name = {"backslash": "sub/{}.png", "nfd": unicodedata.normalize("NFD", "café{}.png")}.get(case, "{}.png")
    for number in range(12):
        draw(tmp_path / name.format(number), number)
    examples, left_out = read_all(pickle.loads(pickle.dumps(Captions(str(tmp_path), size=8))))
    assert said(examples) == {name.format(number): caption.format(number) for number in range(12)} and not left_out
    assert {remark for example in examples for remark in example.remarks} == ({WHOLE} if case == "comma" else set())


def test_a_picture_without_a_caption_is_unpaired(tmp_path: Path) -> None:
    (tmp_path / "captions.csv").write_bytes((CASES / "captions" / "multi_same" / "captions.csv").read_bytes())
    for number in range(12):
        draw(tmp_path / f"{number}.png", number)
    examples, left_out = read_all(Captions(str(tmp_path), size=8))
    assert [example.id for example in examples if example.x is None] == ["3.png"]
    assert len(examples) == 12 and left_out == {"captions.csv:5": "has no caption"}


def test_five_captions_a_picture_are_five_examples_of_one_split(tmp_path: Path) -> None:
    (tmp_path / "captions.csv").write_bytes((CASES / "captions" / "many" / "captions.csv").read_bytes())
    for number in range(12):
        draw(tmp_path / f"{number}.png", number)
    found = prepared("image/captions", Captions(str(tmp_path), size=8), path=str(tmp_path))
    assert len(found.examples) == 60 and found.paired.all()
    assert found.example(0)[1]["title"] == "a tree 0 0" and found.example(4)[1]["title"] == "a tree 0 4"
    split: dict[str, set[str]] = {}
    for name, where in zip(found.examples.column("id").tolist(), found.split, strict=True):
        split.setdefault(name.split(":")[0], set()).add(where)
    assert len(split) == 12 and all(len(where) == 1 for where in split.values())
    assert set.union(*split.values()) == {"train", "validation", "test"}


def test_a_row_without_its_picture_says_what_nearly_matched(tmp_path: Path) -> None:
    for name in ("a.png", "deep/b.png", "A/c.png", "B/c.png", "one.jpg", "one.png"):
        draw(tmp_path / name, len(name))
    table = tmp_path / "captions.csv"
    table.write_text(
        'File_Name,Text\na.png,"a tree, red"\n./gone.png,none\na.jpg,x\nc.png,x\nb.png,deep\none,two\n,y\n'
    )
    examples, left_out = read_all(Captions(str(tmp_path), size=8))
    assert said(examples) == {"a.png": "a tree, red", "deep/b.png": "deep", "one.jpg": "two", "one.png": "two"}
    assert left_out == {
        "captions.csv:3": "there is no picture './gone.png'",
        "captions.csv:4": "there is no picture 'a.jpg'; nearest is 'a.png'",
        "captions.csv:5": "there is no picture 'c.png'; nearest are 'A/c.png' and 'B/c.png'",
        "captions.csv:8": "names no picture",
    }


def test_one_bad_row_leaves_the_others(tmp_path: Path) -> None:
    for number in range(5):
        draw(tmp_path / f"{number}.png", number)
    table = tmp_path / "captions.csv"
    table.write_text(
        'file,caption,by\n0.png,"a "red" tree",me\n1.png,"open,me\n2.png,two,me\n3.png,a, b,me\n4.png,last\n'
    )
    examples, left_out = read_all(Captions(str(tmp_path), size=8))
    assert said(examples) == {"2.png": "two", "4.png": "last"}
    assert left_out == {
        "captions.csv:2": "has quotes that are not CSV's: write a quote within quotes twice",
        "captions.csv:3": "has quotes that are not CSV's: write a quote within quotes twice",
        "captions.csv:5": "has more columns than the head: put a caption with commas in quotes",
    }


def test_nothing_is_dropped_of_what_stands_twice() -> None:
    table = 'file,Caption,by,caption\n0.png,"a tree",me,"a lake"\n'
    with pytest.raises(UserError, match=r"a.csv: the column 'caption' stands 2 times; right is once, and a row for"):
        read(table, ".csv", "a.csv")
    found = read('{"file": "0.png", "text": "a", "text": "b"}\n{"file": "1.png", "text": ["a", "b"]}', ".jsonl", "a")
    assert [(row.file, row.captions) for row in found.rows] == [("1.png", ("a", "b"))]
    assert found.left_out == {1: "has the key 'text' twice: write its values as a list"}


def test_json_lines(tmp_path: Path) -> None:
    for number in range(5):
        draw(tmp_path / "train" / f"{number}.png", number)
    rows = [{"file_name": "0.png", "text": "a\u2028b"}, {"file_name": "1.png", "text": ["one", "two"]},
            {"file_name": "2.png", "text": None}, {"file_name": "3.png", "text": 7}, {"text": "whose?"}]  # fmt: skip
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (tmp_path / "train" / "metadata.jsonl").write_text("\n".join([*lines, "{", "[]", ""]), encoding="utf-8")
    examples, left_out = read_all(Captions(str(tmp_path), size=8))
    assert said(examples) == {"train/0.png": "a b", "train/1.png:0": "one", "train/1.png:1": "two"}
    assert left_out == {
        "train/metadata.jsonl:3": "has no caption",
        "train/metadata.jsonl:4": "its caption is no text",
        "train/metadata.jsonl:5": "names no picture",
        "train/metadata.jsonl:6": "is no JSON object",
        "train/metadata.jsonl:7": "is no JSON object",
    }


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "name,words\n", "csv:1: its columns are name, words; right are file and caption"),
        ("a.csv", "", "csv:1: its columns are none"),
        ("a.jsonl", '{"id": 3}\n', "jsonl: its keys are id; right are file_name and text"),
        (
            "a.csv",
            b"file,caption\n0.png,\xff\xfe\x00\x81",
            "csv: has text in an encoding that can't be told",
        ),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, name: str, text: str | bytes, message: str) -> None:
    draw(tmp_path / "0.png", 0)
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError, match=message):
        Captions(str(tmp_path)).sources()


def test_one_table_a_folder(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        draw(tmp_path / folder / "1.png", ord(folder))
        (tmp_path / folder / "c.tsv").write_text(f"file\tcaption\n1.png\tof {folder}, at last\n")
        (tmp_path / folder / "._c.tsv").write_bytes(b"\0\5\x16\7\xff")
    assert said(read_all(Captions(str(tmp_path), size=8))[0]) == {
        "a/1.png": "of a, at last", "b/1.png": "of b, at last"
    }  # fmt: skip
    (tmp_path / "a" / "d.csv").write_text("file,caption\n")
    with pytest.raises(UserError, match=r"has 2 tables, a/c\.tsv and a/d\.csv; right is one"):
        Captions(str(tmp_path)).sources()
    (tmp_path / "a" / "d.csv").rename(tmp_path / "a" / "d.parquet")
    assert list(read_all(Captions(str(tmp_path), size=8))[1]) == ["a/d.parquet"]


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=30)
"""Before Python 3.13 csv leaves a carriage return outside quotes, where it ends a row."""


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.from_regex(r"[a-z]{1,5}\.png", fullmatch=True), words), max_size=6),
    st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)  # fmt: skip
def test_what_csv_writes_is_read(rows: list[tuple[str, str]], delimiter: str, end: str, quoting: int) -> None:
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type] # its stub wants literals
    writer.writerows([("file", "caption"), *rows])
    texts, bad = decoded_together({"a.csv": made.getvalue().encode()}, None)
    table = read(texts["a.csv"], ".csv", "a.csv")
    assert not bad and not table.left_out
    assert [(row.file, *map(plain, row.captions)) for row in table.rows] == [
        (file, plain(text)) if text.strip() else (file,) for file, text in rows
    ]


# --- text files -------------------------------------------------------------------------------------------------------


def test_captions_beside(tmp_path: Path) -> None:
    for name, text in (("a", "a red  tree\n"), ("deep/b", "zwei Bäume"), ("c", " \n"), ("d", "one\ntwo\n\none\n")):
        draw(tmp_path / f"{name}.png", len(name))
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    draw(tmp_path / "without.png", 5)
    draw(tmp_path / "a.jpg", 6)
    (tmp_path / "lonely.txt").write_text("no picture")
    (tmp_path / "without.jpeg.txt").write_text("no picture of this suffix")
    (tmp_path / "._a.txt").write_bytes(b"\0\5\x16\7\xff")
    dataset = pickle.loads(pickle.dumps(Captions(str(tmp_path), size=8, channels=1)))
    examples, left_out = read_all(dataset)
    assert said(examples) == {"a.png": "a red tree", "a.jpg": "a red tree", "deep/b.png": "zwei Bäume",
                              "d.png:0": "one", "d.png:1": "two"}  # fmt: skip
    assert {example.id for example in examples if example.x is None} == {"c.png", "without.png"}
    assert examples[0].y["pixels"].shape == (8, 8, 1)
    assert left_out == {
        "c.txt": "has no caption",
        "lonely.txt": "a caption without a picture",
        "without.jpeg.txt": "a caption without a picture; nearest is 'without.png'",
    }
    with pytest.raises(BadSource, match="a caption without a picture"):
        dataset.read("lonely.txt")


def test_a_table_goes_before_text_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        draw(tmp_path / f"{name}.png", ord(name))
        (tmp_path / f"{name}.txt").write_text("of the text")
    (tmp_path / "c.csv").write_text("file,caption\na.png,of the table\n")
    examples, left_out = read_all(Captions(str(tmp_path), size=8))
    assert said(examples) == {"a.png": "of the table", "b.png": "of the text"}
    assert left_out == {"a.txt": "its picture has a caption in a table"}


def test_a_text_file_that_is_a_table(tmp_path: Path) -> None:
    """As Flickr8k is passed on: captions.txt with a head, or Flickr8k.token.txt without one."""
    for name in ("1_a.jpg", "2_b.jpg"):
        draw(tmp_path / "Images" / name, len(name))
    table = tmp_path / "captions.txt"
    table.write_text("image,caption\n1_a.jpg,A child , in a pink dress .\n1_a.jpg,A girl .\n2_b.jpg,Two dogs .\n")
    expected = {"Images/1_a.jpg:0": "A child , in a pink dress .", "Images/1_a.jpg:1": "A girl .",
                "Images/2_b.jpg": "Two dogs ."}  # fmt: skip
    examples, left_out = read_all(Captions(str(tmp_path), size=8))
    assert said(examples) == expected and not left_out
    rows = "1_a.jpg#0\tA child , in a pink dress .\n1_a.jpg#1\tA girl .\n2_b.jpg#0\tTwo dogs .\n"
    table.write_text(rows)
    examples, left_out = read_all(Captions(str(tmp_path), size=8))
    assert left_out == {"captions.txt": HEADLESS} and not said(examples)
    table.write_text(f"image\tcaption\n{rows}")  # as it asks for
    examples, left_out = read_all(Captions(str(tmp_path), size=8))
    assert said(examples) == expected and not left_out


@pytest.mark.parametrize("limit", [256, 400, 20])
def test_a_long_caption_is_cut_and_named_or_read_whole(tmp_path: Path, limit: int) -> None:
    text = ("a large wooden house stands beside the river under tall green trees " * 6)[:399] + "."
    draw(tmp_path / "0.png", 0)
    (tmp_path / "0.txt").write_text(text)
    dataset = Captions(str(tmp_path), size=8, max_length=limit)
    (example,) = dataset.read("0.png")
    assert example.x is not None and dataset.modalities["x"] == {"max_length": limit}
    if limit == 400:
        assert example.meta["title"] == text and len(example.x["caption"]) == 400 and not example.remarks
    else:
        assert text.startswith(f"{example.meta['title']} ") and limit - 12 < len(example.meta["title"]) <= limit
        assert example.remarks == (f"the caption was cut at {limit} bytes",)


# --- encodings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"a\0 \0t\0r\0e\0e\0", bytes(range(128, 256)), random.Random(3).randbytes(64)])
def test_what_is_no_text_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    draw(tmp_path / "a.png", 1)
    (tmp_path / "a.txt").write_bytes(data)
    examples, left_out = read_all(Captions(str(tmp_path), size=8))
    (reason,) = left_out.values()
    assert (reason == UNKNOWN or "NUL" in reason) and [example.x for example in examples] == [None]


def test_an_encoding_that_is_none_or_not_theirs(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", 1)
    (tmp_path / "a.txt").write_bytes("Bär".encode("cp1252"))
    with pytest.raises(UserError, match="encoding: 'hex' is no encoding of text; right is a name like utf-8"):
        Captions(str(tmp_path), encoding="hex")
    (reason,) = read_all(Captions(str(tmp_path), encoding="utf-8"))[1].values()
    assert reason.startswith("is not text in utf-8 (byte 2); say encoding: ")


def test_folders_that_are_missing_or_empty(tmp_path: Path) -> None:
    for dataset in (Folder, Captions):
        with pytest.raises(UserError, match="does not exist; right is a folder"):
            dataset(str(tmp_path / "none"))
        with pytest.raises(UserError, match=r"there is no \.png, \.apng"):
            dataset(str(tmp_path)).sources()
