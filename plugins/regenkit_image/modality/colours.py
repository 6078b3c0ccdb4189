"""Colours as the profile in a picture's file means them, brought to sRGB, for which all of this takes them.

A profile (ICC.1, ISO 15076-1) says what a file's numbers look like: of cameras and phones with more colours than sRGB
(Display P3, Adobe RGB), and of inks, whose colours are others altogether. Little CMS reads it.
"""

from collections.abc import Callable
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageCms

SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""The mode of what a profile of such a space is of. One of another space than its picture says nothing of it."""
UNREAD = "its colour profile can't be read: its colours are taken for those of sRGB"
Change = Callable[[Image.Image], Image.Image]


def in_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, tuple[str, ...]]:
    """(the picture, of mode L, RGB or CMYK, in sRGB, where it has a profile; what is to be said of that)."""
    if not profile:
        return image, ()
    try:
        mode, change = _read(profile)
    except Exception:  # whatever a damaged profile leads Little CMS to
        return image, (UNREAD,)
    return (change(image) if change and mode == image.mode else image), ()


@lru_cache(maxsize=8)
def _read(profile: bytes) -> tuple[str, Change | None]:
    """(the mode of its pictures, what is done to them: nothing where it is sRGB, or of a space that is not known)."""
    found = ImageCms.ImageCmsProfile(BytesIO(profile))
    mode = SPACES.get(found.profile.xcolor_space.strip(), "")
    if not mode or "sRGB" in (found.profile.profile_description or ""):
        return mode, None
    # its tables of greys are coarse where it is dark, unless it takes its time
    flags = ImageCms.Flags.NOOPTIMIZE if mode == "L" else ImageCms.Flags.NONE
    transform = ImageCms.buildTransform(found, ImageCms.createProfile("sRGB"), mode, "RGB", flags=flags)
    if mode != "L":
        return mode, transform.apply
    levels = list(transform.apply(Image.frombytes("L", (256, 1), bytes(range(256)))).convert("L").tobytes())
    return mode, lambda image: image.point(levels)
