"""A picture of a map as it is shown: EXIF data say how its pixels are to be turned (JEITA CP-3451, 4.6.4)."""

from PIL import Image

ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
OF_DIRECTIONS = ("disparity", "normals")
"""Maps whose values would have to be turned, too."""


def upright(image: Image.Image) -> Image.Image:
    """Itself where it is not turned, loaded. Damaged EXIF data turn nothing."""
    try:
        turn = TURNS.get(int(image.getexif().get(ORIENTATION, 1)))
    except Exception:  # whatever damaged metadata lead Pillow to
        turn = None
    image.load()
    if turn is None:
        return image
    return image.copy() if image.format == "TIFF" else image.transpose(turn)  # Pillow turns a TIFF when it loads it
