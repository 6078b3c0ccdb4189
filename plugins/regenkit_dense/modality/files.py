"""Maps from files and into files.

    classes     PNG with a palette or of levels: the number of a class, from 0; 255 is ignored (as PASCAL VOC has it),
                and so is −1 of a NPY.
                With `colours` the colour of a pixel says its class, whatever kind of picture it is; ignored is what is
                black, or 255 of a palette, and of no class's colour
    depth, disparity   16-bit PNG in 1 / `per_unit` (256 as KITTI has it), 0 not known; PFM and NPY as they are
    normals     8-bit RGB PNG, level 0…255 for −1…1 (0 0 0 not known); NPY as they are
    several     NPZ, an array a map, of classes as tokens: from 1, 0 not known

Raises BadSource where a file does not hold such a map, with what it holds.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from regenkit.errors import BadSource, UserError
from regenkit.files import beside
from regenkit_dense.modality import labels, normals, pfm, turned
from regenkit_dense.modality.palette import palette

LOG = logging.getLogger(__name__)
PER_UNIT = 256.0
MOST_PIXELS = 36_000_000
DEEPEST = 65535
SUBFILE, COPY_OR_MASK = 254, 0b101
"""NewSubfileType of a page of a TIFF (TIFF 6.0, section 8), and its bits 0 and 2."""


def read(path: Path, name: str, *, per_unit: float = PER_UNIT, colours: np.ndarray | None = None) -> np.ndarray:
    """One map. Raises UserError where there is no such file, BadSource where it is not one.

    colours  uint8 (classes, 3), of label pictures: the colour of each class
    """
    if not path.is_file():
        raise UserError(f"{path}: {'is a folder, not a file' if path.is_dir() else 'there is no such file'}")
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return _numbers(path, name, _array(path))
    if suffix == ".pfm":
        return _numbers(path, name, pfm.read(path))
    picture, levels = _picture(path, name)
    if name == "classes":
        return labels.read(path, levels, picture.mode) if colours is None else labels.of_colours(path, picture, colours)
    if name == "normals":
        if picture.mode not in ("RGB", "RGBA"):
            raise BadSource(path, f"is a picture of mode {picture.mode}; normals are RGB")
        return normals.read(path, levels[:, :, :3])
    if picture.mode not in labels.DEEP:
        raise BadSource(path, f"is a picture of mode {picture.mode}; a {name} is a PNG of 16 bits, a PFM or a NPY")
    return (levels.astype(np.float32) / np.float32(per_unit))[:, :, None]


def read_several(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz by name, as `write_several` writes them: classes count from 1, 0 is what is not known.
    Raises UserError and BadSource as `read` does."""
    if not path.is_file():
        raise UserError(f"{path}: there is no such file")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            return {name: _whole(path, name, np.asarray(found[name])) for name in found.files}
    except BadSource:
        raise
    except Exception as error:  # whatever a damaged archive leads NumPy to
        raise BadSource(path, f"can't be read as .npz ({error or type(error).__name__})") from error


def write(
    path: Path, name: str, values: np.ndarray, *, classes: int, per_unit: float = PER_UNIT,
    colours: np.ndarray | None = None,
) -> None:  # fmt: skip
    """Write one map by the suffix, whole or not at all. Raises UserError where it can't be."""
    suffix = path.suffix.lower()
    if suffix == ".npy":
        with beside(path) as temporary, temporary.open("wb") as file:
            np.save(file, labels.from_0(values) if name == "classes" else values, allow_pickle=False)
    elif suffix == ".pfm":
        if name == "classes":
            raise UserError(f"{path}: classes are written as .png or .npy, not .pfm, which holds numbers alone")
        with beside(path) as temporary:
            pfm.write(temporary, values)
    elif suffix == ".png":
        if name == "classes":
            _save(path, labels.picture(values, palette(classes) if colours is None else colours))
        else:
            _save(path, normals.picture(values) if name == "normals" else _of_numbers(path, name, values, per_unit))
    else:
        raise UserError(f"{path}: maps are written as .png, .npy or .pfm, not {suffix or 'without a suffix'!r}")


def write_several(path: Path, maps: Mapping[str, np.ndarray]) -> None:
    """An .npz, whole or not at all."""
    with beside(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **dict(maps))


def write_picture(path: Path, pixels: np.ndarray) -> None:
    """uint8 (height, width, 3) as a PNG."""
    if path.suffix.lower() != ".png":
        raise UserError(f"{path}: a picture of maps is written as .png, not {path.suffix or 'without a suffix'!r}")
    _save(path, Image.fromarray(pixels))


def _save(path: Path, image: Image.Image) -> None:
    if not path.parent.is_dir():
        raise UserError(f"{path}: the folder {path.parent} does not exist; create it first")
    with beside(path) as temporary, temporary.open("wb") as file:
        image.save(file, "PNG")


def _of_numbers(path: Path, name: str, values: np.ndarray, per_unit: float) -> Image.Image:
    """What is known has a level above 0, which means not known; what is too large has the last one, and it is said."""
    levels = np.rint(values[:, :, 0].astype(np.float64) * per_unit)
    if levels.max(initial=0) > DEEPEST:
        LOG.warning(
            "%s: %s up to %.6g, and a PNG of 16 bits in 1/%g ends at %.6g: what is beyond was written as that; "
            ".npy and .pfm hold any number", path, name, values.max(), per_unit, DEEPEST / per_unit,
        )  # fmt: skip
    return Image.fromarray(np.where(values[:, :, 0] > 0, np.clip(levels, 1, DEEPEST), 0).astype(np.uint16))


def _picture(path: Path, name: str) -> tuple[Image.Image, np.ndarray]:
    """(the picture as it is shown, its levels as they are stored)"""
    try:
        # not by its name: Pillow then maps TIFFs of levels into memory, and reads turned ones with sides swapped
        with path.open("rb") as file, Image.open(file, formats=("PNG", "TIFF", "BMP", "GIF")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise BadSource(path, f"{image.width} × {image.height} pixels; at most {MOST_PIXELS:,} are read")
            if (pages := _pages(image)) > 1:
                raise BadSource(path, f"holds {pages} pages or frames; right is one")
            how = image.tile[0][3] if image.tile else ""
            stored = str(how[0] if isinstance(how, tuple) else how)
            shown = turned.upright(image)
            if shown is not image and name in turned.OF_DIRECTIONS:
                raise BadSource(path, f"is turned by its EXIF data, and {name} say directions; right is one that is "
                                      "stored as it is shown")  # fmt: skip
            levels = np.asarray(shown)
            if stored.startswith(("L;2", "L;4")):  # grey of 2 and 4 bits, which Pillow spreads over 0 to 255
                levels = levels // (255 // (2 ** int(stored[2]) - 1))
            return shown, levels
    except BadSource:
        raise
    except UnidentifiedImageError as error:
        empty = path.stat().st_size == 0
        raise BadSource(path, "is empty" if empty else "is no PNG, TIFF, BMP or GIF") from error
    except Exception as error:  # whatever a damaged byte leads a decoder to
        raise BadSource(path, f"can't be read as a picture ({str(error) or type(error).__name__})") from error


def _pages(image: Any) -> int:
    """Of a TIFF those alone that are neither smaller copies of another nor its transparency, as GeoTIFFs have them."""
    if not getattr(image, "is_animated", False):
        return 1
    if image.format != "TIFF":
        return int(image.n_frames)
    found = 0
    for page in range(image.n_frames):
        image.seek(page)
        found += not int(image.tag_v2.get(SUBFILE, 0)) & COPY_OR_MASK
    image.seek(0)
    return found


def _array(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            found = np.load(file, allow_pickle=False)
    except Exception as error:  # whatever a damaged header leads NumPy to
        raise BadSource(path, f"can't be read as an array ({error or type(error).__name__})") from error
    if not isinstance(found, np.ndarray):
        raise BadSource(path, "holds several arrays; right is one")
    return found


def _whole(path: Path, name: str, values: np.ndarray) -> np.ndarray:
    """An array of an .npz, of the form of its map."""
    if name != "classes":
        return _numbers(path, name, values)
    if values.dtype.kind not in "iu" or values.ndim != 2 or 0 in values.shape:
        raise BadSource(path, f"classes are {values.dtype} of shape {values.shape}; right are integers (height, width)")
    return values


def _numbers(path: Path, name: str, values: np.ndarray) -> np.ndarray:
    """The array of one map. Infinite values are what PFM files of stereo benchmarks have where nothing is known."""
    if name == "classes":
        if values.dtype.kind not in "iu" or values.ndim != 2 or 0 in values.shape:
            raise BadSource(path, f"holds {values.dtype} of shape {values.shape}; right are integers (height, width)")
        return np.where(values == labels.IGNORED, 0, values.astype(np.int64) + 1)
    if values.ndim == 2 and name != "normals":
        values = values[:, :, None]
    channels = 3 if name == "normals" else 1
    if values.dtype.kind not in "fiu" or values.ndim != 3 or values.shape[2] != channels or 0 in values.shape:
        raise BadSource(
            path, f"holds {values.dtype} of shape {values.shape}; right are numbers (height, width, {channels})"
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, which `maps.fault` names
        values = values.astype(np.float32)
    return np.where(np.isposinf(values), np.float32(0), values) if path.suffix.lower() == ".pfm" else values
