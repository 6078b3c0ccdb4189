"""Modalities of dense maps: files there and back, views, and what cannot be right."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from dense_files import scene
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from regenkit.errors import BadSource, UserError
from regenkit.plugins import host
from regenkit.spec import Field, Spec
from regenkit_dense.modality import Dense, Maps, depth, normals, segmentation
from regenkit_dense.modality.maps import fitted
from regenkit_dense.modality.view import BOTH, INVENTED, MISSED, RIGHT, WRONG, boundaries, edges, errors

LABELS = ("sea", "land", "ice")
CLASSES = arrays(np.int32, (8, 8), elements=st.integers(0, 3))


@settings(max_examples=25)
@given(CLASSES)
def test_classes_are_written_with_a_palette_and_read_again(
    tmp_path_factory: pytest.TempPathFactory, classes: np.ndarray
) -> None:
    path = tmp_path_factory.mktemp("maps") / "a.png"
    modality = segmentation(8, LABELS)
    modality.write(modality.decode({"classes": classes}), path)
    (again,) = modality.read(path)
    np.testing.assert_array_equal(modality.encode(again)[0]["classes"], classes)
    with Image.open(path) as image:  # by another reader
        assert image.mode == "P" and set(np.unique(np.asarray(image))) <= {0, 1, 2, 255}


@settings(max_examples=25)
@given(CLASSES, st.lists(st.tuples(*[st.sampled_from([0, 1, 223, 224, 255])] * 3), min_size=3, max_size=3, unique=True))
def test_classes_are_written_in_their_own_colours_and_read_again(
    tmp_path_factory: pytest.TempPathFactory, classes: np.ndarray, colours: list[tuple[int, int, int]]
) -> None:
    path = tmp_path_factory.mktemp("maps") / "a.png"
    modality = segmentation(8, LABELS, colours)
    modality.write(modality.decode({"classes": classes}), path)
    for reader in (modality, segmentation(8, LABELS)):  # by colour and by number
        np.testing.assert_array_equal(reader.encode(*reader.read(path))[0]["classes"], classes)
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    for number, colour in enumerate(colours, 1):
        np.testing.assert_array_equal((pixels == colour).all(-1), classes == number)


@settings(max_examples=25)
@given(CLASSES)
def test_classes_as_an_array_count_from_0(tmp_path_factory: pytest.TempPathFactory, classes: np.ndarray) -> None:
    path = tmp_path_factory.mktemp("maps") / "a.npy"
    modality = segmentation(8, LABELS)
    modality.write(modality.decode({"classes": classes}), path)
    np.testing.assert_array_equal(modality.encode(*modality.read(path))[0]["classes"], classes)


def png(levels: np.ndarray, bits: int) -> bytes:
    """A grey PNG of 1, 2, 4 or 8 bits."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width = levels.shape
    in_bits = np.unpackbits(levels.astype(np.uint8)[..., None], axis=-1)[..., 8 - bits :].reshape(height, -1)
    rows = b"".join(b"\0" + row.tobytes() for row in np.packbits(in_bits, axis=1))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_levels_are_those_that_are_stored(tmp_path: Path, bits: int) -> None:
    levels = np.resize(np.arange(min(2**bits, 255)), (16, 16))
    (tmp_path / "a.png").write_bytes(png(levels, bits))
    modality = segmentation(16, tuple(map(str, range(255))))
    (found,) = modality.read(tmp_path / "a.png")
    np.testing.assert_array_equal(found.maps["classes"], levels + 1)


def test_depths_that_a_png_does_not_hold(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    values = np.full((8, 8, 1), 3, np.float32)
    modality = depth(8)
    modality.write(modality.decode({"depth": values}), tmp_path / "a.png")
    assert not caplog.records
    values[0, 0], values[0, 1], values[0, 2] = 0.0001, 1000, 0
    modality.write(modality.decode({"depth": values}), tmp_path / "a.png")
    assert "depth up to 1000, and a PNG of 16 bits in 1/256 ends at 255.996" in caplog.text
    (found,) = modality.read(tmp_path / "a.png")
    np.testing.assert_allclose(found.maps["depth"][0, :4, 0], [1 / 256, 65535 / 256, 0, 3])


def test_a_picture_of_anything_is_none_of_normals(tmp_path: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(BadSource, match=r"is no picture of normals: 6\d% of its vectors have lengths other than 1"):
        normals(32).read(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", [".png", ".pfm", ".npy"])
def test_depths_are_written_and_read_again(tmp_path: Path, suffix: str) -> None:
    values = np.random.default_rng(0).uniform(0.5, 80, (16, 16, 1)).astype(np.float32)
    values[2, 3] = 0
    modality = depth(16)
    modality.write(modality.decode({"depth": values}), tmp_path / f"a{suffix}")
    (again,) = modality.read(tmp_path / f"a{suffix}")
    np.testing.assert_allclose(again.maps["depth"], values, atol=0.5 / 256 if suffix == ".png" else 0)
    assert again.maps["depth"][2, 3, 0] == 0


def test_normals_as_colours_are_off_by_less_than_a_degree(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(16, 16, 3))
    values /= np.linalg.norm(values, axis=-1, keepdims=True)
    values[0, 0] = 0
    modality = normals(16)
    modality.write(modality.decode({"normals": values.astype(np.float32)}), tmp_path / "a.png")
    (again,) = modality.read(tmp_path / "a.png")
    fields, _ = modality.encode(again)
    apart = np.degrees(np.arccos(np.clip((fields["normals"] * values).sum(-1), -1, 1)))
    assert apart[values.any(-1)].max() < 1 and not fields["normals"][0, 0].any()
    with Image.open(tmp_path / "a.png") as image:
        facing = np.asarray(image)[values[:, :, 2] > 0.99]
    assert (facing[:, 2] > 250).all()


def test_several_maps_in_one_file(tmp_path: Path) -> None:
    modality = host().find("modality", "maps").load()(tasks=("classes", "depth"), size=8, labels=LABELS)
    assert isinstance(modality, Dense)
    fields = {"classes": np.ones((8, 8), np.int32), "depth": np.full((8, 8, 1), 2, np.float32)}
    modality.write(modality.decode(fields), tmp_path / "a.npz")
    modality.write(modality.decode(fields), tmp_path / "a.png")
    (again,) = modality.read(tmp_path / "a.npz")
    for name, values in modality.encode(again)[0].items():
        np.testing.assert_array_equal(values, fields[name])
    np.savez(tmp_path / "b.npz", depth=fields["depth"])
    with pytest.raises(BadSource, match="holds depth; right are classes, depth"):
        modality.read(tmp_path / "b.npz")
    np.savez(tmp_path / "c.npz", classes=fields["classes"], depth=fields["depth"][:4])
    with pytest.raises(BadSource, match="of one size"):
        modality.read(tmp_path / "c.npz")
    assert modality.describe(again) == "a: 8 × 8, sea 100%; depth 2.00 to 2.00"


@pytest.mark.parametrize(("fields", "said"), [
    ({"classes": np.full((8, 8), 4)}, "has the class 3, and there are 3, 0 to 2"),
])  # fmt: skip
def test_maps_that_cannot_be_right_are_refused(fields: dict[str, np.ndarray], said: str) -> None:
    with pytest.raises(BadSource, match=said):
        segmentation(8, LABELS).encode(Maps(maps=fields))


@pytest.mark.parametrize(("tasks", "labels", "said"), [
    ((), (), "tasks"), (("depth", "depth"), (), "each once"), (("classes",), ("one",), "two at least"),
    (("depth",), LABELS, "else none"), (("classes",), ("a", "a"), "twice"),
    (("classes",), tuple(map(str, range(256))), "255 at most"),
])  # fmt: skip
def test_a_modality_that_cannot_be_right_is_refused(tasks: tuple[str, ...], labels: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Dense(tasks, 8, labels)


def test_a_file_of_the_wrong_kind_is_named(tmp_path: Path) -> None:
    Image.fromarray(scene(0)[0]).save(tmp_path / "rgb.png")
    Image.fromarray(scene(0)[1]).save(tmp_path / "grey.png")
    (tmp_path / "torn.pfm").write_bytes(b"Pf\n4 4\n-1.0\n1234")
    np.savez(tmp_path / "two.npy", a=np.ones(3))
    (tmp_path / "two.npy.npz").rename(tmp_path / "two.npy")
    for name, said in (("rgb.png", "mode RGB; a depth is a PNG of 16 bits"), ("grey.png", "mode L"),
                       ("torn.pfm", "can't be read as PFM"), ("two.npy", "several arrays")):  # fmt: skip
        with pytest.raises(BadSource, match=said):
            depth(16).read(tmp_path / name)
    with pytest.raises(UserError, match="no such file"):
        depth(16).read(tmp_path / "none.png")
    with pytest.raises(UserError, match=r"\.png, \.npy or \.pfm"):
        depth(16).write(Maps(maps={"depth": np.ones((4, 4, 1))}), tmp_path / "a.jpg")


def test_the_nearest_pixel_is_taken_of_the_middle_square() -> None:
    values = np.arange(24).reshape(4, 6)
    np.testing.assert_array_equal(fitted(values, 4), values[:, 1:5])
    np.testing.assert_array_equal(fitted(values, 2), values[1::2, 2:5:2])
    np.testing.assert_array_equal(fitted(values, 8), values[:, 1:5].repeat(2, 0).repeat(2, 1))


@settings(max_examples=25)
@given(CLASSES, CLASSES)
def test_errors_and_boundaries_say_what_differs(one: np.ndarray, other: np.ndarray) -> None:
    shown = errors("classes", one, other)
    known = other > 0
    assert (shown[known & (one == other)] == RIGHT).all() and (shown[known & (one != other)] == WRONG).all()
    lines = boundaries(one, other)
    for where, colour in ((edges(one) & edges(other), BOTH), (edges(one) & ~edges(other), INVENTED),
                          (edges(other) & ~edges(one), MISSED)):  # fmt: skip
        assert (lines[where] == colour).all()


def test_views_are_pictures(tmp_path: Path) -> None:
    modality = Dense(("classes", "depth", "normals"), 8, LABELS)
    random = np.random.default_rng(0)
    fields = {"classes": random.integers(0, 4, (8, 8)), "depth": random.uniform(1, 2, (8, 8, 1)),
              "normals": np.broadcast_to([0.0, 0.0, 1.0], (8, 8, 3))}  # fmt: skip
    value = modality.decode(fields)
    for name, view in (("alone", modality.view(value)), ("beside", modality.view(value, value)),
                       ("sheet", modality.sheet([value] * 9))):  # fmt: skip
        modality.write(view, tmp_path / f"{name}.png")
        with Image.open(tmp_path / f"{name}.png") as image:
            assert image.size == view.pixels.shape[1::-1] and image.mode == "RGB"
    assert modality.view(value, value).pixels.shape[0] > 2.9 * modality.view(value).pixels.shape[0]


def test_gaps_change_no_digest_and_one_number_has_none() -> None:
    field = Field(kind="continuous", shape=(8, 8, 1))
    assert depth(8).spec["depth"].gaps and not field.gaps
    assert depth(8).spec.to_json() == Spec({"depth": field}).to_json()
    with pytest.raises(ValueError, match="a number has none; right are tokens, or a continuous field of several"):
        Field(gaps=True, kind="continuous", shape=())


@pytest.mark.parametrize("suffix", [".tif", ".gif", ".png"])
def test_a_file_of_several_maps_is_refused_and_not_its_first_one_read(tmp_path: Path, suffix: str) -> None:
    pages = [Image.fromarray(np.full((8, 8), number, np.uint8)) for number in range(3)]
    path = tmp_path / f"a{suffix}"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    with pytest.raises(BadSource, match="holds 3 pages or frames; right is one"):
        segmentation(8, LABELS).read(path)


def test_a_smaller_copy_within_a_tiff_is_no_second_map(tmp_path: Path) -> None:
    whole = np.arange(64, dtype=np.uint8).reshape(8, 8) % 3
    copy = Image.fromarray(whole[::2, ::2].copy())
    copy.encoderinfo = {"tiffinfo": {254: 1}}  # NewSubfileType: a reduced image of another, as GeoTIFFs have it
    Image.fromarray(whole).save(tmp_path / "a.tif", save_all=True, append_images=[copy])
    with Image.open(tmp_path / "a.tif") as image:
        assert image.n_frames == 2
    (found,) = segmentation(8, LABELS).read(tmp_path / "a.tif")
    np.testing.assert_array_equal(found.maps["classes"], whole + 1)


@pytest.mark.parametrize("number", [-2, 3])
def test_the_class_that_there_is_not_is_named(tmp_path: Path, number: int) -> None:
    values = np.zeros((8, 8), np.int16)
    values[0, :2] = -1, 2
    np.save(tmp_path / "a.npy", values)
    modality = segmentation(8, LABELS)
    classes = modality.encode(modality.read(tmp_path / "a.npy")[0])[0]["classes"]
    assert classes[0, :3].tolist() == [0, 3, 1]  # -1 is ignored, as 255 is
    values[7, 7] = number
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(BadSource, match=f"has the class {number}, and there are 3, 0 to 2"):
        modality.encode(modality.read(tmp_path / "a.npy")[0])


@pytest.mark.parametrize("shape", [(0, 5), (5, 0)])
def test_an_array_without_a_pixel_is_refused(tmp_path: Path, shape: tuple[int, int]) -> None:
    np.save(tmp_path / "a.npy", np.zeros(shape, np.int32))
    with pytest.raises(BadSource, match=r"holds int32 of shape \([05], [05]\); right are integers"):
        segmentation(8, LABELS).read(tmp_path / "a.npy")


def test_classes_are_not_written_as_numbers(tmp_path: Path) -> None:
    modality = segmentation(8, LABELS)
    with pytest.raises(UserError, match=r"classes are written as \.png or \.npy, not \.pfm"):
        modality.write(modality.decode({"classes": np.ones((8, 8), np.int32)}), tmp_path / "a.pfm")
    assert not list(tmp_path.iterdir())


def test_a_depth_beyond_float32_is_named(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.full((8, 8), 1e39))
    with pytest.raises(BadSource, match="its depth holds NaN or infinite values"):
        depth(8).encode(depth(8).read(tmp_path / "a.npy")[0])


def test_several_maps_are_not_read_from_a_picture(tmp_path: Path) -> None:
    modality = Dense(("depth", "normals"), 8)
    Image.fromarray(np.full((8, 8), 256, np.uint16)).save(tmp_path / "a.png")
    with pytest.raises(UserError, match=r"depth and normals are read from one \.npz, not from a \.png"):
        modality.read(tmp_path / "a.png")
