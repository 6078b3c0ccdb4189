"""Many pictures as one, in rows, each pixel enlarged: to look at samples side by side."""

from collections.abc import Sequence

import numpy as np

from regenkit_image.modality.picture import WHITE, Picture

GAP = 2


def sheet(pictures: Sequence[Picture], columns: int, scale: int = 2) -> Picture:
    """Pictures of one size, `columns` a row, with white between them; grey and coloured ones may mix.

    Raises ValueError where there are none, or they are of several sizes.
    """
    if len({picture.pixels.shape[:2] for picture in pictures}) != 1:
        raise ValueError("a sheet is of one picture at least, and of one size")
    height, width = (scale * size for size in pictures[0].pixels.shape[:2])
    rows = -(-len(pictures) // columns)
    out = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 3), WHITE, np.uint8)
    for place, picture in enumerate(pictures):
        top, left = GAP + place // columns * (height + GAP), GAP + place % columns * (width + GAP)
        out[top : top + height, left : left + width] = picture.pixels.repeat(scale, 0).repeat(scale, 1)
    return Picture(pixels=out)
