"""Talking faces with their voices: the GRID corpus, and the user's own clips."""

import os
from abc import ABC, abstractmethod
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, final

from pydantic import PositiveInt

from regenkit.components import Example, LeftOut
from regenkit.errors import BadSource, UserError
from regenkit.sources.locate import located, own_folder, stamp
from regenkit.spec import Fields
from regenkit_video.data.held_out import named, people, splits
from regenkit_video.data.own import Part, content, own, parts
from regenkit_video.face.face import RATE, encode
from regenkit_video.face.head import heads
from regenkit_video.face.linear import linear_face
from regenkit_video.face.reading import MOST, faces
from regenkit_video.face.sound import features
from regenkit_video.modality import clip as clips
from regenkit_video.modality.speaker import portrait
from regenkit_video.modality.windows import Shape
from regenkit_video.packages import LANDMARKS

GRID = "REGENKIT_GRID"
"""The environment variable that names a folder of GRID's clips."""


class Made(NamedTuple):
    """One example of a stretch of a face."""

    y: Fields
    x: Fields | None
    meta: dict[str, Any]
    remarks: tuple[str, ...]


class Faces(ABC):
    """A face is found and followed in each clip. Clips without one are named; those without a sound have no X.

    path  a folder of clips; a relative one starts at the working directory
    test  names of clips or folders that are held out: a clip's path in the folder, or its name where no other has it.
          By default the core draws them; of fewer than 30 clips the last two by name are the test set, and the one
          before them is for validation. In four folders or more, a folder is a person, and nobody who is held out is in
          training

    Where the first folders are train, val (or valid, validation, dev) and test, they are the split, and the second may
    be a person's.
    """

    version = 5
    name: ClassVar[str]

    def __init__(self, path: str, test: tuple[str, ...] = ()) -> None:
        self.root = own_folder(path, self.name, "a folder of videos")
        self.own = own(self.root, self.name)
        folders = named(self.own.files, self.name, path)
        self.splits = splits(self.own.files, test, self.name, folders)
        drawn = not {"validation", "test"} <= set(self.splits.values())
        self.people = people(self.own.files, folders) if drawn else {}
        shape = Shape(MOST // 2, 64, 3, Fraction(RATE), "crop")
        self.parts: dict[str, Part] = {}
        for file in self.own.files:
            self.parts |= parts(self.root, file, shape)
        self.frames = shape.frames

    @property
    @abstractmethod
    def modalities(self) -> dict[str, dict[str, Any]]: ...

    @abstractmethod
    def made(self, path: Path, start: float, frames: int | None) -> list[Made]:
        """Of so many frames of a file (None: all), from `start` seconds on. Raises UserError and BadSource."""

    def sources(self) -> list[str]:
        """Files, parts of long ones, and what is left out of the folder."""
        return [*self.parts, *self.own.left_out]

    def ignored(self) -> dict[str, str]:
        return self.own.ignored

    def fingerprint(self) -> str:
        return stamp(self.root, self.own.files) + repr(self.own.left_out) + repr(self.splits) + LANDMARKS.key

    def read(self, source: str) -> list[Example | LeftOut]:
        """The stretches of a face in one file, or in a part of it. Raises BadSource where there is none."""
        if source in self.own.left_out:
            raise BadSource(source, self.own.left_out[source])
        located(LANDMARKS, dataset=self.name)  # refused at once where the networks are not here
        linear_face()
        part = self.parts[source]
        count = None if part.last is None else (part.last - part.first) * self.frames
        start = part.first * self.frames / float(RATE)
        try:
            found = self.made(self.root / part.file, start, count)
        except BadSource as error:
            raise BadSource(source, error.reason) from error
        same = content(self.root / part.file)
        return [self._example(each, source, number, same) for number, each in enumerate(found)]

    def _example(self, made: Made, source: str, number: int, same: int) -> Example:
        file = self.parts[source].file
        groups = (f"file {file}", f"content {same}", *([f"person {self.people[file]}"] if file in self.people else []))
        return Example(
            id=f"{source}:{number}" if number else source, y=made.y, x=made.x, groups=groups,
            fingerprints=(same,), split=self.splits[file], meta=made.meta, remarks=made.remarks,
        )  # fmt: skip


def meshes(path: Path, start: float, frames: int | None) -> list[Made]:
    """Faces as meshes, with the voice."""
    found = []
    for face in faces(path, start, frames):
        y, meta = encode(face)
        x = None if face.sound is None else {"voice": features(face.sound, len(face.mesh))}
        found.append(Made(y, x, meta, face.remarks))
    return found


def portraits(path: Path, start: float, frames: int | None, size: int) -> list[Made]:
    """Heads as frames, with the voice and the first frame as a portrait."""
    found = []
    for head in heads(path, size, start, frames):
        y, meta = clips.encode(head)
        x = None
        if head.sound is not None:
            x = {"voice": features(head.sound, len(head.frames)), **portrait(head.frames[0])}
        found.append(Made(y, x, meta, head.remarks))
    return found


def grid(path: str | None, name: str) -> str:
    """The folder of GRID's clips. Raises UserError where it is not said."""
    chosen = path or os.environ.get(GRID)
    if not chosen:
        raise UserError(
            f"{name}: where are the clips? Set path:, or {GRID}, to a folder of GRID's .mpg files. The corpus "
            "is free (CC BY 4.0): https://zenodo.org/records/3625687"
        )
    return chosen


class Meshes(Faces):
    """Faces as meshes."""

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {}

    def made(self, path: Path, start: float, frames: int | None) -> list[Made]:
        return meshes(path, start, frames)


class Heads(Faces):
    """Heads as frames.

    path, test  as of faces
    size        pixels a side
    """

    def __init__(self, path: str, test: tuple[str, ...] = (), size: PositiveInt = 64) -> None:
        super().__init__(path, test)
        self.size = size

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {"x": {"size": self.size}, "y": {"size": self.size}}

    def made(self, path: Path, start: float, frames: int | None) -> list[Made]:
        return portraits(path, start, frames, self.size)


@final
class Grid(Meshes):
    """The GRID corpus (Cooke et al. 2006): sentences of six words, one speaker a folder or a few clips of several.

    Without `path`, the environment variable REGENKIT_GRID names the folder.
    """

    name: ClassVar[str] = "face/grid"

    def __init__(self, path: str | None = None, test: tuple[str, ...] = ()) -> None:
        super().__init__(grid(path, self.name), test)


@final
class FaceFolder(Meshes):
    """The user's own clips of faces."""

    name: ClassVar[str] = "face/folder"


@final
class GridHeads(Heads):
    """The same clips of GRID, as frames."""

    name: ClassVar[str] = "head/grid"

    def __init__(self, path: str | None = None, test: tuple[str, ...] = (), size: PositiveInt = 64) -> None:
        super().__init__(grid(path, self.name), test, size)


@final
class HeadFolder(Heads):
    """The user's own clips of heads."""

    name: ClassVar[str] = "head/folder"
