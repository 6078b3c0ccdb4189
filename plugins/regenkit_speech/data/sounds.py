"""The user's own sounds: a folder a class."""

from typing import Any, final

from pydantic import PositiveFloat, PositiveInt

from regenkit.components import Example
from regenkit.data.split import NAMES
from regenkit.errors import BadSource, UserError
from regenkit.sources.locate import own_folder, stamp
from regenkit.tree import tree
from regenkit_speech.data.effect import Effect, example
from regenkit_speech.formats import READS


@final
class Sounds:
    """X is the class, Y the sound. Sounds in no folder are unpaired. Where the first folders are train, val (or valid,
    validation, dev) and test, they are the split, and the second is the class; sounds beside them are in any.

    path         the folder that holds the classes' folders
    sample_rate  of Y, samples a second
    seconds      that are kept of a sound; a longer one fades out
    """

    version = 3

    def __init__(self, path: str, sample_rate: PositiveInt = 16_000, seconds: PositiveFloat = 1.0) -> None:
        self.root = own_folder(path, "sound/folder", "a folder with a folder of sounds for each class")
        self.sample_rate, self.seconds = sample_rate, seconds
        found = tree(self.root, READS)
        self.names = [name for name in found.files if name.lower().endswith(READS)]
        if not self.names:
            raise UserError(f"sound/folder: there is no {', '.join(READS)} file in {path} or its subfolders")
        tops = {name.split("/")[0].casefold() for name in self.names if "/" in name}
        self.depth = 1 if len(tops) > 1 and tops <= set(NAMES) else 0
        self.labels = sorted({label for name in self.names if (label := self._label(name))})
        self.left_out, self._ignored = found.left_out, found.ignored

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        y = {"sample_rate": self.sample_rate, "max_seconds": self.seconds}
        return {"x": {"labels": self.labels or ["any"]}, "y": y}

    def sources(self) -> list[str]:
        """ "dog/1.wav": files, and what is left out of the folder."""
        return [*self.names, *self.left_out]

    def ignored(self) -> dict[str, str]:
        return self._ignored

    def fingerprint(self) -> str:
        return stamp(self.root, self.names) + repr(self.left_out)

    def read(self, source: str) -> list[Example]:
        """The example of one file. Raises BadSource where it can't be read."""
        if source in self.left_out:
            raise BadSource(source, self.left_out[source])
        split = NAMES.get(source.split("/")[0].casefold()) if self.depth and "/" in source else None
        effect = Effect(path=self.root / source, label=self._label(source), labels=self.labels, split=split)
        return [example(source, effect, self.sample_rate, self.seconds)]

    def _label(self, name: str) -> str | None:
        folders = name.split("/")[self.depth : -1]
        return folders[0] if folders else None
