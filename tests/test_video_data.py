"""Moving sets and folders of videos: what is read, what is kept in one split, what is left out and said."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from clips import film, grey, tone
from fetching import fetched
from hypothesis import given
from hypothesis import strategies as st
from own_pictures import prepared, read_all

from regenkit.components import Evaluation
from regenkit.errors import BadSource, UserError
from regenkit_video.data import CaptionedDigits, Captions, Folder, MovingDigits, MovingGarments
from regenkit_video.data.motion import COMPASS, moved, path
from regenkit_video.metrics import direction, motion
from regenkit_video.metrics.motion import centroids
from regenkit_video.packages import DIGITS, GARMENTS


@given(st.integers(0, 10**6), st.integers(2, 30), st.integers(1, 40))
def test_a_path_stays_within_and_its_speed_is_kept_between_bounces(number: int, frames: int, room: int) -> None:
    way = path(number, frames, room, (0.5, 2.0))
    assert way.places.shape == (frames, 2) and (way.places >= 0).all() and (way.places <= room).all()
    assert way.direction in COMPASS and np.array_equal(path(number, frames, room, (0.5, 2.0)).places, way.places)
    length = np.linalg.norm(np.diff(way.places, axis=0), axis=1)
    assert (length <= 2.0 + 1e-9).all()


@given(st.floats(0, 12), st.floats(0, 12))
def test_an_image_is_where_its_place_says(down: float, right: float) -> None:
    """Two of it agree: the centroid that is measured, and the place that was asked for."""
    image = np.full((8, 8), 200, np.uint8)
    frame = moved(image, np.array([[down, right]]), 20)
    weights = frame[0, :, :, 0].astype(float)
    found = [(weights.sum(1 - axis) * np.arange(20)).sum() / weights.sum() for axis in (0, 1)]
    assert np.allclose(found, [down + 3.5, right + 3.5], atol=0.02)


def test_moving_digits() -> None:
    fetched(DIGITS)
    data = MovingDigits(limit=300, frames=8)
    examples, left_out = read_all(data)
    assert len(examples) == 300 and not left_out and {int(each.x["label"]) for each in examples} == set(range(1, 11))
    assert all(each.y["frames"].shape == (8, 32, 32, 1) for each in examples)
    assert np.all(motion(Evaluation(samples=[each.y for each in examples[:50]], references=())) > 0.6)
    assert len({each.groups for each in MovingDigits(limit=20, repeats=3).read("0-20")}) == 20
    with pytest.raises(UserError, match="side is 32 of 32 pixels"):
        MovingDigits(side=32)
    with pytest.raises(UserError, match="does not exist"):
        MovingDigits(path="nowhere")


def test_captions_say_where_it_goes() -> None:
    fetched(DIGITS)
    examples = CaptionedDigits(limit=250).read("0-250")
    of = Evaluation(samples=[each.y for each in examples], references=(), conditions=[each.x for each in examples])
    assert direction(of).mean() > 0.9, "of real clips; bounces hide a few"
    shuffled = Evaluation(samples=of.samples, references=(), conditions=[*of.conditions[1:], of.conditions[0]])
    assert direction(shuffled).mean() < 0.3


def test_garments_keep_their_test_set() -> None:
    fetched(GARMENTS)
    examples = MovingGarments(limit=700).read("250-500")
    splits = {each.split for each in examples}
    assert splits == {"train", "validation", "test"}
    assert all((int(each.id.split(".")[0]) >= 60_000) == (each.split == "test") for each in examples)


def test_a_damaged_set_is_a_bad_source(tmp_path: Path) -> None:
    for digit in range(10):
        (tmp_path / f"{digit}.json").write_text('{"data": [1, 2]}')
    with pytest.raises(BadSource, match="is no file of digits"):
        MovingDigits(path=str(tmp_path)).read("0-250")


def folder(root: Path) -> Path:
    """Two classes, a long video, and what people have beside them."""
    for kind in ("cat", "dog"):
        (root / kind).mkdir(parents=True)
        for number in range(3):
            film(root / kind / f"{number}.mp4", grey(range(40, 56)))
    film(root / "dog" / "long.mp4", grey(np.tile(np.arange(0, 240), 5)), rate=8)
    film(root / "alone.mp4", grey(range(8)), sound=tone(1))
    (root / "cat" / "torn.mp4").write_bytes(b"torn")
    (root / "cat" / "old.wmv").write_bytes(b"old")
    (root / "cat" / "._0.mp4").write_bytes(b"of a Mac")
    (root / "cat" / "0.txt").write_text("a cat that sits\n")
    (root / "dog" / "9.txt").write_text("nobody\n")
    return root


def test_a_folder_by_class(tmp_path: Path) -> None:
    data = Folder(str(folder(tmp_path)), size=16, channels=1)
    examples, left_out = read_all(data)
    assert data.modalities["x"] == {"labels": ["cat", "dog"]}
    assert left_out["cat/old.wmv"] == "is a video of a format that is not read, .wmv"
    assert left_out["cat/torn.mp4"].startswith("is no video that can be read") and set(left_out) == {
        "cat/old.wmv", "cat/torn.mp4",
    }  # fmt: skip
    assert list(data.ignored()) == ["cat/._0.mp4"]
    labels = {each.id: None if each.x is None else int(each.x["label"]) for each in examples}
    assert labels["cat/0.mp4"] == 1 and labels["dog/0.mp4"] == 2 and labels["alone.mp4"] is None
    (alone,) = [each for each in examples if each.id == "alone.mp4"]
    assert alone.remarks == ("too short by up to half: its last frame is held",)


def test_folders_of_a_split_are_the_split_and_no_classes(tmp_path: Path) -> None:
    for split, label in (("train", "cat"), ("train", "dog"), ("dev", "dog"), ("Test", "cat")):
        (tmp_path / split / label).mkdir(parents=True)
        film(tmp_path / split / label / "0.mp4", grey(range(16)))
    film(tmp_path / "train" / "none.mp4", grey(range(16)))
    data = Folder(str(tmp_path), size=16, channels=1)
    examples, _ = read_all(data)
    assert data.modalities["x"] == {"labels": ["cat", "dog"]}
    found = {each.id: (each.split, None if each.x is None else int(each.x["label"])) for each in examples}
    assert found == {
        "train/cat/0.mp4": ("train", 1), "train/dog/0.mp4": ("train", 2), "train/none.mp4": ("train", None),
        "dev/dog/0.mp4": ("validation", 2), "Test/cat/0.mp4": ("test", 1),
    }  # fmt: skip
    captioned, _ = read_all(Captions(str(tmp_path), size=16, channels=1))
    assert {each.id: each.split for each in captioned} == {name: split for name, (split, _) in found.items()}
    (tmp_path / "more").mkdir()
    film(tmp_path / "more" / "0.mp4", grey(range(16)))
    with pytest.raises(UserError, match="folders Test and dev and train, which name a split, and beside them more"):
        Folder(str(tmp_path))


def test_a_long_video_is_read_in_parts_without_a_seam(tmp_path: Path) -> None:
    data = Folder(str(folder(tmp_path)), size=16, channels=1)
    parts = [source for source in data.sources() if source.startswith("dog/long.mp4")]
    assert parts == ["dog/long.mp4:0-60 s", "dog/long.mp4:60-120 s", "dog/long.mp4:120-180 s"]
    examples = [each for source in parts for each in data.read(source)]
    assert [each.id for each in examples] == [f"dog/long.mp4:{n}" for n in range(75)]
    assert len({each.groups for each in examples}) == 1, "in one split"
    levels = np.concatenate([(each.y["frames"][:, 8, 8, 0] + 1) * 127.5 for each in examples])
    assert np.abs(levels - np.tile(np.arange(240), 5)).max() <= 6, "frame by frame what was written"


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    """Ten minutes by looping: a part of it takes as much memory as a part of one minute and a half."""
    film(tmp_path / "a.mp4", np.tile(grey(np.arange(0, 240), 16, 16), (20, 1, 1, 1)), rate=8)
    film(tmp_path / "b.mp4", np.tile(grey(np.arange(0, 240), 16, 16), (3, 1, 1, 1)), rate=8)
    data, peaks = Folder(str(tmp_path), size=16, channels=1), {}
    for name in ("a.mp4", "b.mp4"):
        source = next(source for source in data.sources() if source.startswith(name))
        data.read(source)
        tracemalloc.start()
        assert len(data.read(source)) == 30
        peaks[name] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks["a.mp4"] < 1.2 * peaks["b.mp4"]


def test_captions_beside(tmp_path: Path) -> None:
    data = Captions(str(folder(tmp_path)), size=16, channels=1)
    examples, left_out = read_all(data)
    assert left_out["dog/9.txt"] == "a caption without a video"
    (captioned,) = [each for each in examples if each.x is not None]
    assert captioned.id == "cat/0.mp4" and captioned.meta["title"] == "a cat that sits"
    assert bytes(captioned.x["caption"].astype(np.uint8) - 1) == b"a cat that sits"


@pytest.mark.parametrize("empty", ["", " \n"])
def test_a_caption_without_a_word_is_named(tmp_path: Path, empty: str) -> None:
    (folder(tmp_path) / "cat" / "0.txt").write_text(empty)
    examples, left_out = read_all(Captions(str(tmp_path), size=16, channels=1))
    assert left_out["cat/0.txt"] == "has no caption" and all(each.x is None for each in examples)


def test_a_text_without_a_word_and_without_a_video_is_one_without_a_video(tmp_path: Path) -> None:
    (folder(tmp_path) / "cat" / "lonely.txt").write_text("")
    assert Captions(str(tmp_path), size=16, channels=1).left_out["cat/lonely.txt"] == "a caption without a video"


def test_it_is_prepared_as_a_recipe_has_it(tmp_path: Path, fresh: Path) -> None:
    data = Folder(str(folder(tmp_path / "videos")), size=16, channels=1)
    found = prepared("video/folder", data, path=str(tmp_path / "videos"))
    assert len(found.indices("train")) + len(found.indices("validation")) + len(found.indices("test")) == 82
    with pytest.raises(UserError, match=r"there is no \.mp4"):
        (tmp_path / "empty").mkdir()
        Folder(str(tmp_path / "empty"))


def test_centroids_of_black_are_not_defined() -> None:
    assert np.isnan(centroids(np.zeros((1, 4, 8, 8, 1), np.uint8))).all()
