"""A voice and a portrait of who speaks, as X."""

from fractions import Fraction
from pathlib import Path
from typing import Any, final

import numpy as np
from PIL import Image, ImageOps
from pydantic import PositiveInt

from regenkit.errors import BadSource, UserError, warn
from regenkit.spec import Field, Fields, Spec
from regenkit_video.face.face import RATE
from regenkit_video.face.head import heads, of_picture, placed, spec
from regenkit_video.face.networks import POINTS
from regenkit_video.face.sound import FEATURES, HERTZ, features
from regenkit_video.formats import READS
from regenkit_video.modality.clip import Clip, Sound, encode
from regenkit_video.modality.voice import A_FRAME, Voice, frames_of, wav
from regenkit_video.modality.writing import write

PICTURES = (".png", ".jpg", ".jpeg")
MOST_PIXELS = 50_000_000
"""Of a portrait."""


@final
class Spoken:
    """portrait: uint8 [size, size, 3]; sound: 16 kHz mono; path: the file that was heard, from `second` on."""

    def __init__(self, portrait: np.ndarray, sound: Sound, path: Path, second: float = 0.0) -> None:
        self.portrait, self.sound, self.path, self.second = portrait, sound, path, second

    @property
    def title(self) -> str:
        return f"{self.path.stem} {self.second:g} s" if self.second else self.path.stem


def portrait(frame: np.ndarray) -> Fields:
    """The fields of a portrait, uint8 [size, size, 3]: itself, and the points of its face in widths of it. Raises
    BadSource where no face is seen."""
    return {"reference": encode(Clip(frames=frame[None], rate=Fraction(RATE)))[0]["frames"][0],
            "points": placed(frame[None])[0]}  # fmt: skip


def portrait_spec(size: int) -> Spec:
    """Raises ValueError as that of a head does."""
    return Spec({"reference": Field(kind="continuous", shape=spec(size)["frames"].shape[1:], levels=256),
                 "points": Field(kind="continuous", shape=(POINTS, 3))})  # fmt: skip


@final
class Speaker:
    """A video of somebody who speaks: its sound, and its first frame. Or a file of sound with a picture of a face
    beside it, NAME.png beside NAME.wav.

    size  pixels a side of the portrait
    """

    version = 3

    def __init__(self, size: PositiveInt = 64) -> None:
        self.size = size
        voice = Field(kind="continuous", shape=(None, FEATURES), hop=Fraction(1))
        self.spec = Spec({"voice": voice}) | portrait_spec(size)

    def read(self, path: str | Path) -> list[Spoken]:
        """Of a video, each stretch of a face that is heard. Raises UserError and BadSource."""
        path = Path(path)
        if path.suffix.lower() in READS:
            clips = heads(path, self.size)
            if not clips or not any(clip.sound and len(clip.sound.samples) for clip in clips):
                raise BadSource(path, "has no sound")
            warn(path, (remark for clip in clips for remark in clip.remarks))
            return [Spoken(clip.frames[0], _whole(clip), path, clip.second) for clip in clips]
        (voice,) = Voice().read(path)
        beside = _beside(path)
        if not beside:
            raise UserError(f"{path}: who speaks? Put a picture of a face beside it, {path.stem}.png or .jpg")
        return [Spoken(_portrait(beside[0], self.size), voice.sound, path)]

    def write(self, value: Spoken, path: str | Path) -> None:
        """Write a .wav, or the portrait as a .png. Raises UserError."""
        if Path(path).suffix.lower() == ".wav":
            wav(value.sound, Path(path))
        else:
            write(Clip(frames=value.portrait[None], rate=Fraction(RATE)), path)

    def encode(self, value: Spoken) -> tuple[Fields, dict[str, Any]]:
        """`meta` names the file that is heard, and the second of it. Raises BadSource where the portrait shows no
        face."""
        meta = {"title": value.title, "heard": str(value.path.resolve()), "from": value.second}
        return {"voice": features(value.sound, frames_of(value.sound)), **portrait(value.portrait)}, meta

    def describe(self, value: Spoken) -> str:
        return f"{value.title}: {len(value.sound.samples) / value.sound.rate:.3g} s of sound, and a portrait"


def _whole(clip: Clip) -> Sound:
    """Its sound as long as its frames, as in training: what it lacks is silence."""
    wanted = len(clip.frames) * A_FRAME
    samples = np.zeros((wanted, 1), np.float32) if clip.sound is None else clip.sound.samples[:wanted]
    return Sound(samples=np.pad(samples, ((0, wanted - len(samples)), (0, 0))), rate=HERTZ)


def _beside(path: Path) -> list[Path]:
    """The pictures of the same name, in the order of `PICTURES`; their suffix may be in capitals."""
    found = [each for each in sorted(path.parent.iterdir())
             if each.stem == path.stem and each.suffix.lower() in PICTURES and each.is_file()]  # fmt: skip
    return sorted(found, key=lambda each: PICTURES.index(each.suffix.lower()))


def plain(image: Image.Image) -> np.ndarray:
    """uint8 (height, width, 3); transparency is laid on white, as that of videos is, and 16 bits become 8."""
    if image.mode.startswith("I"):  # Pillow would cut these levels off at 255
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return np.asarray(image.convert("RGB"))


def _portrait(path: Path, size: int) -> np.ndarray:
    """The face of a picture, cut out as out of a video. Raises BadSource."""
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise BadSource(path, f"{image.width} × {image.height} pixels; at most {MOST_PIXELS:,} are read")
            pixels = plain(ImageOps.exif_transpose(image))
    except BadSource:
        raise
    except Exception as error:  # whatever a damaged byte leads a decoder to
        raise BadSource(path, f"can't be read as a picture ({str(error) or type(error).__name__})") from error
    found = of_picture(pixels, size)
    if found is None:
        raise BadSource(path, "no face is seen in it")
    return found
