"""What the core asks of a modality, for footage as X: small grey frames, eight a second, as many as there are."""

from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.errors import BadSource, warn
from regenkit.spec import Field, Fields, Spec
from regenkit_video.modality import writing
from regenkit_video.modality.clip import Clip, levels
from regenkit_video.modality.film import film
from regenkit_video.modality.windows import Shape

SIDE, RATE = 16, 8
MOST = 480
"""Frames, a minute, that are taken of one file."""
SPEC = Spec({"footage": Field(kind="continuous", shape=(None, SIDE, SIDE, 1), axis="frame")})
SHAPE = Shape(1, SIDE, 1, Fraction(RATE), "crop")


@final
class Footage:
    """A video as 16 × 16 grey pixels, eight times a second: enough to see what moves."""

    version = 1
    spec = SPEC

    def read(self, path: str | Path) -> list[Clip]:
        """The first minute of a video. Raises UserError and BadSource."""
        source = film(path)
        shown = source.frames(SHAPE.rate)
        frames = [SHAPE.frame(each) for each in islice(shown, MOST)]
        if len(frames) < 2:
            raise BadSource(path, "is one frame alone: nothing moves in it")
        longer = ["is longer than a minute: its first minute is used"] if next(shown, None) is not None else []
        remarks = (*source.remarks, *longer)
        warn(path, remarks)
        return [Clip(frames=np.stack(frames), rate=SHAPE.rate, title=Path(path).stem, remarks=remarks)]

    def write(self, value: Clip, path: str | Path) -> None:
        """Write a .mp4, a .gif, or a .png of frames side by side. Raises UserError."""
        writing.write(value, path)

    def encode(self, value: Clip) -> tuple[Fields, dict[str, Any]]:
        frames = value.frames.astype(np.float32) / np.float32(127.5) - 1
        return {"footage": frames}, {"title": value.title}

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> Clip:
        """The frames of some fields."""
        title = str((meta or {}).get("title", ""))
        return Clip(frames=levels(fields["footage"]), rate=SHAPE.rate, title=title)

    def describe(self, value: Clip) -> str:
        return f"{value.title or 'untitled'}: {len(value.frames)} frames, {len(value.frames) / RATE:.3g} s"
