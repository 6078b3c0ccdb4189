"""Pictures, labels and captions: there and back, from files of every kind, and what is said of bad ones."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image as Pillow

from regenkit.errors import BadSource, UserError
from regenkit_image.modality import Caption, Image, Label, Picture, sheet
from regenkit_image.modality.caption import LONGEST, cut
from regenkit_image.modality.picture import encode, fitted, levels
from regenkit_image.modality.words import plain

sizes = st.integers(4, 40)
channels = st.sampled_from([1, 3])


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    shape = (draw(sizes), draw(sizes), draw(channels))
    return Picture(pixels=draw(arrays(np.uint8, shape)))


@given(sizes, channels, st.data())
def test_a_picture_of_the_size_comes_back_as_it_was(size: int, channel: int, data: st.DataObject) -> None:
    image = Image(size=size, channels=channel)
    picture = Picture(pixels=data.draw(arrays(np.uint8, (size, size, channel))), title="a")
    fields, meta = image.encode(picture)
    image.spec.check(fields, "picture")
    assert fields["pixels"].dtype == np.float32 and abs(fields["pixels"]).max() <= 1
    back = image.decode(fields, meta)
    assert np.array_equal(back.pixels, picture.pixels) and back.title == "a"
    assert np.array_equal(levels(fields["pixels"] + np.float32(0.9 / 255)), picture.pixels)  # to the nearest level


@example(Picture(pixels=np.zeros((32, 1, 1), np.uint8)), 4, 1, "pad")
@given(pictures(), sizes, channels, st.sampled_from(["crop", "pad"]))
def test_any_picture_is_fitted(picture: Picture, size: int, channel: int, fit: str) -> None:
    image = Image(size=size, channels=channel, fit=fit)
    fields, _ = image.encode(picture)
    image.spec.check(fields, "picture")
    once = fitted(picture, size, channel, fit)
    assert np.array_equal(fitted(once, size, channel, fit).pixels, once.pixels)


def test_padding_shows_all_and_cropping_the_middle() -> None:
    wide = np.zeros((4, 12, 3), np.uint8)
    wide[:, :4] = [255, 0, 0]
    padded, cropped = (fitted(Picture(pixels=wide), 12, 3, fit).pixels for fit in ("pad", "crop"))
    assert (padded[0] == 255).all() and (padded[6, 0] == [255, 0, 0]).all() and (padded[6, 11] == 0).all()
    assert (cropped[:, 4:] < 10).all() and (padded[6, 4:] < 10).all()


@given(pictures())
def test_a_png_and_an_array_are_read_as_they_were_written(picture: Picture) -> None:
    image = Image()
    with tempfile.TemporaryDirectory() as made:
        image.write(picture, Path(made, "a.png"))
        np.save(Path(made, "b.npy"), picture.pixels)
        for name in ("a.png", "b.npy"):
            (back,) = image.read(Path(made, name))
            assert np.array_equal(back.pixels, picture.pixels) and back.title == name[0]


@pytest.mark.parametrize(
    ("mode", "value", "suffix", "expected"),
    [
        ("L", 77, ".png", [77]), ("1", 1, ".png", [255]), ("RGB", (10, 20, 30), ".bmp", [10, 20, 30]),
        ("RGBA", (10, 20, 30, 0), ".png", [255, 255, 255]), ("LA", (10, 0), ".png", [255]),
        ("I;16", 257 * 50, ".png", [50]),
        ("P", 0, ".png", [0, 0, 0]), ("CMYK", (0, 0, 0, 255), ".jpg", [0, 0, 0]),
    ],
)  # fmt: skip
def test_modes(tmp_path: Path, mode: str, value: object, suffix: str, expected: list[int]) -> None:
    Pillow.new(mode, (6, 5), value).save(tmp_path / f"a{suffix}")
    (picture,) = Image().read(tmp_path / f"a{suffix}")
    assert picture.pixels.shape == (5, 6, len(expected)) and (picture.pixels == expected).all()


def test_lossy_files_and_rotation(tmp_path: Path) -> None:
    made = Pillow.new("RGB", (20, 10), (200, 100, 50))
    made.save(tmp_path / "a.webp")
    exif = Pillow.Exif()
    exif[0x0112] = 6  # taken with the camera on its side
    made.save(tmp_path / "a.jpg", exif=exif)
    for name, shape in (("a.webp", (10, 20, 3)), ("a.jpg", (20, 10, 3))):
        (picture,) = Image().read(tmp_path / name)
        assert picture.pixels.shape == shape and abs(picture.pixels.astype(int) - [200, 100, 50]).max() < 6


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    random = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    Pillow.fromarray(random).save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "words.png").write_text("not a picture")
    np.save(tmp_path / "two.npy", np.zeros((5, 5, 2), np.uint8))
    np.save(tmp_path / "float.npy", np.zeros((5, 5)))
    (tmp_path / "odd.npy").write_bytes(b"odd")
    huge = bytearray(whole)
    huge[16:24] = (20_000).to_bytes(4, "big") * 2  # what its header claims
    huge[29:33] = __import__("zlib").crc32(bytes(huge[12:29])).to_bytes(4, "big")
    (tmp_path / "huge.png").write_bytes(huge)
    said = {"cut.png": "can't be read", "words.png": "is no picture", "two.npy": r"\(5, 5, 2\)", "float.npy": "float64",
            "odd.npy": "can't be read", "huge.png": "20000 × 20000|decompression bomb"}  # fmt: skip
    for name, reason in said.items():
        with pytest.raises(BadSource, match=reason):
            Image().read(tmp_path / name)
    for name, reason in (("none.png", "there is no such file"), ("a.heic", "are read from")):
        with pytest.raises(UserError, match=reason):
            Image().read(tmp_path / name)
    with pytest.raises(UserError, match=r"are written as \.png"):
        Image().write(Picture(pixels=random), tmp_path / "a.jpg")
    with pytest.raises(UserError, match="does not exist"):
        Image().write(Picture(pixels=random), tmp_path / "no" / "a.png")
    with pytest.raises(ValueError, match="not numbers"):
        Image().decode({"pixels": np.full((28, 28, 1), np.nan, np.float32)})


def test_a_sheet_holds_every_picture() -> None:
    parts = [Picture(pixels=np.full((4, 6, 1 + 2 * (number % 2)), number, np.uint8)) for number in range(5)]
    made = sheet(parts, columns=2, scale=3).pixels
    assert made.shape == (3 * 14 + 2, 2 * 20 + 2, 3)
    assert [int(made[3 + place // 2 * 14, 3 + place % 2 * 20, 0]) for place in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="of one size"):
        sheet([*parts, Picture(pixels=np.zeros((5, 5, 1), np.uint8))], columns=2)


def test_labels(tmp_path: Path) -> None:
    label = Label(["cat", "Fish", "fish"])
    for name in label.labels:
        fields, meta = label.encode(name)
        label.spec.check(fields, "label")
        assert label.decode(fields) == name and meta == {"title": name}
    assert label.parse(" CAT ") == "cat" and label.decode({"label": np.int32(0)}) == ""
    (tmp_path / "a.txt").write_text("cat\n\nfihs\n")
    with pytest.raises(UserError, match=r"a\.txt:3: no label is named 'fihs'; did you mean '[Ff]ish'"):
        label.read(tmp_path / "a.txt")
    with pytest.raises(ValueError, match="all different"):
        Label(["a", "a"])


@given(st.text())
def test_captions_come_back(text: str) -> None:
    caption = Caption()
    if not plain(text):
        with pytest.raises(UserError, match="empty caption"):
            caption.encode(text)
        return
    fields, _ = caption.encode(cut(text)[0])
    caption.spec.check(fields, "caption")
    assert fields["caption"].min() >= 1 and len(fields["caption"]) <= LONGEST
    assert caption.decode(fields) == cut(text)[0]
    assert len(plain(text).encode()) > LONGEST or caption.decode(fields) == plain(text)


def test_a_caption_too_long_is_refused_and_a_draw_is_always_text() -> None:
    with pytest.raises(UserError, match="at most 256"):
        Caption().parse("word " * 60)
    with pytest.raises(ValueError, match="max_length is 3; right is 4 bytes at least"):
        Caption(3)
    assert Caption(4).parse(cut("日本", 4)[0]) == "日"
    assert Caption().decode({"caption": np.array([256, 104, 0], np.int32)}) == "\ufffdg"


def test_encode_is_linear_in_levels() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    steps = np.diff(encode(Picture(pixels=ramp))[0]["pixels"].reshape(-1))
    assert np.allclose(steps, 2 / 255, atol=1e-6)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("kind", ["grey", "deep", "clear", "colour"])
def test_a_turned_tiff_is_upright_and_says_so(tmp_path: Path, kind: str, orientation: int) -> None:
    stored = np.arange(24 * 16, dtype=np.uint16).reshape(16, 24) // 2
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    shown = np.rot90(stored, {1: 0, 3: 2, 6: -1, 8: 1}[orientation]).astype(np.uint8)
    layers = [stored.astype(np.uint8)] * 3
    file = {"grey": layers[0], "deep": 257 * stored, "clear": np.stack([*layers, layers[0] * 0 + 255], -1),
            "colour": np.stack(layers, -1)}[kind]  # fmt: skip
    Pillow.fromarray(file).save(tmp_path / "a.tif", exif=exif)
    (picture,) = Image(size=8).read(tmp_path / "a.tif")
    np.testing.assert_array_equal(picture.pixels, shown[..., None].repeat(picture.pixels.shape[2], -1))
    assert picture.turned == (orientation != 1)
