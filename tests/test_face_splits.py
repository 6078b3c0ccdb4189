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
    found, who = splits(files, (), "face/folder"), people(files)
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


def test_a_clip_is_named_by_what_no_other_has() -> None:
    files = ["a/lrwp9a.mpg", "b.mp4", "b/1.mp4", "c.mov", "c.mp4", "e/2.mp4"]
    for name, right in (("lrwp9a", ["a/lrwp9a.mpg"]), ("a/lrwp9a", ["a/lrwp9a.mpg"]), ("lrwp9a.mpg", ["a/lrwp9a.mpg"]),
                        ("b/", ["b/1.mp4"]), ("b.mp4", ["b.mp4"]), ("c.mov", ["c.mov"])):  # fmt: skip
        found = splits(files, (name,), "face/grid")
        assert [file for file in files if found[file] == "test"] == right
    for name, said in (("c", "may be c.mov, c.mp4"), ("b", "may be b/, b.mp4"), ("f", "not among the 6 clips")):
        with pytest.raises(UserError, match=said):
            splits(files, (name,), "face/grid")


def test_where_many_are_drawn_a_person_is_drawn_as_one(tmp_path: Path) -> None:
    for name in "abcde":
        (tmp_path / name).mkdir()
        for number in range(6):
            (tmp_path / name / f"{number}.mp4").write_bytes(b"")
    many = FaceFolder(str(tmp_path))
    assert set(many.splits.values()) == {None} and many.people["a/0.mp4"] == many.people["a/5.mp4"] == "a"
