"""Pictures from files and into files, by the file's suffix."""

from pathlib import Path

import numpy as np
from PIL import Image

from regenkit.errors import BadSource, UserError
from regenkit.files import beside
from regenkit_image.formats import READS, WRITES
from regenkit_image.modality.decoding import decoded
from regenkit_image.modality.picture import Picture


def read(path: str | Path, numbers: range | None = None) -> list[Picture]:
    """The pictures of a file: one, or one a row of a .npy of shape (N, height, width, 1 or 3); of these the `numbers`.

    Transparency is laid on white; of an animation the first frame is taken; cameras' rotation is undone.
    Raises UserError where the file is missing or of an unknown kind, BadSource where it can't be read.
    """
    path = Path(path)
    if path.suffix.lower() not in READS:
        raise UserError(f"{path}: pictures are read from {', '.join(READS)}, not {path.suffix or 'without a suffix'!r}")
    if not path.is_file():
        raise UserError(f"{path}: {'is a folder, not a file' if path.is_dir() else 'there is no such file'}")
    if path.suffix.lower() == ".npy":
        return _array(path, numbers)
    pixels, remarks, turned = decoded(path)
    return [Picture(pixels=pixels, title=path.stem, remarks=remarks, turned=turned)]


def read_image(path: Path) -> np.ndarray:
    """uint8 (height, width, 1 or 3). Raises BadSource where the picture is damaged, cut off or vast."""
    return decoded(path)[0]


def count(path: Path) -> int:
    """How many pictures a .npy holds, by its head; 1 where it cannot be read."""
    try:
        array = np.load(path, mmap_mode="r")
    except Exception:  # whatever it is, it is said where it is read
        return 1
    return len(array) if isinstance(array, np.ndarray) and array.ndim == 4 else 1


def _array(path: Path, numbers: range | None) -> list[Picture]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # whatever a damaged header leads NumPy to
        raise BadSource(path, f"can't be read as an array ({error or type(error).__name__})") from error
    wanted = "uint8 of shape (height, width), (height, width, 1 or 3) or (N, height, width, 1 or 3)"
    if not isinstance(array, np.ndarray):
        raise BadSource(path, f"holds several arrays; right is one, {wanted}")
    if array.dtype != np.uint8 or array.ndim not in (2, 3, 4) or (array.ndim > 2 and array.shape[-1] not in (1, 3)):
        raise BadSource(path, f"holds {array.dtype} of shape {array.shape}; right is {wanted}")
    if 0 in array.shape:
        raise BadSource(path, f"is empty: shape {array.shape}")
    many = array if array.ndim == 4 else array.reshape(1, *array.shape[:2], -1)
    if len(many) == 1:
        return [Picture(pixels=np.array(many[0]), title=path.stem)]
    wanted_ones = numbers or range(len(many))
    return [Picture(pixels=np.array(many[number]), title=f"{path.stem}-{number + 1}") for number in wanted_ones]


def write(picture: Picture, path: str | Path) -> None:
    """Write a .png, pixel for pixel, whole or not at all. Raises UserError where it can't be."""
    path = Path(path)
    if path.suffix.lower() not in WRITES:
        raise UserError(
            f"{path}: pictures are written as {', '.join(WRITES)}, not {path.suffix or 'without a suffix'!r}"
        )
    if not path.parent.is_dir():
        raise UserError(f"{path}: the folder {path.parent} does not exist; create it first")
    grey = picture.pixels.shape[2] == 1
    with beside(path) as temporary, temporary.open("wb") as file:
        Image.fromarray(picture.pixels[:, :, 0] if grey else picture.pixels).save(file, "PNG")
