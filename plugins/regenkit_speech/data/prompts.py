"""The English prompts of a telephone exchange: one voice, 540 clips with what is said in them."""

import gzip
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
from regenkit_speech.packages import PROMPT_TEXTS, PROMPTS

NOT_SPEECH = re.compile(r"[\[\]<>]|^\(.*\)$")
"""In a transcript: "[this is a simple beep tone]", "(1 second of silence)"."""
KEYS = {"#": " pound ", "*": " star "}
"""Of a telephone, as the voice calls them."""


@final
class Prompts:
    """X is the text, Y the voice.

    path         a folder of your own with *.g722 and core-sounds-en.txt.gz
    units        what X is made of: characters, or the phones of a dictionary
    sample_rate  of Y, samples a second
    max_seconds  of a clip; longer ones are left out
    limit        clips to use at most, for a trial run
    """

    version = 2

    def __init__(
        self, path: str | None = None, units: Literal["characters", "phones"] = "phones",
        sample_rate: PositiveInt = RATE, max_seconds: PositiveFloat = 15.0, limit: PositiveInt | None = None,
    ) -> None:  # fmt: skip
        self.corpus = _Corpus(path, "speech/prompts", limit)
        self.units, self.sample_rate, self.max_seconds = units, sample_rate, max_seconds

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        y = {"sample_rate": self.sample_rate, "max_seconds": self.max_seconds}
        return {"x": {"units": self.units}, "y": y}

    def sources(self) -> list[str]:
        """Names of clips, sorted."""
        return self.corpus.sources()

    def fingerprint(self) -> str:
        return self.corpus.fingerprint()

    def read(self, source: str) -> list[Example]:
        """The example of one clip. Raises BadSource where it can't be used."""
        return speaking(source, self.corpus.utterance(source), self.modalities)


@final
class PromptsToText:
    """X is the voice, Y the text; the arguments are those of `Prompts`, without units."""

    version = 3

    def __init__(
        self, path: str | None = None, sample_rate: PositiveInt = RATE, max_seconds: PositiveFloat = 15.0,
        limit: PositiveInt | None = None,
    ) -> None:  # fmt: skip
        self.corpus = _Corpus(path, "speech/prompts_to_text", limit)
        self.sample_rate, self.max_seconds = sample_rate, max_seconds

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        x = {"sample_rate": self.sample_rate, "max_seconds": self.max_seconds, "axis": "x"}
        return {"x": x, "y": text_arguments()}

    def sources(self) -> list[str]:
        """Names of clips, sorted."""
        return self.corpus.sources()

    def fingerprint(self) -> str:
        return self.corpus.fingerprint()

    def read(self, source: str) -> list[Example]:
        """The example of one clip. Raises BadSource where it can't be used."""
        return transcribing(source, self.corpus.utterance(source), self.modalities, "en")


@final
class _Corpus:
    def __init__(self, path: str | None, dataset: str, limit: int | None) -> None:
        self.path, self.dataset, self.limit = path, dataset, limit
        if path is not None:
            _ = self.root, self.texts  # refused at once where they are not right

    @cached_property
    def root(self) -> Path:
        """Where the sounds are. Raises UserError, with the command that fetches them, where they are not here."""
        return located(PROMPTS, dataset=self.dataset, path=self.path)

    @cached_property
    def texts(self) -> Path:
        return located(PROMPT_TEXTS, dataset=self.dataset, path=self.path)

    def sources(self) -> list[str]:
        """All that has a sound or a text, so that one without the other is named."""
        clips = {path.relative_to(self.root).with_suffix("").as_posix() for path in self.root.rglob("*.g722")}
        return sorted(clips | set(_texts(self.texts)))[: self.limit]

    def fingerprint(self) -> str:
        return fingerprint(PROMPTS, self.path) + fingerprint(PROMPT_TEXTS, self.path)

    def utterance(self, source: str) -> Utterance:
        text = _texts(self.texts).get(source)
        if text is None:
            raise BadSource(source, "has no transcript")
        if NOT_SPEECH.search(text):
            raise BadSource(source, "is no speech: its transcript stands in brackets")
        if "(" in text:
            raise BadSource(source, "its transcript says in brackets what the voice does not say")
        for key, name in KEYS.items():
            text = text.replace(key, name)
        return Utterance(path=self.root / f"{source}.g722", text=" ".join(text.split()))


@lru_cache(maxsize=2)
def _texts(root: Path) -> dict[str, str]:
    """By clip, of lines "key: text"; ";" begins a comment."""
    with gzip.open(root / "core-sounds-en.txt.gz", "rt", encoding="utf-8", errors="replace") as file:
        lines = [line.strip() for line in file if ":" in line and not line.startswith(";")]
    return {key.strip(): text.strip() for key, _, text in (line.partition(":") for line in lines) if text.strip()}
