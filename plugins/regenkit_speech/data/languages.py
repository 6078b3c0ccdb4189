"""The English prompts and the Czech and Dutch dialogue as one dataset, for models of several languages."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, final

import numpy as np
from pydantic import PositiveFloat, PositiveInt

from regenkit.components import Example
from regenkit.errors import UserError
from regenkit.spec import Fields
from regenkit_speech.data.fillets import SPEAKERS, Fillets, FilletsToText
from regenkit_speech.data.prompts import Prompts, PromptsToText
from regenkit_speech.data.utterance import MOST, text_arguments
from regenkit_speech.modality.audio import RATE, SPEAKER
from regenkit_speech.modality.spoken import LANGUAGE

Name = Literal["en", "cs", "nl"]
ALL: tuple[Name, ...] = ("en", "cs", "nl")
LABELS = {"en": "en-us", "cs": "cs", "nl": "nl"}
"""Of the field `language`: names that the converter `text/phonemes` knows, too."""


@final
class Languages:
    """X is the text and its language, Y the voice, in English, Czech and Dutch.

    languages    which of them
    speakers     whether who speaks is given: one in English, in the others the small fish, the big one, or another
    sample_rate  of Y, samples a second
    max_seconds  of a clip; longer ones are left out
    limit        clips to use of each language at most, for a trial run
    """

    version = 2

    def __init__(
        self, languages: Sequence[Name] = ALL, speakers: bool = False, sample_rate: PositiveInt = RATE,
        max_seconds: PositiveFloat = 15.0, limit: PositiveInt | None = None,
    ) -> None:  # fmt: skip
        self.audio: dict[str, Any] = {"sample_rate": sample_rate, "max_seconds": max_seconds}
        how: dict[str, Any] = {**self.audio, "limit": limit}
        self.parts = _Parts(languages, lambda: Prompts(units="characters", **how), lambda name: Fillets(name, **how))
        self.speakers = [f"{name}-{who}" if who else name
                         for name in languages for who in ([""] if name == "en" else SPEAKERS)]  # fmt: skip
        self.with_speakers = speakers and len(self.speakers) > 1

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        """X in bytes, because its phonemes are looked up by what is written: "PBX" is not "pbx"."""
        x = {"units": "bytes", "axis": "x", "max_length": MOST, "languages": self.parts.labels}
        return {"x": x, "y": {**self.audio, **({"speakers": self.speakers} if self.with_speakers else {})}}

    def sources(self) -> list[str]:
        """ "LANGUAGE/SOURCE", a language after the other."""
        return self.parts.sources()

    def fingerprint(self) -> str:
        return self.parts.fingerprint()

    def read(self, source: str) -> list[Example]:
        """The example of one clip. Raises BadSource where it can't be used."""
        language, examples = self.parts.read(source)
        return [replace(each, x=self._text(each, language), y=self._voice(each, language)) for each in examples]

    def _text(self, example: Example, language: int) -> Fields | None:
        if example.x is None:
            return None
        written = unicodedata.normalize("NFC", " ".join(str(example.meta["title"]).split()))
        own = {LANGUAGE: np.array(1 + language, np.int32)} if len(self.parts.languages) > 1 else {}
        return {"x_byte": np.frombuffer(written.encode(), np.uint8).astype(np.int32) + 1, **own}

    def _voice(self, example: Example, language: int) -> Fields:
        y = {name: value for name, value in example.y.items() if name != SPEAKER}
        if not self.with_speakers:
            return y
        name = self.parts.languages[language]
        who = f"{name}-{SPEAKERS[int(example.y[SPEAKER]) - 1]}" if SPEAKER in example.y else name
        return {**y, SPEAKER: np.array(1 + self.speakers.index(who), np.int32)}


@final
class LanguagesToText:
    """X is the voice, Y the words; the language is given. The arguments are those of `Languages`."""

    version = 2

    def __init__(
        self, languages: Sequence[Name] = ALL, sample_rate: PositiveInt = RATE, max_seconds: PositiveFloat = 15.0,
        limit: PositiveInt | None = None,
    ) -> None:  # fmt: skip
        self.audio: dict[str, Any] = {"sample_rate": sample_rate, "max_seconds": max_seconds}
        how: dict[str, Any] = {**self.audio, "limit": limit}
        self.parts = _Parts(languages, lambda: PromptsToText(**how), lambda name: FilletsToText(name, **how))

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {"x": {**self.audio, "axis": "x"}, "y": {**text_arguments(), "languages": self.parts.labels}}

    def sources(self) -> list[str]:
        """ "LANGUAGE/SOURCE", a language after the other."""
        return self.parts.sources()

    def fingerprint(self) -> str:
        return self.parts.fingerprint()

    def read(self, source: str) -> list[Example]:
        """The example of one clip. Raises BadSource where it can't be used."""
        language, examples = self.parts.read(source)
        own = {LANGUAGE: np.array(1 + language, np.int32)} if len(self.parts.languages) > 1 else {}
        return [replace(each, y={**each.y, **own}) for each in examples]


@final
class _Parts:
    """A corpus a language. Raises UserError where the languages are none, or one stands twice."""

    def __init__(self, languages: Sequence[str], english: Callable[[], Any], other: Callable[[Any], Any]) -> None:
        if not languages or len(set(languages)) < len(languages):
            raise UserError(
                f"languages: {', '.join(languages) or 'none'}; right are some of {', '.join(ALL)}, each once"
            )
        self.languages = list(languages)
        self.corpora = {name: english() if name == "en" else other(name) for name in languages}

    @property
    def labels(self) -> list[str]:
        return [LABELS[name] for name in self.languages]

    def sources(self) -> list[str]:
        return [f"{language}/{source}" for language, corpus in self.corpora.items() for source in corpus.sources()]

    def fingerprint(self) -> str:
        return "".join(corpus.fingerprint() for corpus in self.corpora.values())

    def read(self, source: str) -> tuple[int, list[Example]]:
        """(the place of its language, its example under the name of the source)"""
        language, _, name = source.partition("/")
        examples = [replace(each, id=source) for each in self.corpora[language].read(name)]
        return self.languages.index(language), examples
