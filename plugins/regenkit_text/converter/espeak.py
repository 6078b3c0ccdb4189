"""espeak-ng, by the packages phonemizer-fork and espeakng-loader, which bring it along."""

import logging
import re
from functools import cache, lru_cache
from typing import Any

from regenkit.errors import UserError
from regenkit.nearest import did_you_mean

MARKS = re.compile(r'[;!?¡¿—…"«»“”(){}\[\]]|(?<!\d)[.,:]|[.,:](?!\d)')
"""What parts words. A mark within a number is none: espeak-ng reads "3.5", "1,000" and "12:30" as wholes."""
SIGNS = str.maketrans({
    "A": "ɑ", "N": "ŋ", "S": "ʃ", "X": "χ", "Z": "ʒ", ":": "ː", "?": "ʔ", "`": "ʼ", "^": "ʲ", "[": "\u032a",
    '"': "\u0308", "#": "\u0325",
})  # fmt: skip
"""Signs of ASCII that some of its languages have, as Irish, Danish and Kyrgyz, and those of IPA that they stand for."""
CRASHES = ("kl",)
"""Languages that end the whole process at some numbers."""


def check(language: str) -> None:
    """Raises UserError where espeak-ng is not installed, or cannot say anything in the language."""
    names = languages()
    if language not in names:
        raise UserError(
            f"espeak-ng has no language {language!r}{did_you_mean(language, names)}; it has {len(names)}, by their "
            "codes: en-us, de, fr-fr, cmn …"
        )
    if language in CRASHES:
        raise UserError(f"espeak-ng crashes at numbers in {language!r}; choose another language")
    if not phonemes("a 1", language):
        raise UserError(f"espeak-ng knows the name {language!r}, but says nothing in it; choose another language")


@lru_cache(maxsize=100_000)
def phonemes(text: str, language: str) -> str:
    """IPA with stress, words parted by spaces; marks are left out. "" where espeak-ng says nothing."""
    return str(_backend(language).phonemize([text], strip=True)[0]).translate(SIGNS)


@cache
def languages() -> tuple[str, ...]:
    return tuple(_espeak().supported_languages())


@cache
def _backend(language: str) -> Any:
    return _espeak()(
        language, with_stress=True, language_switch="remove-flags", words_mismatch="ignore",
        logger=_quiet(), punctuation_marks=MARKS,
    )  # fmt: skip


def _quiet() -> logging.Logger:
    """It would warn of every text with a foreign word."""
    found = logging.getLogger(__name__)
    found.setLevel(logging.ERROR)
    return found


@cache
def _espeak() -> Any:
    try:
        import espeakng_loader
        from phonemizer.backend import EspeakBackend
        from phonemizer.backend.espeak.wrapper import EspeakWrapper
    except ModuleNotFoundError as error:
        raise UserError(
            f"phonemes of words that no lexicon has want espeak-ng ({error.name} is missing): pip install "
            "'regenkit[phonemes]'. Or set espeak: false, and texts with such words are left out"
        ) from error
    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
    return EspeakBackend
