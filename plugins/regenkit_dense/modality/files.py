"""Maps from files and into files.

    classes     PNG with a palette or of levels: the number of a class, from 0; 255 is ignored (as PASCAL VOC has it)
    depth, disparity   16-bit PNG in 1 / `per_unit` (256 as KITTI has it), 0 not known; PFM and NPY as they are
    normals     8-bit RGB PNG, level 0…255 for −1…1 (0 0 0 not known); NPY as they are
    several     NPZ, an array a map

Raises BadSource where a file does not hold such a map, with what it holds.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from regenkit.errors import BadSource, UserError
from regenkit.files import beside
from regenkit_dense.modality import pfm
from regenkit_dense.modality.palette import palette

IGNORED = 255
"""The level of a pixel that is to be ignored."""
PER_UNIT = 256.0
MOST_PIXELS = 36_000_000
DEEP = ("I", "I;16", "I;16L", "I;16B")
"""Pillow's names of pictures of 16 bits and more."""


def read(path: Path, name: str, *, per_unit: float = PER_UNIT, colours: np.ndarray | None = None) -> np.ndarray:
    """One map. Raises UserError where there is no such file, BadSource where it is not one.

    colours  uint8 (classes, 3), of label pictures in RGB: the colour of each class
    """
    if not path.is_file():
        raise UserError(f"{path}: {'is a folder, not a file' if path.is_dir() else 'there is no such file'}")
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return _numbers(path, name, _array(path))
    if suffix == ".pfm":
        return _numbers(path, name, pfm.read(path))
    levels, mode = _picture(path)
    if name == "classes":
        return _classes(path, levels, mode, colours)
    if name == "normals":
        if levels.ndim != 3 or mode not in ("RGB", "RGBA"):
            raise BadSource(path, f"is a picture of mode {mode}; normals are RGB")
        vectors = levels[:, :, :3].astype(np.float32) / 127.5 - 1
        length = np.linalg.norm(vectors, axis=-1, keepdims=True)
        absent = (levels[:, :, :3] == 0).all(-1, keepdims=True) | (length < 0.5)
        return np.where(absent, 0, vectors / np.maximum(length, 1e-6)).astype(np.float32)
    if mode not in DEEP:
        raise BadSource(path, f"is a picture of mode {mode}; a {name} is a PNG of 16 bits, a PFM or a NPY")
    return (levels.astype(np.float32) / np.float32(per_unit))[:, :, None]


def read_several(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz by name, as `write_several` writes them: classes count from 1, 0 is what is not known.
    Raises UserError and BadSource as `read` does."""
    if not path.is_file():
        raise UserError(f"{path}: there is no such file")
    try:
        with np.load(path, allow_pickle=False) as found:
            return {name: _whole(path, name, np.asarray(found[name])) for name in found.files}
    except BadSource:
        raise
    except Exception as error:  # whatever a damaged archive leads NumPy to
        raise BadSource(path, f"can't be read as .npz ({error or type(error).__name__})") from error


def write(path: Path, name: str, values: np.ndarray, *, classes: int, per_unit: float = PER_UNIT) -> None:
    """Write one map by the suffix, whole or not at all. Raises UserError where it can't be."""
    suffix = path.suffix.lower()
    if suffix == ".npy":
        with beside(path) as temporary, temporary.open("wb") as file:
            np.save(file, values, allow_pickle=False)
    elif suffix == ".pfm":
        with beside(path) as temporary:
            pfm.write(temporary, values)
    elif suffix == ".png":
        _save(path, _as_picture(name, values, classes, per_unit))
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


def _as_picture(name: str, values: np.ndarray, classes: int, per_unit: float) -> Image.Image:
    if name == "normals":
        absent = ~np.any(values != 0, -1, keepdims=True)
        levels = np.rint((np.clip(values, -1, 1) + 1) * 127.5)
        return Image.fromarray(np.where(absent, 0, levels).astype(np.uint8))
    if name == "classes":
        image = Image.fromarray(np.where(values > 0, values - 1, IGNORED).astype(np.uint8))
        colours = np.full((256, 3), 224, np.uint8)
        colours[:classes] = palette(classes)
        image.putpalette(colours.ravel().tolist())
        return image
    return Image.fromarray(np.clip(np.rint(values[:, :, 0] * per_unit), 0, 65535).astype(np.uint16))


def _picture(path: Path) -> tuple[np.ndarray, str]:
    """(levels, as they are stored; Pillow's mode)"""
    try:
        with Image.open(path, formats=("PNG", "TIFF", "BMP", "GIF")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise BadSource(path, f"{image.width} × {image.height} pixels; at most {MOST_PIXELS:,} are read")
            image.load()
            return np.asarray(image), image.mode
    except BadSource:
        raise
    except UnidentifiedImageError as error:
        empty = path.stat().st_size == 0
        raise BadSource(path, "is empty" if empty else "is no PNG, TIFF, BMP or GIF") from error
    except Exception as error:  # whatever a damaged byte leads a decoder to
        raise BadSource(path, f"can't be read as a picture ({str(error) or type(error).__name__})") from error


def _classes(path: Path, levels: np.ndarray, mode: str, colours: np.ndarray | None) -> np.ndarray:
    if mode in ("RGB", "RGBA"):
        return _of_colours(path, levels[:, :, :3], colours)
    if mode not in ("P", "L", "1", *DEEP):
        raise BadSource(path, f"is a picture of mode {mode}; labels are a PNG with a palette, of levels, or RGB")
    numbers = np.minimum(levels.astype(np.int32), np.iinfo(np.int32).max - 1) + 1
    numbers[levels == IGNORED] = 0
    return numbers


def _of_colours(path: Path, pixels: np.ndarray, colours: np.ndarray | None) -> np.ndarray:
    """Colours → classes; black is ignored where it is the colour of none."""
    red, green, blue = (pixels[:, :, each].astype(np.int32) for each in range(3))
    values = (red << 16) + (green << 8) + blue
    if colours is None:
        raise BadSource(path, f"holds labels as {len(np.unique(values))} colours (RGB), and the dataset's `colours` do "
                              "not say which class each is")  # fmt: skip
    known = colours.astype(np.int64) @ np.array([65536, 256, 1])
    found = np.zeros(values.shape, np.int32)
    for number, value in enumerate(known, 1):
        found[values == value] = number
    strange = np.unique(values[(found == 0) & (values != 0)])
    if strange.size:
        shown = ", ".join(f"[{each >> 16}, {each >> 8 & 255}, {each & 255}]" for each in strange[:3].tolist())
        raise BadSource(path, f"has colours of no class: {shown}{' …' if strange.size > 3 else ''}")
    return found


def _array(path: Path) -> Any:
    try:
        found = np.load(path, allow_pickle=False)
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
        if values.dtype.kind not in "iu" or values.ndim != 2:
            raise BadSource(path, f"holds {values.dtype} of shape {values.shape}; right are integers (height, width)")
        return np.where(values == IGNORED, 0, values.astype(np.int64) + 1)
    if values.ndim == 2 and name != "normals":
        values = values[:, :, None]
    channels = 3 if name == "normals" else 1
    if values.dtype.kind not in "fiu" or values.ndim != 3 or values.shape[2] != channels or 0 in values.shape:
        raise BadSource(
            path, f"holds {values.dtype} of shape {values.shape}; right are numbers (height, width, {channels})"
        )
    values = values.astype(np.float32)
    return np.where(np.isposinf(values), np.float32(0), values) if path.suffix.lower() == ".pfm" else values
