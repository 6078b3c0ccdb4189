"""What the core asks of a modality, for pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, final

from pydantic import PositiveInt

from regenkit.spec import Fields
from regenkit_image import formats
from regenkit_image.modality import files, picture
from regenkit_image.modality.looks import looks
from regenkit_image.modality.picture import Picture
from regenkit_image.modality.sheet import sheet


@final
class Image:
    """Pictures of one size.

    size      pixels a side
    channels  1 (grey) or 3 (red, green, blue)
    fit       what is done to a picture that is no square: cut to its middle ("crop"), or padded with white ("pad")
    """

    version = 1
    unit = "pixel"
    unread: ClassVar[tuple[str, ...]] = formats.UNREAD

    def __init__(self, size: PositiveInt = 28, channels: Literal[1, 3] = 1, fit: picture.Fit = "crop") -> None:
        if not 4 <= size <= 1024 or channels not in (1, 3):
            raise ValueError(f"size {size}, channels {channels}; right are a size of 4 to 1024, and 1 or 3 channels")
        self.size, self.channels, self.fit = size, channels, fit
        self.unit_steps = float(channels)
        self.spec = picture.spec(size, channels)

    def read(self, path: str | Path) -> list[Picture]:
        """The pictures of a file (`formats.READS`), as they are. Raises UserError and BadSource."""
        return files.read(path)

    def write(self, value: Picture, path: str | Path) -> None:
        """Write a .png. Raises UserError."""
        files.write(value, path)

    def encode(self, value: Picture) -> tuple[Fields, dict[str, Any]]:
        """A picture of any size, fitted into this one."""
        return picture.encode(picture.fitted(value, self.size, self.channels, self.fit))

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> Picture:
        return picture.decode(fields, meta)

    def looks(self, fields: Fields) -> tuple[int, ...]:
        """Four numbers of a picture. Pictures that are nearly the same share one: for datasets of other plugins."""
        return looks(picture.levels(fields["pixels"]))

    def describe(self, value: Picture) -> str:
        """One line: title, size, what of it is ink."""
        height, width, channels = value.pixels.shape
        colours = "grey" if channels == 1 else "RGB"
        brightness = value.pixels.mean() / 255
        return f"{value.title or 'untitled'}: {width} × {height} {colours}, brightness {brightness:.0%}"

    def sheet(self, values: Sequence[Picture]) -> Picture:
        """Pictures side by side as one, to look at many."""
        return sheet(values, columns=10, scale=max(1, 64 // self.size))
