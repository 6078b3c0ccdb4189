"""A video file → clips of one length and size, one after the other, as a stream."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import final

import numpy as np
from PIL import Image, ImageOps

from regenkit_video.modality.clip import Clip, Fit, Sound
from regenkit_video.modality.film import Film, film


@final
class Shape:
    """What clips are to be: so many frames at so many a second, square, of 1 or 3 channels."""

    def __init__(self, frames: int, size: int, channels: int, rate: Fraction, fit: Fit) -> None:
        if not 1 <= frames <= 1000 or not 4 <= size <= 1024 or channels not in (1, 3) or not 0 < rate <= 240:
            raise ValueError(
                f"frames {frames}, size {size}, channels {channels}, rate {rate}; right are 1 to 1000 frames of 4 to "
                "1024 pixels a side, 1 or 3 channels, and up to 240 frames a second"
            )
        self.frames, self.size, self.channels, self.rate, self.fit = frames, size, channels, rate, fit

    def frame(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 (size, size, channels) of one frame of any size."""
        image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
        if pixels.shape[2] != self.channels:
            image = image.convert("RGB" if self.channels == 3 else "L")
        side = (self.size, self.size)
        if image.size != side:
            how = Image.Resampling.LANCZOS
            if self.fit == "pad" and min(image.size) / max(image.size) * self.size <= 0.5:  # rounded to nothing
                image = image.resize((self.size, 1) if image.width > image.height else (1, self.size), how)
            fitted = ImageOps.fit(image, side, how) if self.fit == "crop" else ImageOps.pad(image, side, how)
            image = fitted
        return np.asarray(image).reshape(self.size, self.size, self.channels)


def windows(path: str | Path, shape: Shape, first: int = 0) -> Iterator[Clip]:
    """The clips of a file, from the one of number `first` on. The last is kept if half of it is there, its last frame
    held; so is the only one. A clip is given when the next is read, so that what is found at the file's end is among
    the remarks of the last.

    Raises UserError and BadSource as `film` does.
    """
    source, number, stem = film(path), first, Path(path).stem
    start = float(first * shape.frames / shape.rate)
    frames = source.frames(shape.rate, start)
    pieces = _pieces(source, shape, start) if source.sounding else None
    last: Clip | None = None
    while part := [shape.frame(each) for each in islice(frames, shape.frames)]:
        sound, missing = (next(pieces, None) if pieces else None), shape.frames - len(part)
        if number and missing > shape.frames / 2:
            break
        if last is not None:
            yield last
        remarks = list(source.remarks)
        if missing:
            remarks.append(f"too short by {_share(missing, shape.frames)}: its last frame is held")
        part += [part[-1]] * missing
        if source.sounding and (sound is None or _seconds(sound) < 0.9 * (shape.frames - missing) / shape.rate):
            remarks.append("its sound is shorter than its pictures")
        span = f" {float(number * shape.frames / shape.rate):g} s" if number else ""
        last = Clip(frames=np.stack(part), rate=shape.rate, sound=sound, title=stem + span, remarks=tuple(remarks))
        number += 1
    if last is not None:
        yield replace(last, remarks=tuple(dict.fromkeys((*source.remarks, *last.remarks))))


def _pieces(source: Film, shape: Shape, begin: float) -> Iterator[Sound]:
    """Its sound, as much as a clip lasts at a time; the last may be shorter."""
    held: list[np.ndarray] = []
    start = count = rate = 0
    for piece in source.sound(begin):
        held, rate = [*held, piece.samples], piece.rate
        while True:
            wanted = round((count + 1) * shape.frames / shape.rate * rate) - start
            if sum(map(len, held)) < wanted:
                break
            whole = np.concatenate(held)
            yield Sound(samples=whole[:wanted], rate=rate)
            held, start, count = [whole[wanted:]], start + wanted, count + 1
    if held and sum(map(len, held)):
        yield Sound(samples=np.concatenate(held), rate=rate)


def _seconds(sound: Sound) -> float:
    return len(sound.samples) / sound.rate


def _share(missing: int, frames: int) -> str:
    """In words that are the same for many files, so that they are counted together."""
    return "more than half" if 2 * missing > frames else "up to half"
