"""A voice, as X: features of its sound at the frames of a face."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.errors import BadSource, UserError, warn
from regenkit.spec import Field, Fields, Spec
from regenkit_video.face.face import RATE
from regenkit_video.face.sound import FEATURES, HERTZ, LONGEST, features, heard
from regenkit_video.modality.clip import Sound

A_FRAME = int(HERTZ / RATE)
"""Samples."""


@final
class Heard:
    """The sound of one file, 16 kHz mono, and which file that is."""

    def __init__(self, sound: Sound, path: Path) -> None:
        self.sound, self.path = sound, path


@final
class Voice:
    """80 numbers for each 25th of a second (`regenkit_video.face.sound`). They run along the steps of Y."""

    version = 3
    spec = Spec({"voice": Field(kind="continuous", shape=(None, FEATURES), hop=Fraction(1))})

    def read(self, path: str | Path) -> list[Heard]:
        """The sound of a file of sound or of video. Raises UserError and BadSource, also where there is none or more
        than is held at once."""
        sound = heard(path)
        if sound is None or len(sound.samples) < A_FRAME:
            raise BadSource(path, "has no sound")
        if len(sound.samples) == LONGEST * HERTZ and (more := heard(path, LONGEST, 1.0)) and len(more.samples):
            raise BadSource(path, f"has more than {LONGEST:g} s of sound, the most that is read at once: cut it")
        warn(path, sound.remarks)
        return [Heard(sound, Path(path))]

    def write(self, value: Heard, path: str | Path) -> None:
        """Write a .wav, 16 bits. Raises UserError."""
        wav(value.sound, Path(path))

    def encode(self, value: Heard) -> tuple[Fields, dict[str, Any]]:
        """`meta` names the file, so that what is made of it can be shown with its sound."""
        meta = {"title": value.path.stem, "heard": str(value.path.resolve())}
        return {"voice": features(value.sound, frames_of(value.sound))}, meta

    def describe(self, value: Heard) -> str:
        loud = float(np.sqrt(np.square(value.sound.samples).mean()))
        return f"{value.path.stem}: {len(value.sound.samples) / HERTZ:.3g} s of sound, level {loud:.2f}"


def frames_of(sound: Sound) -> int:
    """Whole frames of a face while 16 kHz mono lasts, one at least."""
    return max(1, len(sound.samples) // A_FRAME)


def again(meta: Mapping[str, Any], frames: int) -> Sound | None:
    """The sound of so many frames that `meta` tells of: `heard`, a file, and `from` which second on; None where it is
    told of none, or the file is not there. Raises BadSource, and UserError where `from` is no second."""
    name = str(meta.get("heard", ""))
    if not name or not Path(name).is_file():
        return None
    try:
        second = float(meta.get("from", 0.0))
        if not 0 <= second < float("inf"):
            raise ValueError
    except (ValueError, TypeError) as error:
        raise UserError(f"meta: from is {meta['from']!r}; right is a second of {name}, 0 or more") from error
    return heard(name, second, frames / float(RATE))


def wav(sound: Sound, path: Path) -> None:
    """Whole or not at all. Raises UserError."""
    import wave

    from regenkit.files import beside

    if path.suffix.lower() != ".wav":
        raise UserError(f"{path}: sound is written as .wav, not {path.suffix or 'without a suffix'!r}")
    with beside(path) as temporary, temporary.open("wb") as whole, wave.open(whole, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sound.rate)
        file.writeframes(np.rint(sound.samples[:, 0] * 32767).astype("<i2").tobytes())
