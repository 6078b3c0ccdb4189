"""`image/folder`: people's own pictures, whatever else is among them, are read, or left out by name."""

import os
import pickle
import tempfile
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from own_pictures import CASES, draw, prepared, read_all
from PIL import Image, features

from regenkit.analysis.preview import classes
from regenkit.data.skip_report import listed
from regenkit.errors import BadSource, UserError
from regenkit_image.data import Captions, Folder
from regenkit_image.formats import READS, UNREAD
from regenkit_image.modality import Label
from regenkit_image.modality.files import read

RED, BLUE, WHITE = (220, 20, 20), (0, 0, 255), (255, 255, 255)


def test_a_folder_a_class(tmp_path: Path) -> None:
    for number in range(30):
        draw(tmp_path / "cat" / f"{number}.png", number, (20 + number, 30))
        draw(tmp_path / "dog" / "deep" / f"{number}.jpg", 100 + number)
    draw(tmp_path / "fish" / "only.png", 200)
    draw(tmp_path / "loose.png", 201)
    draw(tmp_path / ".hidden" / "no.png", 202)
    whole = (tmp_path / "cat" / "0.png").read_bytes()
    (tmp_path / "cat" / "copy.png").write_bytes(whole)
    (tmp_path / "dog" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "notes.md").write_text("not a picture")
    dataset = pickle.loads(pickle.dumps(Folder(str(tmp_path), size=16)))
    assert dataset.modalities["x"] == {"labels": ["cat", "dog", "fish"]}
    found = prepared("image/folder", dataset, path=str(tmp_path))
    assert len(found.examples) == 63 and found.paired.sum() == 62
    assert [source for source, _ in found.skipped] == ["dog/cut.png"]
    ids = found.examples.column("id").tolist()
    split = dict(zip(ids, found.split, strict=True))
    assert split["cat/0.png"] == split["cat/copy.png"] and split["loose.png"] == "train"
    before = dataset.fingerprint()
    draw(tmp_path / "cat" / "0.png", 7, (50, 50))
    assert Folder(str(tmp_path), size=16).fingerprint() != before


@pytest.mark.parametrize(
    ("name", "top", "bottom"),
    [
        ("cmyk.jpg", RED, RED), ("pal_trans.png", RED, WHITE), ("grey16.png", (128,), (128,)),
        ("rgba.png", RED, WHITE), ("la.png", (128,), (255,)), ("exif6.jpg", RED, BLUE), ("anim.webp", RED, RED),
        ("bit1.png", (255,), (255,)), ("UPPER.JPG", RED, RED), ("prog.jpeg", RED, RED), ("b.bmp", RED, RED),
    ],
)  # fmt: skip
def test_what_a_picture_is_stored_as_makes_no_difference(name: str, top: tuple[int], bottom: tuple[int]) -> None:
    (picture,) = read(CASES / "formats" / name)
    near = 3 if name.lower().endswith(("jpg", "jpeg")) else 0  # levels, in the middle of a patch
    height, width = picture.pixels.shape[:2]
    for row, colour in ((height // 4, top), (3 * height // 4, bottom)):
        assert abs(picture.pixels[row, width // 2].astype(int) - colour).max() <= near


def test_damaged_pictures_are_left_out_by_name() -> None:
    examples, left_out = read_all(Folder(str(CASES / "formats"), size=8))
    assert len(examples) == 11 and set(left_out) == {"trunc.jpg", "zero.png", "html.jpg"}
    assert "truncated" in left_out["trunc.jpg"] and left_out["zero.png"] == "is empty"
    assert "is no picture" in left_out["html.jpg"]
    said = {example.id: example.remarks for example in examples if example.remarks}
    assert said == {"anim.webp": ("has several frames or pages: the first is read",)}


def test_broken_exif_stops_nothing_and_what_says_how_the_camera_was_held_is_believed() -> None:
    """All are 64 × 32, red on the left and blue on the right, and say 6: turn by 90°. Red is on top then."""
    examples, left_out = read_all(Folder(str(CASES / "exif"), size=8, fit="pad"))
    assert len(examples) == 13 and not left_out
    for path in sorted((CASES / "exif").iterdir()):
        (picture,) = read(path)
        if path.name == "garbage.jpg":
            assert picture.pixels.shape == (32, 64, 3) and "EXIF" in picture.remarks[0]
        else:
            assert picture.pixels.shape == (64, 32, 3) and not picture.remarks
            assert abs(picture.pixels[16, 16].astype(int) - RED).max() <= 3, path.name


SOUND = sorted(path for name in ("formats", "exif") for path in (CASES / name).iterdir() if path.stat().st_size)


@settings(max_examples=150)
@given(st.sampled_from(SOUND), st.integers(0, 2**16), st.binary(min_size=1, max_size=8), st.booleans())
def test_whatever_byte_is_damaged_the_picture_is_read_or_named(path: Path, at: int, by: bytes, cut: bool) -> None:
    data = bytearray(path.read_bytes())
    index = at % len(data)
    data[index : index + len(by)] = by
    with tempfile.TemporaryDirectory() as made:
        damaged = Path(made, path.name)
        damaged.write_bytes(data[:index] if cut else data)
        try:
            (picture,) = read(damaged)
        except BadSource as error:
            assert error.reason.strip() and made not in error.reason
            return
    assert picture.pixels.dtype == np.uint8 and picture.pixels.size


@pytest.mark.parametrize("orientation", range(9))
def test_all_eight_orientations(tmp_path: Path, orientation: int) -> None:
    """Pillow's own reading, where EXIF is sound, is the same."""
    from PIL import ImageOps

    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as image:
        assert np.array_equal(read(tmp_path / "a.png")[0].pixels, np.asarray(ImageOps.exif_transpose(image)))


@pytest.mark.parametrize("suffix", sorted(set(READS) - {".npy"}))
def test_every_suffix_that_is_read(tmp_path: Path, suffix: str) -> None:
    kind = Image.registered_extensions()[suffix]
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow was built without AVIF")
    grey = suffix in (".pgm", ".pbm")
    picture = Image.new("1" if suffix == ".pbm" else "L" if grey else "RGB", (16, 8), 1 if grey else RED)
    picture.save(tmp_path / f"a{suffix}", kind)
    (found,) = read(tmp_path / f"a{suffix}")
    expected = {".pgm": 1, ".pbm": 255}.get(suffix, RED)
    assert found.pixels.shape == (8, 16, 1 if grey else 3)
    assert abs(found.pixels.astype(int) - expected).max() <= 6


def test_the_plugin_registers_what_is_read() -> None:
    from regenkit.plugins import host

    assert host().find("modality", "image").reads == READS and not set(READS) & set(UNREAD)


def test_links_are_followed_and_end(tmp_path: Path) -> None:
    for number in range(3):
        draw(tmp_path / "set" / "dogs" / f"{number}.png", number)
        draw(tmp_path / "elsewhere" / f"{number}.png", 10 + number)
    (tmp_path / "set" / "cats").symlink_to("../elsewhere")
    (tmp_path / "elsewhere" / "round").symlink_to("../set")
    (tmp_path / "set" / "dogs" / "self").symlink_to(".")
    (tmp_path / "set" / "dogs" / "gone.png").symlink_to("nowhere.png")
    os.mkfifo(tmp_path / "set" / "dogs" / "pipe.png")
    dataset = Folder(str(tmp_path / "set"), size=8)
    examples, left_out = read_all(dataset)
    assert sorted({example.id.split("/")[0] for example in examples}) == ["cats", "dogs"] and len(examples) == 6
    assert dataset.ignored() == {
        name: "is a link to a folder that is read in another place" for name in ("cats/round/", "dogs/self/")
    }
    assert left_out == {
        "dogs/gone.png": "is a link to what is not there",
        "dogs/pipe.png": "is no file",
    }


def test_what_is_no_picture_to_read_is_named(tmp_path: Path) -> None:
    draw(tmp_path / "cat" / "1.png", 1)
    (tmp_path / "cat" / "._1.png").write_bytes(b"\0\5\x16\7AppleDouble")
    (tmp_path / "cat" / ".DS_Store").write_bytes(b"\0")
    (tmp_path / "__MACOSX" / "cat").mkdir(parents=True)
    (tmp_path / "__MACOSX" / "cat" / "._1.png").write_bytes(b"\0\5\x16\7")
    (tmp_path / "phone").mkdir()
    (tmp_path / "phone" / "1.HEIC").write_bytes(b"ftypheic")
    (tmp_path / "empty").mkdir()
    (tmp_path / os.fsdecode(b"caf\xe9")).mkdir()
    dataset = Folder(str(tmp_path), size=8)
    examples, left_out = read_all(dataset)
    assert [example.id for example in examples] == ["cat/1.png"] and dataset.labels == ["cat"]
    assert left_out == {
        "phone/1.HEIC": "is a picture of a format that is not read, .heic",
        "phone/": "is a folder without a picture that is read",
        "empty/": "is a folder without a picture that is read",
        "caf\\xe9": "its name is not UTF-8; rename it",
    }
    assert dataset.ignored() == dict.fromkeys(["__MACOSX/", "cat/._1.png"], "is macOS's own, no data")
    dataset.fingerprint()


def test_hidden_files_are_counted_and_no_damage(tmp_path: Path) -> None:
    """A disk written by macOS has one beside each: they are named, and half as many as all stop nothing."""
    for number in range(24):
        draw(tmp_path / "cat" / f"{number}.png", number)
        for name in (f"._{number}.png", f".{number}.png"):
            (tmp_path / "cat" / name).write_bytes(b"\0\5\x16\7AppleDouble")
    (tmp_path / "cat" / "cut.png").write_bytes(b"\x89PNG")
    found = prepared("image/folder", Folder(str(tmp_path), size=8), path=str(tmp_path))
    assert len(found.examples) == 24 and len(found.ignored) == 48
    assert [name for name, _ in found.skipped] == ["cat/cut.png"]
    assert listed(found.notes) == [
        "1 left out:", f"  1 × {found.skipped[0][1]} (cat/cut.png)", "48 no data, not looked at:",
        "  24 × is hidden (cat/.0.png, cat/.1.png, cat/.10.png, …)",
        "  24 × is macOS's own, no data (cat/._0.png, cat/._1.png, cat/._10.png, …)",
    ]  # fmt: skip


def test_classes_have_one_name_however_it_is_written(tmp_path: Path) -> None:
    composed, apart = "café", unicodedata.normalize("NFD", "café")
    for number, name in enumerate((composed, apart, "oak  tree")):
        draw(tmp_path / name / "1.png", number)
    dataset = Folder(str(tmp_path), size=8)
    assert dataset.labels == [composed, "oak tree"]
    tokens = [int(example.x["label"]) for example in read_all(dataset)[0] if example.x]
    assert sorted(tokens) == [1, 1, 2]
    label = Label(dataset.labels)
    assert label.parse(apart.upper()) == composed and label.parse(" Oak tree ") == "oak tree"
    assert Label([apart]).labels == (composed,)


def test_the_split_of_the_folders_is_kept(tmp_path: Path) -> None:
    """As ImageNet has it; a training picture that is a held-out one is dropped."""
    for number in range(40):
        draw(tmp_path / "train" / ("cat" if number % 2 else "dog") / f"{number}.png", number)
    for number in range(8):
        draw(tmp_path / "val" / ("cat" if number % 2 else "dog") / f"{number}.png", 100 + number)
    copy = tmp_path / "train" / "cat" / "copy.png"
    copy.write_bytes((tmp_path / "val" / "cat" / "1.png").read_bytes())
    (tmp_path / "loose.png").write_bytes(copy.read_bytes())
    (tmp_path / "train" / "bird").mkdir()
    dataset = Folder(str(tmp_path), size=16)
    assert dataset.labels == ["cat", "dog"]
    found = prepared("image/folder", dataset, path=str(tmp_path))
    split = dict(zip(found.examples.column("id").tolist(), found.split, strict=True))
    assert {name for name, where in split.items() if where == "validation"} == {
        name for name in split if name.startswith("val/")
    }
    assert (
        split["train/cat/copy.png"] == split["loose.png"] == "dropped"
        and sum(where == "test" for where in split.values()) == 4
    )
    assert found.skipped == (("train/bird/", "is a folder without a picture that is read"),)
    assert classes(found)["x/label"]["dog"]["validation"] == 4
    draw(tmp_path / "more" / "1.png", 500)
    with pytest.raises(UserError, match=r"folders train and val, which name a split, and beside them more; right are"):
        Folder(str(tmp_path))


def test_a_folder_named_train_can_be_a_class(tmp_path: Path) -> None:
    for number, name in enumerate(("train", "car")):
        draw(tmp_path / name / "1.png", number)
    assert Folder(str(tmp_path)).labels == ["car", "train"]


def test_a_download_of_train_alone_has_the_classes_in_it(tmp_path: Path) -> None:
    for number, name in enumerate(("cat", "dog")):
        draw(tmp_path / "train" / name / "1.png", number)
    assert Folder(str(tmp_path)).labels == ["cat", "dog"]


def test_drawings_on_white_are_told_apart() -> None:
    found = prepared("image/folder", Folder(str(CASES / "icons"), size=64))
    assert {name: count["paired"] for name, count in found.counts().items()} == {
        "train": 48, "validation": 6, "test": 6, "dropped": 0
    }  # fmt: skip


def test_an_array_of_many_pictures_is_read_range_by_range(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (1003, 4, 4, 1), np.uint8)
    (tmp_path / "cat").mkdir()
    np.save(tmp_path / "cat" / "many.npy", pixels)
    np.save(tmp_path / "loose.NPY.npy", pixels[:501])
    np.save(tmp_path / "cat" / "few.npy", pixels[:3])
    dataset = Folder(str(tmp_path), size=4, channels=1)
    assert dataset.sources() == [
        "cat/few.npy", "cat/many.npy/0-500", "cat/many.npy/500-1000", "cat/many.npy/1000-1003", "loose.NPY.npy/0-500",
        "loose.NPY.npy/500-501",
    ]  # fmt: skip
    examples, left_out = read_all(dataset)
    found = {each.id: each for each in examples}
    assert not left_out and len(found) == 1003 + 501 + 3
    for number in (0, 499, 500, 1002):
        each = found[f"cat/many.npy:{number}"]
        np.testing.assert_array_equal(dataset.y.decode(each.y).pixels, pixels[number])
        assert each.x is not None and each.meta["title"] == "cat"
    assert found["loose.NPY.npy:500"].x is None and "cat/few.npy:2" in found


def test_captions_of_an_array_are_of_all_its_ranges(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.random.default_rng(0).integers(0, 256, (501, 4, 4, 1), np.uint8))
    (tmp_path / "a.txt").write_text("noise")
    examples, left_out = read_all(Captions(str(tmp_path), size=4, channels=1))
    assert not left_out and len(examples) == 501 and {each.meta["title"] for each in examples} == {"noise"}
