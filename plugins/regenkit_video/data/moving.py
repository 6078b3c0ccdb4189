"""Moving digits and moving garments: real images on paths that are made."""

from abc import ABC
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import PositiveFloat, PositiveInt

from regenkit.components import Example
from regenkit.errors import BadSource, UserError
from regenkit.sources.locate import fingerprint, located
from regenkit.sources.source import Source
from regenkit_video import packages
from regenkit_video.data import motion, stills
from regenkit_video.data.stills import Stills
from regenkit_video.modality.clip import Clip, encode
from regenkit_video.modality.video import Video

A_SPAN = 250
Kind = Literal["digits", "garments"]
Condition = Literal["label", "caption"]
PACKAGES: dict[str, Source] = {"digits": packages.DIGITS, "garments": packages.GARMENTS}
LABELS = {"digits": stills.DIGITS, "garments": stills.GARMENTS}
RATE = 8


class Moving(ABC):
    """One image a clip, which goes straight on and bounces off the border; a class is that of its image.

    All clips of one image fall into one split. Garments keep their own test set. A set says its `kind` of images, and
    its `condition`, X: the class ("label"), or words for it and for where it goes ("caption").

    path       a folder of your own with the set's files
    limit      images to use at most, mixed of all classes
    frames     of a clip
    size       pixels a side
    side       pixels a side of the image in it
    speed      the least and the most pixels a frame
    repeats    clips of each image
    """

    version = 1
    kind: ClassVar[Kind]
    condition: ClassVar[Condition]

    def __init__(
        self, path: str | None = None, limit: PositiveInt | None = None,
        frames: PositiveInt = 16, size: PositiveInt = 32, side: PositiveInt = 20,
        speed: tuple[PositiveFloat, PositiveFloat] = (0.5, 2.0), repeats: PositiveInt = 1,
    ) -> None:  # fmt: skip
        if side >= size:
            raise UserError(f"{self.name}: side is {side} of {size} pixels; right is less, or nothing can move")
        if speed[0] > speed[1]:
            raise UserError(f"{self.name}: speed is {list(speed)}; right are the least and the most")
        self.path, self.limit = path, limit
        self.frames, self.size, self.side, self.speed, self.repeats = frames, size, side, speed, repeats
        if path is not None:
            _ = self.root  # refused at once where it is not right

    @property
    def name(self) -> str:
        return f"video/{'moving' if self.condition == 'label' else 'captioned'}_{self.kind}"

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        x = {"labels": LABELS[self.kind]} if self.condition == "label" else {}
        return {"x": x, "y": {"frames": self.frames, "size": self.size, "channels": 1, "rate": RATE}}

    @cached_property
    def root(self) -> Path:
        """Where the files are. Raises UserError, with the command that fetches them, where they are not here."""
        return located(PACKAGES[self.kind], dataset=self.name, path=self.path)

    def sources(self) -> list[str]:
        """ "0-250": ranges of the images used."""
        count = min(self.limit or 10**9, 10_000 if self.kind == "digits" else 70_000)
        return [f"{first}-{min(first + A_SPAN, count)}" for first in range(0, count, A_SPAN)]

    def fingerprint(self) -> str:
        return fingerprint(PACKAGES[self.kind], self.path)

    def read(self, source: str) -> list[Example]:
        """The clips of a range of images. Raises BadSource where a file is missing or damaged."""
        found: Stills = (stills.digits if self.kind == "digits" else stills.garments)(self.root)
        first, last = map(int, source.split("-"))
        if last > len(found.images):
            raise BadSource(source, f"there are {len(found.images)} images")
        order = _order(len(found.images))
        return [self._example(found, int(order[place]), turn)
                for place in range(first, last) for turn in range(self.repeats)]  # fmt: skip

    def _example(self, found: Stills, image: int, turn: int) -> Example:
        way = motion.path(image * 1000 + turn, self.frames, self.size - self.side, self.speed)
        still = motion.shrunk(found.images[image], self.side)
        frames = motion.moved(still, way.places, self.size)
        label = LABELS[self.kind][found.labels[image]]
        words = f"{label} moving {way.direction}"
        title = label if self.condition == "label" else words
        return Example(
            id=f"{image:05d}.{turn}",
            y=encode(Clip(frames=frames, rate=Video(rate=RATE).shape.rate))[0],
            x={"label": np.array(found.labels[image] + 1, np.int32)} if self.condition == "label" else spelled(words),
            groups=(f"image {image}",),
            split=("test" if found.test[image] else "validation" if image % 10 == 9 else "train")
            if found.test.any() else None,
            meta={"title": title, "direction": way.direction},
        )  # fmt: skip


def _order(count: int) -> np.ndarray:
    """A fixed order in which classes are mixed."""
    return np.random.default_rng(0).permutation(count)


def spelled(words: str) -> dict[str, np.ndarray]:
    """The field of a caption: the bytes of its UTF-8 as tokens 1…256."""
    return {"caption": np.frombuffer(words.encode(), np.uint8).astype(np.int32) + 1}
