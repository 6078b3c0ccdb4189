"""Which clips of people are held out: by name, by folder, and never a person who is learned from."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regenkit.errors import UserError
from regenkit_video.data import FaceFolder
from regenkit_video.data.held_out import FEW, people, splits

CLIPS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 5), min_size=1).map(
    lambda counts: sorted(f"{name}/{number}.mp4" for name, count in counts.items() for number in range(count))
)
FOUR = [f"{name}/{number}.mp4" for name in "abcd" for number in "123"]


@given(CLIPS)
def test_nobody_is_learned_from_and_held_out(files: list[str]) -> None:
    found, who = splits(files, (), "face/folder", {}), people(files, {})
    assert list(found) == files
    if len(files) >= FEW:
        assert set(found.values()) == {None}
        return
    learned, held = ({who[file] for file in files if (found[file] == "train") == train} for train in (True, False))
    assert learned and not learned & held
    if len(files) >= 4:
        assert [file for file in files if found[file] == "test"] == files[-2:]
        assert found[files[-3]] == "validation"


def test_clips_of_the_same_name_in_several_folders(tmp_path: Path) -> None:
    for file in FOUR:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(b"")
    found = FaceFolder(str(tmp_path)).splits
    assert Counter(found.values()) == {"train": 9, "validation": 1, "test": 2}
    chosen = FaceFolder(str(tmp_path), test=("a/1", "d")).splits
    assert [file for file, split in chosen.items() if split == "test"] == ["a/1.mp4", "d/1.mp4", "d/2.mp4", "d/3.mp4"]
    with pytest.raises(UserError, match=r"test names 1, which may be a/1.mp4, b/1.mp4, c/1.mp4, d/1.mp4: write one"):
        FaceFolder(str(tmp_path), test=("1",))


@given(CLIPS.filter(lambda files: len(files) > 1), st.data())
def test_who_is_for_validation_beside_a_chosen_test_is_not_learned_from(files: list[str], data: st.DataObject) -> None:
    folders = sorted({file[0] for file in files})
    names = data.draw(st.lists(st.sampled_from([*files, *folders]), min_size=1, max_size=3, unique=True))
    found, who = splits(files, tuple(names), "face/folder", {}), people(files, {})
    assert {file for file in files if found[file] == "test"} == {
        file for file in files if {file, file[0]} & set(names)
    }  # fmt: skip
    tested = {who[file] for file in files if found[file] == "test"}
    learned, kept = ({who[file] for file in files if found[file] == split} for split in ("train", "validation"))
    others = set(who.values()) - tested
    if len(others) > 1:
        assert kept == {max(others)} and not kept & learned and learned
    else:
        assert sum(split == "validation" for split in found.values()) == min(1, len(files) - len(
            [file for file in files if found[file] == "test"]))  # fmt: skip


def test_a_clip_is_named_by_what_no_other_has() -> None:
    files = ["a/lrwp9a.mpg", "b.mp4", "b/1.mp4", "c.mov", "c.mp4", "e/2.mp4"]
    for name, right in (("lrwp9a", ["a/lrwp9a.mpg"]), ("a/lrwp9a", ["a/lrwp9a.mpg"]), ("lrwp9a.mpg", ["a/lrwp9a.mpg"]),
                        ("b/", ["b/1.mp4"]), ("b.mp4", ["b.mp4"]), ("c.mov", ["c.mov"])):  # fmt: skip
        found = splits(files, (name,), "face/grid", {})
        assert [file for file in files if found[file] == "test"] == right
    for name, said in (("c", "may be c.mov, c.mp4"), ("b", "may be b/, b.mp4"), ("f", "not among the 6 clips")):
        with pytest.raises(UserError, match=said):
            splits(files, (name,), "face/grid", {})


def test_where_many_are_drawn_a_person_is_drawn_as_one(tmp_path: Path) -> None:
    for name in "abcde":
        (tmp_path / name).mkdir()
        for number in range(6):
            (tmp_path / name / f"{number}.mp4").write_bytes(b"")
    many = FaceFolder(str(tmp_path))
    assert set(many.splits.values()) == {None} and many.people["a/0.mp4"] == many.people["a/5.mp4"] == "a"


def touched(root: Path, files: list[str]) -> FaceFolder:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(b"")
    return FaceFolder(str(root))


def test_folders_of_a_split_are_the_split(tmp_path: Path) -> None:
    data = touched(tmp_path, [f"{split}/{file}" for split in ("train", "val", "test") for file in FOUR])
    assert {(file.split("/")[0], split) for file, split in data.splits.items()} == {
        ("train", "train"), ("val", "validation"), ("test", "test"),
    }  # fmt: skip
    assert Counter(data.splits.values()) == {"train": 12, "validation": 12, "test": 12}
    with pytest.raises(UserError, match="name the split, test and validation among them: leave test out"):
        FaceFolder(str(tmp_path), test=("test",))
    touched(tmp_path / "few", ["train/a.mp4", "train/b.mp4", "test/c.mp4"])
    assert FaceFolder(str(tmp_path / "few")).splits == {
        "test/c.mp4": "test",
        "train/a.mp4": "train",
        "train/b.mp4": "train",
    }
    with pytest.raises(UserError, match="folders test and train, which name a split, and beside them more; right are"):
        touched(tmp_path / "few", ["more/d.mp4"])


def test_what_folders_of_a_split_leave_open_is_drawn_by_person(tmp_path: Path) -> None:
    data = touched(tmp_path, [*(f"train/{file}" for file in FOUR), "test/e/1.mp4", "test/e/2.mp4"])
    assert Counter(data.splits.values()) == {"train": 12, "test": 2}
    assert data.people["train/a/1.mp4"] == data.people["train/a/3.mp4"] != data.people["train/b/1.mp4"]
    alone = touched(tmp_path / "alone", [f"train/{file}" for file in FOUR])
    assert [file for file, split in alone.splits.items() if split == "test"] == ["train/d/2.mp4", "train/d/3.mp4"]
    assert alone.splits["train/d/1.mp4"] == "validation"
