"""The English prompts and the Czech and Dutch dialogue as one dataset, for models of several languages."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, final

import numpy as np
from pydantic import PositiveFloat, PositiveInt

from regenkit.components import Example
from regenkit.errors import UserError
from regenkit_speech.data.fillets import Fillets, FilletsToText
from regenkit_speech.data.prompts import Prompts, PromptsToText
from regenkit_speech.data.utterance import text_arguments
from regenkit_speech.modality.audio import RATE, SPEAKER

Name = Literal["en", "cs", "nl"]
ALL: tuple[Name, ...] = ("en", "cs", "nl")
LABELS = {"en": "en-us", "cs": "cs", "nl": "nl"}
"""Of the field `language`: names that the converter `text/phonemes` knows, too."""


@final
class Languages:
    """X is the text, Y the voice, in English, Czech and Dutch; who speaks is not told.

    languages    which of them
    sample_rate  of Y, samples a second
    max_seconds  of a clip; longer ones are left out
    limit        clips to use of each language at most, for a trial run
    """

    version = 1

    def __init__(
        self, languages: Sequence[Name] = ALL, sample_rate: PositiveInt = RATE, max_seconds: PositiveFloat = 15.0,
        limit: PositiveInt | None = None,
    ) -> None:  # fmt: skip
        self.audio: dict[str, Any] = {"sample_rate": sample_rate, "max_seconds": max_seconds}
        how: dict[str, Any] = {**self.audio, "limit": limit}
        self.parts = _Parts(languages, lambda: Prompts(units="characters", **how), lambda name: Fillets(name, **how))

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {"x": {}, "y": self.audio}

    def sources(self) -> list[str]:
        """ "LANGUAGE/SOURCE", a language after the other."""
        return self.parts.sources()

    def fingerprint(self) -> str:
        return self.parts.fingerprint()

    def read(self, source: str) -> list[Example]:
        """The example of one clip. Raises BadSource where it can't be used."""
        return [replace(each, y={key: value for key, value in each.y.items() if key != SPEAKER})
                for each in self.parts.read(source)[1]]  # fmt: skip


@final
class LanguagesToText:
    """X is the voice, Y the words; the language is given. The arguments are those of `Languages`."""

    version = 1

    def __init__(
        self, languages: Sequence[Name] = ALL, sample_rate: PositiveInt = RATE, max_seconds: PositiveFloat = 15.0,
        limit: PositiveInt | None = None,
    ) -> None:  # fmt: skip
        self.audio: dict[str, Any] = {"sample_rate": sample_rate, "max_seconds": max_seconds}
        how: dict[str, Any] = {**self.audio, "limit": limit}
        self.parts = _Parts(languages, lambda: PromptsToText(**how), lambda name: FilletsToText(name, **how))

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        known = [LABELS[name] for name in self.parts.languages]
        return {"x": {**self.audio, "axis": "x"}, "y": {**text_arguments(), "languages": known}}

    def sources(self) -> list[str]:
        """ "LANGUAGE/SOURCE", a language after the other."""
        return self.parts.sources()

    def fingerprint(self) -> str:
        return self.parts.fingerprint()

    def read(self, source: str) -> list[Example]:
        """The example of one clip. Raises BadSource where it can't be used."""
        language, examples = self.parts.read(source)
        own = {"language": np.array(1 + language, np.int32)} if len(self.parts.languages) > 1 else {}
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

    def sources(self) -> list[str]:
        return [f"{language}/{source}" for language, corpus in self.corpora.items() for source in corpus.sources()]

    def fingerprint(self) -> str:
        return "".join(corpus.fingerprint() for corpus in self.corpora.values())

    def read(self, source: str) -> tuple[int, list[Example]]:
        """(the place of its language, its example under the name of the source)"""
        language, _, name = source.partition("/")
        examples = [replace(each, id=source) for each in self.corpora[language].read(name)]
        return self.languages.index(language), examples
