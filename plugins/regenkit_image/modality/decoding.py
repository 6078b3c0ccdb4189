"""One picture file → pixels, whatever its mode: transparency laid on white, cameras' rotation undone, in sRGB."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from regenkit.errors import BadSource
from regenkit_image.modality import stored
from regenkit_image.modality.colours import in_srgb
from regenkit_image.modality.picture import WHITE

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "DIB", "GIF", "TIFF", "AVIF", "JPEG2000", "PPM", "TGA")
"""Pillow's names. It goes by a file's content, and would start other programs for some other formats (EPS)."""
MOST_PIXELS = 64_000_000
"""Of one picture: what claims more is not decoded."""
ORIENTATION = 0x0112
"""The tag of EXIF (JEITA CP-3451, 4.6.4) that says how the camera was held."""
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip


def decoded(path: Path) -> tuple[np.ndarray, tuple[str, ...], bool]:
    """(uint8 (height, width, 1 or 3), what of the file is not in it, whether a camera's rotation was undone).

    Raises BadSource where the picture is damaged, cut off or vast.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata; the picture itself raises
            # not by its name: Pillow then maps grey TIFFs into memory, and reads turned ones with sides swapped
            with path.open("rb") as file, Image.open(file, formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise BadSource(path, f"{image.width} × {image.height} pixels; at most {MOST_PIXELS:,} are read")
                remarks = [] if image.format == "MPO" else _frames(image)  # a phone's depth or brightness is no frame
                meant, seen = stored.wide(image), stored.transparent(image)
                loads_upright = image.format == "TIFF" and image.getexif().get(ORIENTATION) in UPRIGHT
                image.load()
                if seen is not None:
                    image.info["transparency"] = seen
                upright, orientation = _upright(image)
                pixels, colours = _plain(upright, meant)
                return pixels, (*remarks, *orientation, *colours), loads_upright or upright is not image
    except BadSource:
        raise
    except UnidentifiedImageError as error:
        empty = path.stat().st_size == 0
        reason = "is empty" if empty else "is no picture, or of a format that is not known"
        raise BadSource(path, reason) from error
    except Exception as error:  # whatever a damaged byte leads a decoder to
        raise BadSource(path, f"can't be read as a picture ({str(error) or type(error).__name__})") from error


def _frames(image: Image.Image) -> list[str]:
    return ["has several frames or pages: the first is read"] if getattr(image, "is_animated", False) else []


def _upright(image: Image.Image) -> tuple[Image.Image, list[str]]:
    """The picture as it was seen. Of EXIF nothing but the orientation is looked at, so that no other tag does harm."""
    try:
        tags = image.getexif()
        if not tags and image.info.get("exif"):
            raise ValueError("no tag in it")
        value = tags.get(ORIENTATION, 1)
        first = value[0] if isinstance(value, tuple) else value
        turn = UPRIGHT.get(int(first.strip("\0 ")) if isinstance(first, str) else int(first))
    except Exception:  # whatever damaged metadata lead Pillow to
        return image, ["its EXIF data can't be read: the picture is taken as it is stored"]
    return image if turn is None else image.transpose(turn), []


def _plain(image: Image.Image, meant: stored.Wide) -> tuple[np.ndarray, tuple[str, ...]]:
    """(uint8 (height, width, 1 or 3), what is to be said of its colours)."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits, or more than can be told
        image = stored.eight_bits(image, meant)
    grey = image.mode in ("1", "L", "LA")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (WHITE,) * 4), image)
    if image.mode != "CMYK":  # inks are colours by their profile alone
        image = image.convert("L" if grey else "RGB")
    image, remarks = in_srgb(image, profile)
    pixels = np.asarray(image.convert("RGB") if image.mode == "CMYK" else image)
    return pixels[:, :, None] if grey else pixels, remarks
