"""The dialogue of the game Fish Fillets in Czech and Dutch: two main voices a language, and others."""

import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, final

from pydantic import PositiveFloat, PositiveInt

from regenkit.components import Example
from regenkit.errors import BadSource
from regenkit.sources.locate import fingerprint, located
from regenkit_speech.data.utterance import Utterance, speaking, text_arguments, transcribing
from regenkit_speech.modality.audio import RATE
from regenkit_speech.packages import FILLETS_CS, FILLETS_NL, FILLETS_TEXTS

Language = Literal["cs", "nl"]
SOUNDS = {"cs": FILLETS_CS, "nl": FILLETS_NL}
ENTRY = re.compile(r'dialogId\("([^"]+)"[^\n]*\)\s*dialogStr\("((?:[^"\\]|\\.)*)"\)')
PLACE = re.compile(r"%\d")
"""Where the game writes a number."""
CYRILLIC = re.compile(r"[\u0400-\u04ff]")
SPEAKERS = ("small", "big", "other")
BY_KEY = {"m": "small", "v": "big"}
"""In a key, as in "vit-m-hlava": who of the two fish speaks."""


@final
class Fillets:
    """X is the text, Y the voice; who speaks is given: the small fish, the big one, or another.

    language     cs or nl
    path         a folder of your own with script/LEVEL/dialogs_cs.lua and sound/LEVEL/cs/*.ogg
    sample_rate  of Y, samples a second
    max_seconds  of a clip; longer ones are left out
    limit        clips to use at most, for a trial run
    """

    version = 2

    def __init__(
        self, language: Language = "cs", path: str | None = None, sample_rate: PositiveInt = RATE,
        max_seconds: PositiveFloat = 15.0, limit: PositiveInt | None = None,
    ) -> None:  # fmt: skip
        self.corpus = _Corpus(language, path, "speech/fillets", limit)
        self.language, self.sample_rate, self.max_seconds = language, sample_rate, max_seconds

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        y = {"sample_rate": self.sample_rate, "max_seconds": self.max_seconds, "speakers": list(SPEAKERS)}
        return {"x": {"language": self.language}, "y": y}

    def sources(self) -> list[str]:
        """ "LEVEL/KEY", sorted."""
        return self.corpus.sources()

    def fingerprint(self) -> str:
        return self.corpus.fingerprint()

    def read(self, source: str) -> list[Example]:
        """The example of one clip. Raises BadSource where it can't be used."""
        return speaking(source, self.corpus.utterance(source), self.modalities)


@final
class FilletsToText:
    """X is the voice, Y the text; the arguments are those of `Fillets`."""

    version = 3

    def __init__(
        self, language: Language = "cs", path: str | None = None, sample_rate: PositiveInt = RATE,
        max_seconds: PositiveFloat = 15.0, limit: PositiveInt | None = None,
    ) -> None:  # fmt: skip
        self.corpus = _Corpus(language, path, "speech/fillets_to_text", limit)
        self.language, self.sample_rate, self.max_seconds = language, sample_rate, max_seconds

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        x = {"sample_rate": self.sample_rate, "max_seconds": self.max_seconds, "axis": "x"}
        return {"x": x, "y": text_arguments()}

    def sources(self) -> list[str]:
        """ "LEVEL/KEY", sorted."""
        return self.corpus.sources()

    def fingerprint(self) -> str:
        return self.corpus.fingerprint()

    def read(self, source: str) -> list[Example]:
        """The example of one clip. Raises BadSource where it can't be used."""
        return transcribing(source, self.corpus.utterance(source), self.modalities, self.language)


@final
class _Corpus:
    def __init__(self, language: Language, path: str | None, dataset: str, limit: int | None) -> None:
        self.language, self.path, self.dataset, self.limit = language, path, dataset, limit

    @cached_property
    def sounds(self) -> Path:
        """Raises UserError, with the command that fetches them, where they are not here."""
        own = None if self.path is None else str(Path(self.path) / "sound")
        return located(SOUNDS[self.language], dataset=self.dataset, path=own)

    @cached_property
    def scripts(self) -> Path:
        if self.path is not None:
            return Path(self.path).expanduser() / "script"
        return located(FILLETS_TEXTS, dataset=self.dataset)

    def sources(self) -> list[str]:
        clips = {self._name(path) for path in self.sounds.glob(f"*/{self.language}/*.ogg")}
        return sorted(clips | set(_texts(self.scripts, self.language)))[: self.limit]

    def fingerprint(self) -> str:
        if self.path is None:
            return fingerprint(SOUNDS[self.language], None) + fingerprint(FILLETS_TEXTS, None)
        return fingerprint(SOUNDS[self.language], self.path)

    def utterance(self, source: str) -> Utterance:
        level, _, key = source.partition("/")
        text = _texts(self.scripts, self.language).get(source)
        path = self.sounds / level / self.language / f"{key}.ogg"
        if text is None:
            raise BadSource(source, "has no transcript")
        if PLACE.search(text):
            raise BadSource(source, "its transcript has a place for a number that only the game knows")
        if CYRILLIC.search(text):
            raise BadSource(source, "its transcript is partly in Russian")
        if not path.is_file():
            raise BadSource(source, "a transcript without its sound file")
        speaker = next((BY_KEY[part] for part in key.split("-") if part in BY_KEY), "other")
        return Utterance(path=path, text=text, speaker=speaker)

    def _name(self, path: Path) -> str:
        return f"{path.parents[1].name}/{path.stem}"


@lru_cache(maxsize=4)
def _texts(root: Path, language: str) -> dict[str, str]:
    """By "LEVEL/KEY", of pairs of dialogId and dialogStr."""
    found: dict[str, str] = {}
    for path in sorted(root.glob(f"*/dialogs_{language}.lua")):
        text = path.read_text(encoding="utf-8", errors="replace")
        for key, said in ENTRY.findall(text):
            found[f"{path.parent.name}/{key}"] = said.replace('\\"', '"').replace("\\n", " ")
    return found
