"""Classes in the pixels of a picture: by level or place in a palette, or by colour. `files.py` says what is ignored."""

from pathlib import Path

import numpy as np
from PIL import Image

from regenkit.errors import BadSource

IGNORED = 255
"""The level of a pixel that is to be ignored."""
DEEP = ("I", "I;16", "I;16L", "I;16B")
"""Pillow's names of pictures of 16 bits and more."""
COLOURED = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")
"""Those that have colours of 8 bits."""


def read(path: Path, levels: np.ndarray, mode: str) -> np.ndarray:
    """Levels → tokens int32 (height, width): classes from 1. Raises BadSource where they are no classes."""
    if mode in ("RGB", "RGBA"):
        count = len(np.unique(_one_number(levels)))
        raise BadSource(path, f"holds labels as {count} colours (RGB), and the dataset's `colours` do not say which "
                              "class each is")  # fmt: skip
    if mode not in ("P", "L", "1", *DEEP):
        raise BadSource(path, f"is a picture of mode {mode}; labels are a PNG with a palette, of levels, or RGB")
    numbers = np.minimum(levels.astype(np.int32), np.iinfo(np.int32).max - 1) + 1
    numbers[levels == IGNORED] = 0
    return numbers


def of_colours(path: Path, image: Image.Image, colours: np.ndarray) -> np.ndarray:
    """Colours → tokens. Where they are of none, black and 255 of a palette are ignored."""
    if image.mode not in COLOURED:
        raise BadSource(path, f"is a picture of mode {image.mode}; where `colours` say the class, right are levels "
                              "of 8 bits, a palette or RGB")  # fmt: skip
    values = _one_number(np.asarray(image.convert("RGB")))
    found = np.zeros(values.shape, np.int32)
    for number, value in enumerate(_one_number(colours), 1):
        found[values == value] = number
    ignored = values == 0
    if image.mode == "P":
        ignored |= np.asarray(image) == IGNORED
    strange = np.unique(values[(found == 0) & ~ignored])
    if strange.size:
        shown = ", ".join(f"[{each >> 16}, {each >> 8 & 255}, {each & 255}]" for each in strange[:3].tolist())
        raise BadSource(path, f"has colours of no class: {shown}{' …' if strange.size > 3 else ''}")
    return found


def picture(tokens: np.ndarray, colours: np.ndarray) -> Image.Image:
    """Tokens → a picture with a palette; what is ignored has a grey that no class has."""
    image = Image.fromarray(from_0(tokens))
    taken = {tuple(each) for each in colours.tolist()}
    grey = next(level for level in range(224, -32, -1) if (level % 256,) * 3 not in taken) % 256
    table = np.full((256, 3), grey, np.uint8)
    table[: len(colours)] = colours
    image.putpalette(table.ravel().tolist())
    return image


def from_0(tokens: np.ndarray) -> np.ndarray:
    """Tokens as files have classes."""
    return np.where(tokens > 0, tokens - 1, IGNORED).astype(np.uint8)


def _one_number(colours: np.ndarray) -> np.ndarray:
    """int32 [...] 65536 red + 256 green + blue. One array of integers alone is made, because a picture may be large."""
    found: np.ndarray = colours[..., 0].astype(np.int32)
    for channel in (1, 2):
        found <<= 8
        found |= colours[..., channel]
    return found
