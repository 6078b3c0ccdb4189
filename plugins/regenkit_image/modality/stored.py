"""What Pillow hands on as a file stores it, where that is not what the file means: numbers of TIFFs, a PNG's
transparent grey or colour.

TIFF 6.0: BitsPerSample and PhotometricInterpretation (section 3), PlanarConfiguration (section 8), SampleFormat
(section 19). PNG (third edition): tRNS, in the numbers of the file's own depth.
"""

from typing import Any, NamedTuple

import numpy as np
from PIL import Image

BITS, PHOTOMETRIC, CHANNELS, PLANAR, FORMAT = 258, 262, 277, 284, 339
WHITE_IS_ZERO, APART, UNSIGNED = 0, 2, (1, 4)  # a format of 4 is one that is not told
TIMES = {"L;2": 85, "L;4": 17}
"""How much a level of so many bits is of 255, by what Pillow calls such rows of a PNG."""


class Wide(NamedTuple):
    """What numbers of more than eight bits mean.

    most      the greatest there may be
    inverted  whether that is black
    """

    most: int = 65535
    inverted: bool = False


def wide(image: Any) -> Wide:
    """Of a picture as it was opened. Raises ValueError where its numbers would be taken for others."""
    if image.format != "TIFF":
        return Wide()
    bits = max(_numbers(image, BITS, 1))
    if any(each not in UNSIGNED for each in _numbers(image, FORMAT, 1)):
        raise ValueError("a TIFF of numbers that are signed or have fractions; right are whole ones from 0 on")
    if bits > 16:
        raise ValueError(f"a TIFF of {bits} bits a channel; 8 or 16 are read")
    channels = max(_numbers(image, CHANNELS, 1))
    plain = any(tile.codec_name == "raw" for tile in image.tile)  # Pillow's own reader, not libtiff's
    if max(_numbers(image, PLANAR, 1)) == APART and (channels == 2 or (bits > 8 and plain)):
        right = "right are those of a pixel beside one another (PlanarConfiguration 1)"
        raise ValueError(f"a TIFF of {channels} channels of {bits} bits, one after the other; {right}")
    return Wide(2**bits - 1 if bits > 8 else 65535, WHITE_IS_ZERO in _numbers(image, PHOTOMETRIC, 1))


def transparent(image: Any) -> Any:
    """The grey or the colour that is transparent, in the numbers that its pixels will have; None where none is.

    Of 16 bits a channel Pillow keeps the first eight, also of the one that is transparent.
    """
    found = image.info.get("transparency")
    if image.format != "PNG" or not image.tile:
        return found
    rows = image.tile[0].args
    if isinstance(found, int) and rows in TIMES:
        return found * TIMES[rows]
    return tuple(each >> 8 for each in found) if isinstance(found, tuple) and rows == "RGB;16B" else found


def eight_bits(image: Image.Image, meant: Wide) -> Image.Image:
    """A grey picture of more than eight bits in eight. Raises ValueError where it has numbers that cannot be."""
    values = np.asarray(image, np.float64)
    if image.mode == "F" or values.min(initial=0) < 0 or values.max(initial=0) > meant.most:
        raise ValueError(f"mode {image.mode}; 8 or 16 bits a channel are read")
    shown = meant.most - values if meant.inverted else values
    seen = image.info.get("transparency")
    levels = np.rint(shown * (255 / meant.most)).astype(np.uint8)
    return Image.fromarray(np.where(values == seen, 255, levels).astype(np.uint8) if seen is not None else levels)


def _numbers(image: Any, tag: int, default: int) -> tuple[int, ...]:
    found = image.tag_v2.get(tag, default)
    return tuple(map(int, found)) if isinstance(found, tuple) else (int(found),)
