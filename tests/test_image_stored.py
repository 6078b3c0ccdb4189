"""Pictures mean what their format says: black and white of TIFFs, transparent colours of PNGs, profiles of colours."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from picture_files import inks, linear, png, swapped, tiff
from PIL import Image as Pillow

from regenkit.errors import BadSource
from regenkit_image.modality import Image
from regenkit_image.modality.colours import UNREAD

RAMP = np.arange(48).reshape(6, 8)


def read(path: Path) -> np.ndarray:
    (picture,) = Image().read(path)
    return picture.pixels


@pytest.mark.parametrize(("bits", "most"), [(8, 255), (12, 4095), (16, 65535)])
@pytest.mark.parametrize("photometric", [0, 1])
def test_black_and_white_of_a_tiff_are_where_it_says(tmp_path: Path, bits: int, most: int, photometric: int) -> None:
    values = RAMP * (most // 47)
    tiff(tmp_path / "a.tif", values, bits=bits, photometric=photometric)
    if bits == 12 and photometric == 0:  # which Pillow does not know
        with pytest.raises(BadSource, match="not known"):
            read(tmp_path / "a.tif")
        return
    shown = (values if photometric else most - values) / most * 255
    assert np.abs(read(tmp_path / "a.tif")[:, :, 0] - shown).max() <= 0.5 + 1e-6


def test_what_a_tiff_has_otherwise_than_is_read_is_refused(tmp_path: Path) -> None:
    colours = np.stack([RAMP, RAMP.T.reshape(6, 8), 47 - RAMP], -1)
    tiff(tmp_path / "a.tif", colours * 5, bits=8, photometric=2, planar=2)
    np.testing.assert_array_equal(read(tmp_path / "a.tif"), colours * 5)
    odd: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
        "3 channels of 16 bits, one after the other": (colours * 1000, {"bits": 16, "photometric": 2, "planar": 2}),
        "2 channels of 8 bits, one after the other": (colours[:, :, :2], {"bits": 8, "photometric": 1, "planar": 2}),
        "signed": (RAMP, {"bits": 16, "photometric": 1, "signed": True}),
        "32 bits": (RAMP, {"bits": 32, "photometric": 1}),
    }
    for reason, (values, options) in odd.items():
        tiff(tmp_path / "a.tif", values, **options)
        with pytest.raises(BadSource, match=reason):
            read(tmp_path / "a.tif")


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_a_transparent_grey_is_white_and_no_other_is(tmp_path: Path, bits: int) -> None:
    most = 2**bits - 1
    values = RAMP % 2 if bits == 1 else RAMP * most // 47 // 2  # nothing is white
    for level in (0, 1):
        png(tmp_path / "a.png", values, bits=bits, transparent=(level,))
        expected = np.where(values == level, 255, np.rint(values / most * 255))
        np.testing.assert_array_equal(read(tmp_path / "a.png")[:, :, 0], expected)


@pytest.mark.parametrize(("bits", "step"), [(8, 1), (16, 257)])
def test_a_transparent_colour_is_white(tmp_path: Path, bits: int, step: int) -> None:
    values = np.stack([RAMP, RAMP, RAMP], -1) * step
    png(tmp_path / "a.png", values, bits=bits, transparent=(7 * step,) * 3)
    expected = np.where(values == 7 * step, 255, values // step)
    np.testing.assert_array_equal(read(tmp_path / "a.png"), expected)


def test_colours_are_those_that_their_profile_means(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    made = Pillow.fromarray(pixels)
    for suffix, mode in ((".png", "RGB"), (".png", "RGBA"), (".tif", "RGB"), (".webp", "RGBA")):
        path = tmp_path / f"a{suffix}"
        made.convert(mode).save(path, icc_profile=swapped(), lossless=True)
        assert np.abs(read(path).astype(int) - pixels[:, :, ::-1]).max() <= 1
        made.convert(mode).save(path, lossless=True)
        np.testing.assert_array_equal(read(path), pixels)
    Pillow.new("CMYK", (8, 8), (255, 0, 0, 0)).save(tmp_path / "cyan.tif", icc_profile=inks())
    assert np.abs(read(tmp_path / "cyan.tif").astype(int) - [255, 0, 0]).max() <= 8
    Pillow.new("CMYK", (8, 8), (255, 0, 0, 0)).save(tmp_path / "cyan.tif")
    assert (read(tmp_path / "cyan.tif") == [0, 255, 255]).all()
    ramp = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    Pillow.fromarray(ramp).save(tmp_path / "light.png", icc_profile=linear())
    light = ramp / 255
    expected = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)  # IEC 61966-2-1
    assert np.abs(read(tmp_path / "light.png")[:, :, 0] - expected).max() <= 1.5


def test_a_profile_that_says_nothing_changes_nothing_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    grey = Pillow.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8))
    grey.save(tmp_path / "a.png", icc_profile=swapped())  # of colours, where there are none
    np.testing.assert_array_equal(read(tmp_path / "a.png")[:, :, 0], np.asarray(grey))
    grey.convert("RGB").save(tmp_path / "a.png", icc_profile=swapped()[:200])
    (picture,) = Image().read(tmp_path / "a.png")
    np.testing.assert_array_equal(picture.pixels[:, :, 0], np.asarray(grey))
    assert picture.remarks == (UNREAD,)
