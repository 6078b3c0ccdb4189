"""Pictures and maps whose EXIF data turn them, as phones and conversions leave them."""

from pathlib import Path

import numpy as np
import pytest
from dense_files import dataset, read_all
from PIL import Image, ImageOps

from regenkit.errors import BadSource
from regenkit_dense.modality import depth, normals, segmentation

LABELS = tuple("abcdefghijkl")
STORED = np.arange(12, dtype=np.uint8).reshape(3, 4)
SHOWN = {1: STORED, 2: STORED[:, ::-1], 3: STORED[::-1, ::-1], 4: STORED[::-1], 5: STORED.T, 6: np.rot90(STORED, -1),
         7: np.rot90(STORED, 2).T, 8: np.rot90(STORED)}  # fmt: skip
"""By orientation, what is seen (JEITA CP-3451, 4.6.4)."""


def exif(orientation: int) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    return found


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("orientation", SHOWN)
def test_a_map_is_read_as_it_is_shown(tmp_path: Path, suffix: str, orientation: int) -> None:
    path = tmp_path / f"a{suffix}"
    Image.fromarray(STORED).save(path, exif=exif(orientation))
    np.testing.assert_array_equal(segmentation(8, LABELS).read_map(path, "classes"), SHOWN[orientation] + 1)
    Image.fromarray(256 * (STORED.astype(np.uint16) + 1)).save(path, exif=exif(orientation))
    np.testing.assert_array_equal(depth(8).read_map(path, "depth")[:, :, 0], SHOWN[orientation] + 1)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_turned_map_of_directions_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    Image.fromarray(np.full((8, 8, 3), (128, 128, 255), np.uint8)).save(path, exif=exif(3))
    with pytest.raises(BadSource, match="is turned by its EXIF data, and normals say directions"):
        normals(8).read(path)


def test_damaged_exif_data_turn_nothing(tmp_path: Path) -> None:
    Image.fromarray(STORED).save(tmp_path / "a.png", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    np.testing.assert_array_equal(segmentation(8, LABELS).read_map(tmp_path / "a.png", "classes"), STORED + 1)


def test_a_turned_picture_says_how_its_map_is_taken(tmp_path: Path) -> None:
    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    pixels = np.zeros((16, 24, 3), np.uint8)
    pixels[2:6, 3:10] = 255
    for name, orientation, drawn in (("plain", 1, "stored"), ("half", 3, "shown"), ("quarter", 6, "shown"),
                                     ("other", 6, "stored")):  # fmt: skip
        Image.fromarray(pixels).save(tmp_path / f"images/{name}.jpg", quality=95, exif=exif(orientation))
        with Image.open(tmp_path / f"images/{name}.jpg") as image:
            seen = np.asarray(image if drawn == "stored" else ImageOps.exif_transpose(image))
        Image.fromarray((seen[:, :, 0] > 128).astype(np.uint8)).save(tmp_path / f"labels/{name}.png")
    examples, left_out = read_all(dataset("dense/folder", path=str(tmp_path), size=16, classes=("dark", "light")))
    assert left_out == {"other.jpg": "is 16 × 24 as its EXIF data turn it, and its classes 24 × 16"}
    said = ("its EXIF data turn it: its maps are taken to be of the picture as it is shown",)
    assert {each.id: each.remarks for each in examples} == {"plain.jpg": (), "half.jpg": said, "quarter.jpg": said}
    for each in examples:
        assert each.x is not None
        np.testing.assert_array_equal(each.x["pixels"].mean(-1) > 0, each.y["classes"] == 2)
