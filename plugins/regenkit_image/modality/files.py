"""Pictures from files and into files, by the file's suffix."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from regenkit.errors import BadSource, UserError
from regenkit.files import beside
from regenkit_image.modality.picture import WHITE, Picture

READS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".npy")
WRITES = (".png",)
MOST_PIXELS = 64_000_000
"""Of one picture: what claims more is not decoded."""


def read(path: str | Path) -> list[Picture]:
    """The pictures of a file: one, or one a row of a .npy of shape (N, height, width, 1 or 3).

    Transparency is laid on white; of an animation the first frame is taken; cameras' rotation is undone.
    Raises UserError where the file is missing or of an unknown kind, BadSource where it can't be read.
    """
    path = Path(path)
    if path.suffix.lower() not in READS:
        raise UserError(f"{path}: pictures are read from {', '.join(READS)}, not {path.suffix or 'without a suffix'!r}")
    if not path.is_file():
        raise UserError(f"{path}: {'is a folder, not a file' if path.is_dir() else 'there is no such file'}")
    if path.suffix.lower() == ".npy":
        return _array(path)
    return [Picture(pixels=read_image(path), title=path.stem)]


def read_image(path: Path) -> np.ndarray:
    """uint8 (height, width, 1 or 3). Raises BadSource where the picture is damaged, cut off or vast."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata; the picture itself raises
            with Image.open(path) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise BadSource(path, f"{image.width} × {image.height} pixels; at most {MOST_PIXELS:,} are read")
                return _plain(ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:
        raise BadSource(path, "is no picture, or of a format that is not known") from error
    except (Image.DecompressionBombError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise BadSource(path, f"can't be read as a picture ({error})") from error


def _plain(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits, or more than can be told
        values = np.asarray(image, np.float64)
        if image.mode == "F" or values.min(initial=0) < 0 or values.max(initial=0) > 65535:
            raise ValueError(f"mode {image.mode}; 8 or 16 bits a channel are read")
        return np.rint(values / 257).astype(np.uint8)[:, :, None]
    grey = image.mode in ("1", "L", "LA")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (WHITE,) * 4), image)
    pixels = np.asarray(image.convert("L" if grey else "RGB"))
    return pixels[:, :, None] if grey else pixels


def _array(path: Path) -> list[Picture]:
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise BadSource(path, f"can't be read as an array ({error})") from error
    wanted = "uint8 of shape (height, width), (height, width, 1 or 3) or (N, height, width, 1 or 3)"
    if array.dtype != np.uint8 or array.ndim not in (2, 3, 4) or (array.ndim > 2 and array.shape[-1] not in (1, 3)):
        raise BadSource(path, f"holds {array.dtype} of shape {array.shape}; right is {wanted}")
    if 0 in array.shape:
        raise BadSource(path, f"is empty: shape {array.shape}")
    many = array if array.ndim == 4 else array.reshape(1, *array.shape[:2], -1)
    names = [path.stem] if len(many) == 1 else [f"{path.stem}-{number}" for number in range(1, len(many) + 1)]
    return [Picture(pixels=pixels, title=name) for pixels, name in zip(many, names, strict=True)]


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
