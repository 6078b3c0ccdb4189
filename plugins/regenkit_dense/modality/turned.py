"""A picture of a map as it is shown: EXIF data say how its pixels are to be turned (JEITA CP-3451, 4.6.4)."""

from PIL import Image, ImageOps

ORIENTATION = 0x0112
TURNED = range(2, 9)
OF_DIRECTIONS = ("disparity", "normals")
"""Maps whose values would have to be turned, too."""


def upright(image: Image.Image) -> Image.Image:
    """Itself where it is not turned, loaded. Damaged EXIF data turn nothing."""
    try:
        turned = int(image.getexif().get(ORIENTATION, 1)) in TURNED  # read first: Pillow turns a TIFF when it loads it
    except Exception:  # whatever damaged metadata lead Pillow to
        turned = False
    image.load()
    return ImageOps.exif_transpose(image) if turned else image
