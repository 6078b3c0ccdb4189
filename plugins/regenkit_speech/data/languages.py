"""The English prompts and the Czech and Dutch dialogue as one dataset, for models of several languages."""

from collections.abc import Mapping, Sequence
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
        _check(languages)
        how: dict[str, Any] = {"sample_rate": sample_rate, "max_seconds": max_seconds, "limit": limit}
        self.parts: dict[Name, Prompts | Fillets] = {
            name: Prompts(units="characters", **how) if name == "en" else Fillets(name, **how) for name in languages
        }
        self.audio = {"sample_rate": sample_rate, "max_seconds": max_seconds}

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {"x": {}, "y": self.audio}

    def sources(self) -> list[str]:
        """ "LANGUAGE/SOURCE", a language after the other."""
        return _sources(self.parts)

    def fingerprint(self) -> str:
        return "".join(part.fingerprint() for part in self.parts.values())

    def read(self, source: str) -> list[Example]:
        """The example of one clip. Raises BadSource where it can't be used."""
        language, _, name = source.partition("/")
        return [
            replace(each, id=source, y={key: value for key, value in each.y.items() if key != SPEAKER})
            for each in self.parts[language].read(name)  # type: ignore[index] # it is one of them
        ]


@final
class LanguagesToText:
    """X is the voice, Y the words; the language is given. The arguments are those of `Languages`."""

    version = 1

    def __init__(
        self, languages: Sequence[Name] = ALL, sample_rate: PositiveInt = RATE, max_seconds: PositiveFloat = 15.0,
        limit: PositiveInt | None = None,
    ) -> None:  # fmt: skip
        _check(languages)
        how: dict[str, Any] = {"sample_rate": sample_rate, "max_seconds": max_seconds, "limit": limit}
        self.parts: dict[Name, PromptsToText | FilletsToText] = {
            name: PromptsToText(**how) if name == "en" else FilletsToText(name, **how) for name in languages
        }
        self.audio = {"sample_rate": sample_rate, "max_seconds": max_seconds, "axis": "x"}

    @property
    def modalities(self) -> dict[str, dict[str, Any]]:
        return {"x": self.audio, "y": {**text_arguments(), "languages": [LABELS[name] for name in self.parts]}}

    def sources(self) -> list[str]:
        """ "LANGUAGE/SOURCE", a language after the other."""
        return _sources(self.parts)

    def fingerprint(self) -> str:
        return "".join(part.fingerprint() for part in self.parts.values())

    def read(self, source: str) -> list[Example]:
        """The example of one clip. Raises BadSource where it can't be used."""
        language, _, name = source.partition("/")
        token = np.array(1 + list(self.parts).index(language), np.int32)  # type: ignore[arg-type]
        own = {"language": token} if len(self.parts) > 1 else {}
        return [replace(each, id=source, y={**each.y, **own})
                for each in self.parts[language].read(name)]  # type: ignore[index] # fmt: skip


def _check(languages: Sequence[str]) -> None:
    if not languages or len(set(languages)) < len(languages):
        raise UserError(f"languages: {', '.join(languages) or 'none'}; right are some of {', '.join(ALL)}, each once")


def _sources(parts: Mapping[Name, Any]) -> list[str]:
    return [f"{language}/{source}" for language, part in parts.items() for source in part.sources()]
