"""`image/captions`: the split that folders name, or a column of a table."""

import json
from pathlib import Path

import pytest
from own_pictures import draw, prepared, read_all

from regenkit_image.data import Captions


def test_the_split_of_the_folders_is_kept(tmp_path: Path) -> None:
    for number in range(30):
        folder = ("train", "valid", "test")[min(2, number % 10)] if number % 10 < 3 else "train"
        draw(tmp_path / folder / f"{number}.png", number)
        (tmp_path / folder / f"{number}.txt").write_text(f"number {number}\nagain {number}")
    found = prepared("image/captions", Captions(str(tmp_path), size=8), path=str(tmp_path))
    names = {"train": "train", "valid": "validation", "test": "test"}
    for name, where in zip(found.examples.column("id").tolist(), found.split, strict=True):
        assert where == names[name.split("/")[0]]
    assert found.counts()["test"] == {"paired": 6, "unpaired": 0}


@pytest.mark.parametrize("jsonl", [False, True])
def test_the_split_of_the_table_is_kept(tmp_path: Path, jsonl: bool) -> None:
    rows: list[tuple[int, str, str]] = [(number, f"number {number}", "train") for number in range(8)]
    rows += [(8, "eight", "Val"), (9, "nine", "test"), (9, "a nine", ""), (8, "8", "test"), (7, "7", "holdout")]
    for number in range(10):
        draw(tmp_path / f"{number}.png", number)
    if jsonl:
        made = [json.dumps({"file_name": f"{n}.png", "text": text, "split": split}) for n, text, split in rows]
        (tmp_path / "metadata.jsonl").write_text("\n".join(made))
    else:
        made = [f"{split},{n}.png,{text}" for n, text, split in rows]
        (tmp_path / "metadata.csv").write_text("\n".join(["Split,file,caption", *made]))
    dataset = Captions(str(tmp_path), size=8)
    found = prepared("image/captions", dataset, path=str(tmp_path))
    split = dict(zip(found.examples.column("id").tolist(), found.split, strict=True))
    assert split == {
        **{f"{n}.png": "train" for n in range(8)},
        "8.png": "validation",
        "9.png:0": "test",
        "9.png:1": "test",
    }
    first = 1 if jsonl else 2
    assert list(read_all(dataset)[1].values()) == [
        "its split is test, and in another row of its picture validation; right is one of the two",
        "its split is 'holdout'; right are train, validation, test, or nothing",
    ]
    assert [int(name.rpartition(":")[2]) for name in read_all(dataset)[1]] == [first + 11, first + 12]


def test_a_table_that_contradicts_the_folders_is_named(tmp_path: Path) -> None:
    for folder in ("train", "test"):
        draw(tmp_path / folder / "0.png", len(folder))
    (tmp_path / "a.csv").write_text("file,caption,split\ntrain/0.png,a,test\ntest/0.png,b,test\n")
    examples, left_out = read_all(Captions(str(tmp_path), size=8))
    assert {each.id: (each.split, each.x is None) for each in examples} == {
        "test/0.png": ("test", False), "train/0.png": ("train", True),
    }  # fmt: skip
    assert list(left_out) == ["a.csv:2"]
    assert left_out["a.csv:2"].startswith("its split is test, and that of its folder or table is train")


@pytest.mark.parametrize("jsonl", [False, True])
def test_a_column_without_a_name_is_no_split(tmp_path: Path, jsonl: bool) -> None:
    """pandas writes the number of a row into one."""
    for number in range(3):
        draw(tmp_path / f"{number}.png", number)
    if jsonl:
        made = [json.dumps({"": n, "file_name": f"{n}.png", "text": f"number {n}"}) for n in range(3)]
        (tmp_path / "metadata.jsonl").write_text("\n".join(made))
    else:
        made = [f"{n},{n}.png,number {n}" for n in range(3)]
        (tmp_path / "captions.csv").write_text("\n".join([",file,caption", *made]))
    examples, left_out = read_all(Captions(str(tmp_path), size=8))
    assert [(each.id, each.split, each.x is None) for each in examples] == [(f"{n}.png", None, False) for n in range(3)]
    assert not left_out
