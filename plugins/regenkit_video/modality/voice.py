"""A voice, as X: features of its sound at the frames of a face."""

from fractions import Fraction
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.errors import BadSource
from regenkit.spec import Field, Fields, Spec
from regenkit_video.face.face import RATE
from regenkit_video.face.sound import FEATURES, HERTZ, features, heard
from regenkit_video.modality.clip import Sound


@final
class Heard:
    """The sound of one file, 16 kHz mono, and which file that is."""

    def __init__(self, sound: Sound, path: Path) -> None:
        self.sound, self.path = sound, path


@final
class Voice:
    """80 numbers for each 25th of a second (`regenkit_video.face.sound`). They run along the steps of Y."""

    version = 1
    spec = Spec({"voice": Field(kind="continuous", shape=(None, FEATURES), hop=Fraction(1))})

    def read(self, path: str | Path) -> list[Heard]:
        """The sound of a file of sound or of video. Raises UserError and BadSource, also where there is none."""
        sound = heard(path)
        if sound is None or len(sound.samples) < HERTZ / RATE:
            raise BadSource(path, "has no sound")
        return [Heard(sound, Path(path))]

    def write(self, value: Heard, path: str | Path) -> None:
        """Write a .wav, 16 bits. Raises UserError."""
        wav(value.sound, Path(path))

    def encode(self, value: Heard) -> tuple[Fields, dict[str, Any]]:
        """`meta` names the file, so that what is made of it can be shown with its sound."""
        frames = max(1, int(len(value.sound.samples) / HERTZ * RATE))
        meta = {"title": value.path.stem, "heard": str(value.path.resolve())}
        return {"voice": features(value.sound, frames)}, meta

    def describe(self, value: Heard) -> str:
        loud = float(np.sqrt(np.square(value.sound.samples).mean()))
        return f"{value.path.stem}: {len(value.sound.samples) / HERTZ:.3g} s of sound, level {loud:.2f}"


def wav(sound: Sound, path: Path) -> None:
    """Whole or not at all. Raises UserError."""
    import wave

    from regenkit.errors import UserError
    from regenkit.files import beside

    if path.suffix.lower() != ".wav":
        raise UserError(f"{path}: sound is written as .wav, not {path.suffix or 'without a suffix'!r}")
    with beside(path) as temporary, wave.open(str(temporary), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sound.rate)
        file.writeframes(np.rint(sound.samples[:, 0] * 32767).astype("<i2").tobytes())
