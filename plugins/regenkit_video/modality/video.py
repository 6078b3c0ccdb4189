"""What the core asks of a modality, for videos."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, Literal, final

from pydantic import PositiveFloat, PositiveInt

from regenkit.errors import UserError, warn
from regenkit.spec import Fields
from regenkit_video.modality import clip as clips
from regenkit_video.modality import strip, writing
from regenkit_video.modality.clip import Clip, Fit
from regenkit_video.modality.windows import Shape, windows

MOST = 2000
"""Clips of one file that are held at once; a dataset takes longer files as a stream."""


@final
class Video:
    """Clips of one length and one size.

    frames    of a clip
    size      pixels a side
    channels  1 (grey) or 3 (red, green, blue)
    rate      frames a second; what is faster or slower is brought to it
    fit       what is done to frames that are no square: cut to their middle ("crop"), or padded with black ("pad")
    """

    version = 1

    def __init__(
        self, frames: PositiveInt = 16, size: PositiveInt = 32, channels: Literal[1, 3] = 1, rate: PositiveFloat = 8,
        fit: Fit = "crop",
    ) -> None:  # fmt: skip
        self.shape = Shape(frames, size, channels, Fraction(rate).limit_denominator(1001), fit)
        self.spec = clips.spec(frames, size, channels)

    def read(self, path: str | Path) -> list[Clip]:
        """A file cut into clips, one after the other (`formats.READS`). Raises UserError and BadSource."""
        found = list(islice(windows(path, self.shape), MOST + 1))
        if len(found) > MOST:
            raise UserError(f"{path}: is longer than {MOST} clips; cut it, or read it as a dataset (video/folder)")
        warn(path, (remark for clip in found for remark in clip.remarks))
        return found

    def write(self, value: Clip, path: str | Path) -> None:
        """Write a .mp4 with its sound, a .gif, or a .png of frames side by side. Raises UserError."""
        writing.write(value, path)

    def encode(self, value: Clip) -> tuple[Fields, dict[str, Any]]:
        """Raises ValueError where the clip is not of this length and size, as `read` gives it."""
        fields, meta = clips.encode(value)
        self.spec.check(fields, value.title or "a clip")
        return fields, meta

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> Clip:
        """The clip of some fields; values beyond ±1 are cut."""
        title = str((meta or {}).get("title", ""))
        return Clip(frames=clips.levels(fields["frames"]), rate=self.shape.rate, title=title)

    def describe(self, value: Clip) -> str:
        """One line: title, size, length, how much moves."""
        count, height, width, channels = value.frames.shape
        colours, seconds = "grey" if channels == 1 else "RGB", float(count / value.rate)
        heard = ", with sound" if value.sound else ""
        return f"{value.title or 'untitled'}: {count} frames of {width} × {height} {colours}, {seconds:.3g} s{heard}"

    def sheet(self, values: Sequence[Clip]) -> Clip:
        """Many clips as one, all playing at once."""
        return strip.sheet(values)
