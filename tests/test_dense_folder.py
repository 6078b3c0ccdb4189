"""dense/folder: pictures and maps of equal names, and what people's folders have that is not right."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dense_files import dataset, discs, read_all, scene
from PIL import Image

from regenkit.data.split import assign
from regenkit.errors import UserError
from regenkit_dense.modality import Dense, pfm

CLASSES = ("ground", "disc")


def folder(path: Path, **options: Any) -> Any:
    return dataset("dense/folder", path=str(path), **{"size": 32, "classes": CLASSES, **options})


def test_equal_names_are_a_pair_and_folders_are_the_split(tmp_path: Path) -> None:
    examples, left_out = read_all(folder(discs(tmp_path)))
    assert not left_out and len(examples) == 12
    assert {each.split for each in examples} == {"train", "validation", "test"}
    for each in examples:
        _, classes = scene(int(Path(each.id).stem))
        middle = classes[:, 4:36]  # 40 × 32, cut to its middle
        np.testing.assert_array_equal(each.y["classes"], middle + 1)
        assert each.x and each.x["pixels"].shape == (32, 32, 3)
        assert each.x["pixels"][middle == 1].mean() > each.x["pixels"][middle == 0].mean()


def test_what_has_no_partner_is_named(tmp_path: Path) -> None:
    discs(tmp_path, splits=False)
    (tmp_path / "labels/3.png").unlink()
    (tmp_path / "images/5.jpg").unlink()
    Image.fromarray(scene(7)[0]).save(tmp_path / "images/7.png")
    examples, left_out = read_all(folder(tmp_path))
    assert len(examples) == 10
    assert left_out == {
        "3.jpg": "there is no file 3 in labels",
        "labels/5.png": "there is no picture of this name in images",
        "7.png": "another picture has its name with another suffix",
    }


def test_what_is_hidden_or_of_a_format_that_is_not_read_is_named(tmp_path: Path) -> None:
    discs(tmp_path, count=4, splits=False)
    (tmp_path / "images/.4.jpg").write_bytes((tmp_path / "images/3.jpg").read_bytes())
    (tmp_path / "images/5.heic").write_bytes(b"no matter")
    (tmp_path / "labels/0.png").rename(tmp_path / "labels/0.mat")
    found = folder(tmp_path)
    examples, left_out = read_all(found)
    assert len(examples) == 3 and found.ignored() == {".4.jpg": "is hidden"}
    assert left_out == {
        "0.jpg": "its map labels/0.mat is not read; right are .png, .pfm, .npy, .tif, .tiff, .bmp, .gif",
        "5.heic": "is a picture of a format that is not read, .heic",
    }


def test_pictures_that_look_alike_are_in_one_split(tmp_path: Path) -> None:
    discs(tmp_path, count=4, splits=False)
    for name in ("images/copy.jpg", "labels/copy.png"):
        with Image.open(tmp_path / name.replace("copy", "0")) as image:
            image.save(tmp_path / name, **({"quality": 80} if "images" in name else {}))
    marks = {each.id: set(each.groups) for each in read_all(folder(tmp_path))[0]}
    assert marks["0.jpg"] & marks["copy.jpg"]
    assert not marks["0.jpg"] & (marks["1.jpg"] | marks["2.jpg"] | marks["3.jpg"])


def test_a_training_picture_that_looks_like_a_held_out_one_is_known_by_it(tmp_path: Path) -> None:
    discs(tmp_path)
    with Image.open(tmp_path / "images/test/3.jpg") as image:
        brighter = image.point(lambda level: min(level + 1, 255))
    brighter.save(tmp_path / "images/train/copy.png")
    (tmp_path / "labels/train/copy.png").write_bytes((tmp_path / "labels/test/3.png").read_bytes())
    found = {each.id: each for each in read_all(folder(tmp_path))[0]}
    split = assign(
        list(found), [each.groups for each in found.values()],
        [np.array(each.fingerprints, np.int64) for each in found.values()], np.ones(len(found), bool),
        np.array([each.split for each in found.values()]),
    )  # fmt: skip
    assert [name for name, where in zip(found, split, strict=True) if where == "dropped"] == ["train/copy.png"]


def save(path: Path, values: np.ndarray, **how: Any) -> None:
    Image.fromarray(values, **how).save(path)


LABEL = scene(0)[1]
WRONG: dict[str, tuple[Any, str]] = {
    "a class too many": (LABEL * 2, "has the class 2, and there are 2, 0 to 1"),
    "another size": (LABEL[:20], "is 40 × 32, and its classes 40 × 20"),
    "all ignored": (np.full_like(LABEL, 255), "nothing of it is known: every pixel is to be ignored"),
    "colours": (
        np.stack([LABEL * 255] * 3, -1),
        "its map holds labels as 2 colours (RGB), and the dataset's `colours`",
    ),
    "16 bits": (LABEL.astype(np.uint16) * 300, "has the class 300, and there are 2"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_label_that_cannot_be_right_is_left_out_with_its_reason(tmp_path: Path, name: str) -> None:
    discs(tmp_path, count=4, splits=False)
    save(tmp_path / "labels/0.png", WRONG[name][0])
    examples, left_out = read_all(folder(tmp_path))
    assert len(examples) == 3 and list(left_out) == ["0.jpg"]
    assert left_out["0.jpg"].startswith(WRONG[name][1])


def test_files_that_are_torn_or_no_pictures(tmp_path: Path) -> None:
    discs(tmp_path, count=5, splits=False)
    whole = (tmp_path / "labels/0.png").read_bytes()
    (tmp_path / "labels/0.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "labels/1.png").write_bytes(b"")
    (tmp_path / "images/2.jpg").write_bytes(b"torn")
    (tmp_path / "images/notes.txt").write_text("no picture")
    examples, left_out = read_all(folder(tmp_path))
    assert len(examples) == 2 and set(left_out) == {"0.jpg", "1.jpg", "2.jpg"}
    assert left_out["0.jpg"].startswith("its map can't be read as a picture")
    assert left_out["1.jpg"] == "its map is empty"
    assert left_out["2.jpg"] == "is no picture, or of a format that is not known"


def test_labels_by_colour_and_ignored_pixels(tmp_path: Path) -> None:
    discs(tmp_path, count=2, splits=False)
    pixels = np.where(LABEL[..., None] == 1, [255, 0, 0], [0, 0, 255]).astype(np.uint8)
    pixels[:4] = 0
    save(tmp_path / "labels/0.png", pixels)
    save(tmp_path / "labels/1.png", np.where(LABEL[..., None] == 1, [255, 0, 0], [9, 9, 9]).astype(np.uint8))
    examples, left_out = read_all(folder(tmp_path, colours=((0, 0, 255), (255, 0, 0))))
    assert left_out == {"1.jpg": "its map has colours of no class: [9, 9, 9]"}
    wanted = np.where(np.arange(32)[:, None] < 4, 0, LABEL[:, 4:36] + 1)
    np.testing.assert_array_equal(examples[0].y["classes"], wanted)


HOW = {
    "RGB": lambda image: image,
    "a palette": lambda image: image.quantize(colors=256),
    "a palette of two": lambda image: image.quantize(colors=2),
    "grey": lambda image: image.convert("L"),
    "one bit": lambda image: image.convert("1"),
}


@pytest.mark.parametrize("suffix", [".png", ".gif", ".tif", ".bmp"])
@pytest.mark.parametrize("how", HOW)
def test_the_colour_says_the_class_whatever_kind_of_picture_it_is(tmp_path: Path, how: str, suffix: str) -> None:
    discs(tmp_path, count=1, splits=False)
    (tmp_path / "labels/0.png").unlink()
    grey = np.where(LABEL == 1, 0, 255).astype(np.uint8)
    HOW[how](Image.fromarray(np.stack([grey] * 3, -1))).save(tmp_path / f"labels/0{suffix}")
    examples, left_out = read_all(folder(tmp_path, colours=((255, 255, 255), (0, 0, 0))))
    assert not left_out
    np.testing.assert_array_equal(examples[0].y["classes"], LABEL[:, 4:36] + 1)
    assert not examples[0].remarks


def test_a_picture_of_16_bits_has_no_colours(tmp_path: Path) -> None:
    discs(tmp_path, count=1, splits=False)
    save(tmp_path / "labels/0.png", LABEL.astype(np.uint16))
    _, left_out = read_all(folder(tmp_path, colours=((255, 255, 255), (0, 0, 0))))
    assert left_out["0.jpg"].startswith("its map is a picture of mode I;16; where `colours` say the class")


def test_a_mask_of_0_and_255_is_remarked_upon(tmp_path: Path) -> None:
    discs(tmp_path, count=2, splits=False)
    save(tmp_path / "labels/0.png", LABEL * 255)
    examples, _ = read_all(folder(tmp_path))
    assert [len(each.remarks) for each in examples] == [1, 0]
    assert "255 is ignored" in examples[0].remarks[0]


def test_the_modality_reads_the_labels_of_the_dataset(tmp_path: Path) -> None:
    discs(tmp_path, count=1, splits=False)
    save(tmp_path / "labels/0.png", np.where(LABEL[..., None] == 1, [255, 0, 0], [0, 0, 255]).astype(np.uint8))
    source = folder(tmp_path, colours=((0, 0, 255), (255, 0, 0)))
    (example,) = source.read("0.jpg")
    y = Dense(**source.modalities["y"])
    (found,) = y.read(tmp_path / "labels/0.png")
    np.testing.assert_array_equal(y.encode(found)[0]["classes"], example.y["classes"])


@pytest.mark.parametrize("name", ["dev", "val", "valid", "Validation"])
def test_folders_of_a_split_are_those_of_every_dataset(tmp_path: Path, name: str) -> None:
    discs(tmp_path)
    for kind in ("images", "labels"):
        (tmp_path / kind / "val").rename(tmp_path / kind / name)
    examples, _ = read_all(folder(tmp_path))
    assert [each.split for each in examples if each.id.startswith(f"{name}/")] == ["validation"] * 3


def test_a_folder_that_is_none_beside_those_of_a_split_is_refused(tmp_path: Path) -> None:
    discs(tmp_path)
    for kind in ("images", "labels"):
        (tmp_path / kind / "val").rename(tmp_path / kind / "tset")
    with pytest.raises(UserError, match="folders test and train, which name a split, and beside them tset"):
        folder(tmp_path)


def test_labels_are_hidden_only_where_folders_name_all_splits(tmp_path: Path) -> None:
    discs(tmp_path)
    for kind in ("images", "labels"):
        for file in (tmp_path / kind / "test").iterdir():
            file.rename(tmp_path / kind / "val" / file.name)
    with pytest.raises(UserError, match="labelled_fraction wants folders that name the split"):
        folder(tmp_path, labelled_fraction=0.5)


def test_two_maps_of_one_name_are_named(tmp_path: Path) -> None:
    discs(tmp_path, count=2, splits=False)
    save(tmp_path / "labels/0.gif", LABEL)
    save(tmp_path / "labels/x.gif", LABEL)
    save(tmp_path / "labels/x.bmp", LABEL)
    examples, left_out = read_all(folder(tmp_path))
    assert [each.id for each in examples] == ["1.jpg"]
    assert left_out == {
        "0.jpg": "there are 2 maps of this name in labels: 0.gif, 0.png; right is one",
        "labels/x.gif": "there is no picture of this name in images",
        "labels/x.bmp": "there is no picture of this name in images",
    }


def test_a_disparity_is_in_pixels_of_the_size_that_it_is_brought_to(tmp_path: Path) -> None:
    for name in ("images", "disparity"):
        (tmp_path / name).mkdir()
    save(tmp_path / "images/0.png", scene(0, (128, 160))[0])
    np.save(tmp_path / "disparity/0.npy", np.full((160, 128), 40.0))
    examples, _ = read_all(folder(tmp_path, maps={"disparity": "disparity"}, classes=()))
    np.testing.assert_array_equal(examples[0].y["disparity"], 10)


def test_depths_in_three_formats_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "depth").mkdir()
    random = np.random.default_rng(0)
    depth = (np.rint(random.uniform(1, 9, (32, 40)) * 256) / 256).astype(np.float32)
    depth[0, 10] = 0
    for name in "abcd":
        save(tmp_path / f"images/{name}.png", scene(ord(name))[0])
    save(tmp_path / "depth/a.png", (depth * 256).astype(np.uint16))
    np.save(tmp_path / "depth/b.npy", depth)
    pfm.write(tmp_path / "depth/c.pfm", np.where(depth == 0, np.inf, depth)[:, :, None])
    depth[3, 20] = np.nan
    np.save(tmp_path / "depth/d.npy", depth)
    examples, left_out = read_all(folder(tmp_path, maps={"depth": "depth"}, classes=()))
    assert left_out == {"d.png": "its depth holds NaN or infinite values; 0 is what is not known"}
    first, *others = (each.y["depth"] for each in examples)
    assert len(others) == 2 and first[0, 6, 0] == 0
    for other in others:
        np.testing.assert_array_equal(first, other)


def test_normals_of_wrong_length_and_several_maps(tmp_path: Path) -> None:
    for name in ("images", "depth", "normals"):
        (tmp_path / name).mkdir()
    for number in range(2):
        save(tmp_path / f"images/{number}.png", scene(number)[0])
        np.save(tmp_path / f"depth/{number}.npy", np.ones((32, 40)))
    facing = np.zeros((32, 40, 3), np.float32)
    facing[:, :, 2] = 1
    np.save(tmp_path / "normals/0.npy", facing)
    np.save(tmp_path / "normals/1.npy", 2 * facing)
    examples, left_out = read_all(folder(tmp_path, maps={"depth": "depth", "normals": "normals"}, classes=()))
    assert left_out == {"1.png": "its normals have lengths of 2.00 to 2.00; right is 1, or 0 if not known"}
    assert set(examples[0].y) == {"depth", "normals"}


@pytest.mark.parametrize(("options", "said"), [
    ({"classes": ()}, "0 classes are named; right are two at least"),
    ({"maps": {"depth": "depth"}, "classes": ()}, "there is no folder depth in"),
    ({"colours": ((0, 0, 0),)}, "1 colours .* for 2 classes"),
    ({"colours": ((0, 0, 0), (0, 0, 0))}, r"2 colours \(1 different\)"),
    ({"images": "labels", "maps": {"classes": "images"}, "labelled_fraction": 0.5}, "labelled_fraction wants folders"),
    ({"classes": tuple(map(str, range(256)))}, "256 classes; right are 255 at most, since 255 in a file is ignored"),
    ({"path": "nowhere"}, "path nowhere does not exist; right is a folder that holds images and labels"),
])  # fmt: skip
def test_a_dataset_that_cannot_be_right_is_refused(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    discs(tmp_path, count=2, splits=False)
    with pytest.raises(UserError, match=said):
        dataset("dense/folder", **{"path": str(tmp_path), "size": 32, "classes": CLASSES, **options})


def test_a_share_of_the_labels_is_hidden_from_training_alone(tmp_path: Path) -> None:
    discs(tmp_path, count=80)
    shares = {}
    for fraction in (0.2, 0.6, 1.0):
        examples, _ = read_all(folder(tmp_path, labelled_fraction=fraction))
        shares[fraction] = {each.id for each in examples if each.y["classes"].any()}
        assert {each.id for each in examples if each.split != "train"} <= shares[fraction]
        assert all(each.x is not None for each in examples) and len(examples) == 80
    assert shares[0.2] < shares[0.6] < shares[1.0]
