"""The dataset: the letters of the fonts that matplotlib ships."""

import string
import zlib
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from regenkit import BadSource, Example, LeftOut
from regenkit_glyphs.glyph import SIZE

LETTERS = string.ascii_letters
FONTS = (
    *(f"DejaVu{kind}{style}" for kind in ("Sans", "SansMono") for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
    *("cmb10", "cmr10", "cmss10", "cmti10", "cmtt10"),
)


class Fonts:
    """A source is a font; an example is one of its letters, as it is drawn on the grid."""

    version = 1

    @property
    def modalities(self) -> dict[str, dict[str, list[str]]]:
        return {"x": {"labels": list(LETTERS)}}

    def sources(self) -> list[str]:
        return list(FONTS)

    def read(self, source: str) -> list[Example | LeftOut]:
        path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{source}.ttf")
        try:
            font = ImageFont.truetype(path, SIZE)
        except OSError as error:
            raise BadSource(source, "this matplotlib does not have the font") from error
        return [self.example(source, font, letter) for letter in LETTERS]

    def example(self, source: str, font: ImageFont.FreeTypeFont, letter: str) -> Example | LeftOut:
        picture = Image.new("L", (SIZE, SIZE))
        ImageDraw.Draw(picture).text((SIZE // 2, SIZE - 3), letter, fill=255, font=font, anchor="ms")
        black = np.asarray(picture) >= 96
        if not black.any():
            return LeftOut(id=f"{source}-{letter}", reason="nothing of the letter is on the grid")
        return Example(
            id=f"{source}-{letter}",
            x={"label": np.array(LETTERS.index(letter) + 1, np.int32)},
            y={"squares": black.astype(np.int32) + 1},
            fingerprints=(zlib.crc32(np.packbits(black)),),
        )
