"""The user's own videos: by the class that their folder names, or by captions beside them."""

from abc import ABC, abstractmethod
from contextlib import suppress
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar, Literal, final

import numpy as np
from pydantic import PositiveFloat, PositiveInt

from regenkit.components import Example
from regenkit.errors import BadSource, UserError
from regenkit.files import read_text
from regenkit.sources.locate import own_folder, stamp
from regenkit.spec import Fields
from regenkit_video.data.held_out import named
from regenkit_video.data.moving import spelled
from regenkit_video.data.own import Part, content, own, parts, stem
from regenkit_video.modality.clip import Clip, Fit, encode
from regenkit_video.modality.video import Video
from regenkit_video.modality.windows import windows

LONGEST = 256
"""Bytes of a caption."""
VAST = 65_536
"""Bytes of a text that is not looked into: it is no caption, and may be of any length."""


class Videos(ABC):
    """Clips of the user's videos. The parts of one file, and of copies of it, are in one split; long files are read
    part by part.

    Where the first folders are train, val (or valid, validation, dev) and test, they are the split.

    path      the folder; a relative one starts at the working directory
    frames    of a clip
    size      pixels a side
    channels  1 (grey) or 3 (red, green, blue)
    rate      frames a second
    fit       what is done to frames that are no square: cut to their middle ("crop"), or padded with black ("pad")
    """

    version = 4
    name: ClassVar[str]

    def __init__(
        self, path: str, frames: PositiveInt = 16, size: PositiveInt = 64, channels: Literal[1, 3] = 3,
        rate: PositiveFloat = 8, fit: Fit = "crop",
    ) -> None:  # fmt: skip
        self.root = own_folder(path, self.name, "a folder of videos")
        self.arguments = {"frames": frames, "size": size, "channels": channels, "rate": rate, "fit": fit}
        self.y = Video(frames, size, channels, rate, fit)
        self.own = own(self.root, self.name)
        self.splits = named(self.own.files, self.name, path)
        self.parts: dict[str, Part] = {}
        for name in self.own.files:
            self.parts |= parts(self.root, name, self.y.shape)

    @property
    @abstractmethod
    def modalities(self) -> dict[str, dict[str, Any]]: ...

    @property
    @abstractmethod
    def left_out(self) -> dict[str, str]:
        """By name, why."""

    @abstractmethod
    def x(self, file: str) -> tuple[Fields | None, str]:
        """(X of a file, what a person calls it). Raises BadSource."""

    def sources(self) -> list[str]:
        """Files, parts of long ones, and what is left out of the folder."""
        return [*self.parts, *self.left_out]

    def ignored(self) -> dict[str, str]:
        return self.own.ignored

    def fingerprint(self) -> str:
        return stamp(self.root, (*self.own.files, *self.own.texts)) + repr(self.left_out)

    def read(self, source: str) -> list[Example]:
        """The clips of one file, or of a part of it. Raises BadSource where it can't be read."""
        if source in self.left_out:
            raise BadSource(source, self.left_out[source])
        part = self.parts[source]
        x, title = self.x(part.file)
        count = None if part.last is None else part.last - part.first
        try:
            found = list(islice(windows(self.root / part.file, self.y.shape, part.first), count))
        except BadSource as error:
            raise BadSource(source, error.reason) from error
        except UserError as error:
            raise BadSource(source, "there is no such file") from error
        same = content(self.root / part.file)
        return [self._example(clip, part, number, x, title, same) for number, clip in enumerate(found, part.first)]

    def _example(self, clip: Clip, part: Part, number: int, x: Fields | None, title: str, same: int) -> Example:
        return Example(
            id=f"{part.file}:{number}" if number or part.last else part.file, y=encode(clip)[0], x=x,
            groups=(f"file {part.file}", f"content {same}"), fingerprints=(same,),
            split=self.splits.get(part.file.split("/")[0]), meta={"title": title or clip.title}, remarks=clip.remarks,
        )  # fmt: skip


@final
class Folder(Videos):
    """By class: the first folder, below those of a split. Videos in none are unpaired."""

    name: ClassVar[str] = "video/folder"

    @cached_property
    def labels(self) -> list[str]:
        return sorted({label for file in self.own.files if (label := self._label(file))})

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {"x": {"labels": self.labels or ["any"]}, "y": self.arguments}

    @property
    def left_out(self) -> dict[str, str]:
        return self.own.left_out

    def x(self, file: str) -> tuple[Fields | None, str]:
        label = self._label(file)
        return ({"label": np.array(self.labels.index(label) + 1, np.int32)} if label else None), label

    def _label(self, file: str) -> str:
        """The class of a file; "" where it is in the folder of none."""
        folders = file.split("/")[1 if self.splits else 0 : -1]
        return folders[0] if folders else ""


@final
class Captions(Videos):
    """By the words of NAME.txt beside NAME.mp4. Videos without are unpaired."""

    name: ClassVar[str] = "video/captions"

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {"x": {}, "y": self.arguments}

    @cached_property
    def left_out(self) -> dict[str, str]:
        stems = {stem(file) for file in self.own.files}
        alone = {text: "a caption without a video" for text in self.own.texts if stem(text) not in stems}
        twice = {text: f"{self._beside[stem(text)]} is the caption of its video" for text in self.own.texts
                 if self._beside[stem(text)] != text}  # fmt: skip
        return {**self._silent, **self.own.left_out, **twice, **alone}

    @cached_property
    def _beside(self) -> dict[str, str]:
        """By name without its suffix, the text: .txt, or .TXT where there is no other."""
        return {stem(text): text for text in self.own.texts}

    @cached_property
    def _silent(self) -> dict[str, str]:
        """Texts without a word: their videos are unpaired. What can't be read, the reading of its video names."""
        found: dict[str, str] = {}
        for name in self.own.texts:
            with suppress(UserError, OSError):
                if (self.root / name).stat().st_size > VAST:
                    continue
                found |= {} if read_text(self.root / name).strip() else {name: "has no caption"}
        return found

    def x(self, file: str) -> tuple[Fields | None, str]:
        if (text := self._beside.get(stem(file))) is None:
            return None, ""
        try:
            if (self.root / text).stat().st_size > VAST:
                raise BadSource(file, f"its caption is longer than {LONGEST} bytes")
            words = " ".join(read_text(self.root / text).split())
        except (UserError, OSError) as error:
            raise BadSource(file, f"its caption can't be read ({error})") from error
        if len(words.encode()) > LONGEST:
            raise BadSource(file, f"its caption is longer than {LONGEST} bytes")
        return (spelled(words) if words else None), words
