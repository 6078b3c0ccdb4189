"""What the core asks of a modality, for heads that speak: frames of one size, 25 a second, as many as there are."""

from pathlib import Path
from typing import Any, final

from pydantic import PositiveInt

from regenkit.errors import warn
from regenkit.spec import Fields
from regenkit_video.face.face import RATE
from regenkit_video.face.head import heads, spec
from regenkit_video.modality import writing
from regenkit_video.modality.clip import Clip, encode, levels
from regenkit_video.modality.voice import again


@final
class Head:
    """Frames of a head, cut out by the points of its face.

    size  pixels a side
    """

    version = 2

    def __init__(self, size: PositiveInt = 64) -> None:
        self.size, self.spec = size, spec(size)

    def read(self, path: str | Path) -> list[Clip]:
        """The stretches of a face in a video. Raises UserError and BadSource."""
        found = heads(path, self.size)
        warn(path, (remark for head in found for remark in head.remarks))
        return found

    def write(self, value: Clip, path: str | Path) -> None:
        """Write a .mp4 with its sound, a .gif, or a .png of frames side by side. Raises UserError."""
        writing.write(value, path)

    def encode(self, value: Clip) -> tuple[Fields, dict[str, Any]]:
        return encode(value)

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> Clip:
        """With the sound that it was made from, where `meta` tells of it."""
        meta, frames = meta or {}, levels(fields["frames"])
        return Clip(frames=frames, rate=RATE, title=str(meta.get("title", "")), sound=again(meta, len(frames)))

    def describe(self, value: Clip) -> str:
        """One line: title, length, size."""
        count, height, width, _ = value.frames.shape
        return f"{value.title or 'untitled'}: a head, {count} frames of {width} × {height}, {float(count / RATE):.3g} s"
