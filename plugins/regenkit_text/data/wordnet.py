"""WordNet 3.0: a word and what is known of its sense → the gloss."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, final

from pydantic import PositiveInt

from regenkit.components import Example, LeftOut
from regenkit.errors import BadSource, UserError
from regenkit.files import read_text
from regenkit.sources.locate import fingerprint, located
from regenkit_text.data.learned import Side
from regenkit_text.data.spans import spanned, spans
from regenkit_text.modality.facts import Facts
from regenkit_text.modality.words import plain
from regenkit_text.packages import WORDNET

Class = Literal["noun", "verb", "adj", "adv"]
CLASSES: tuple[Class, ...] = ("noun", "verb", "adj", "adv")
DOMAINS = (
    "all", "pert", "all", "Tops", "act", "animal", "artifact", "attribute", "body", "cognition", "communication",
    "event", "feeling", "food", "group", "location", "motive", "object", "person", "phenomenon", "plant", "possession",
    "process", "quantity", "relation", "shape", "state", "substance", "time", "body", "change", "cognition",
    "communication", "competition", "consumption", "contact", "creation", "emotion", "motion", "perception",
    "possession", "social", "stative", "weather", "ppl",
)  # fmt: skip
"""The lexicographers' files by number (lexnames(5WN)), without the class of their words."""
HYPERNYM = ("@", "@i")


@final
@dataclass(frozen=True, kw_only=True)
class Synset:
    """lemma     its first word
    hypernyms  offsets within the same file
    """

    offset: str
    kind: Class
    domain: str
    lemma: str
    hypernyms: tuple[str, ...]
    gloss: str


@final
class WordNet:
    """Facts of a sense (its word, its word class, the domain, the word of its first hypernym) → its gloss, without the
    examples. One example a synset; senses of one word, or of one gloss, are in one split.

    path        a folder of your own with data.noun, data.verb, data.adj and data.adv
    classes     of words, to use
    units       of the gloss; the facts are in characters, or in bytes where the gloss is not
    vocabulary  the most characters of the alphabet; of sub-words, how many are learned
    limit       synsets of each class to use at most, for a trial run
    """

    version = 2

    def __init__(
        self, path: str | None = None, classes: tuple[Class, ...] = CLASSES,
        units: Literal["characters", "bytes", "subwords"] = "characters", vocabulary: PositiveInt | None = None,
        max_length: PositiveInt = 128, limit: PositiveInt | None = None,
    ) -> None:  # fmt: skip
        self.path, self.classes, self.limit = path, classes, limit
        self.text = Side(units, vocabulary, max_length)
        if path is not None:
            _ = self.root  # refused at once where it is not right

    @cached_property
    def root(self) -> Path:
        """Raises UserError, with the command that fetches them, where its files are not here."""
        return located(WORDNET, dataset="text/wordnet", path=self.path)

    def _senses(self, kind: Class) -> list[tuple[Synset, Facts]]:
        return _loaded(self.root, kind, self.fingerprint())[: self.limit]

    @cached_property
    def modalities(self) -> dict[str, dict[str, Any]]:
        every = (sense for kind in self.classes for sense in self._senses(kind))
        senses = [(synset, facts) for synset, facts in every if self.text.fits(synset.gloss)]
        y = self.text.learned(synset.gloss for synset, _ in senses)
        keys = ["class", "domain", "hypernym", "word"]
        values = self.text.values((value for _, facts in senses for _, value in facts), y)
        return {"x": {"keys": keys, **values, "max_length": 256}, "y": y}

    @cached_property
    def _modalities(self) -> tuple[Any, Any]:
        return self.text.built(self.modalities)

    def sources(self) -> list[str]:
        """ "noun/0-500" and so on."""
        return [f"{kind}/{span}" for kind in self.classes for span in spans(len(self._senses(kind)))]

    def fingerprint(self) -> str:
        return fingerprint(WORDNET, self.path)

    def read(self, source: str) -> list[Example | LeftOut]:
        kind, span = source.split("/")
        knowledge, text = self._modalities
        found: list[Example | LeftOut] = []
        for synset, facts in self._senses(next(each for each in CLASSES if each == kind))[spanned(span)]:
            name = f"{kind}/{synset.offset}"
            try:
                y, meta = self.text.encode(text, synset.gloss)
                x = knowledge.encode(facts)[0]
            except UserError as error:
                found.append(LeftOut(id=name, reason=str(error)))
                continue
            groups = (f"word:{synset.lemma.casefold()}", f"gloss:{synset.gloss.casefold()}")
            found.append(Example(id=name, x=x, y=y, groups=groups, meta={**meta, "word": synset.lemma}))
        return found


@lru_cache(maxsize=len(CLASSES))
def _loaded(root: Path, kind: Class, stamped: str) -> list[tuple[Synset, Facts]]:
    """In the order of the file; `stamped` changes with it. Raises BadSource where a line is not as wndb(5WN) has it."""
    every = {synset.offset: synset for synset in _read(root / f"data.{kind}", kind)}
    found = []
    for synset in every.values():
        known = [("word", synset.lemma), ("class", synset.kind), ("domain", synset.domain)]
        known += [("hypernym", every[offset].lemma) for offset in synset.hypernyms[:1] if offset in every]
        found.append((synset, tuple(sorted(known))))
    return found


def _read(path: Path, kind: Class) -> Iterator[Synset]:
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line or line.startswith("  "):  # the licence
            continue
        try:
            said, gloss = line.split(" | ", 1)
            offset, domain, _, count, *rest = said.split()
            after = rest[2 * int(count, 16) :]
            pointers = [after[start : start + 4] for start in range(1, 1 + 4 * int(after[0]), 4)]
            yield Synset(
                offset=offset, kind=kind, domain=DOMAINS[int(domain)], lemma=_word(rest[0]),
                hypernyms=tuple(to for symbol, to, _, _ in pointers if symbol in HYPERNYM), gloss=_definition(gloss),
            )  # fmt: skip
        except (ValueError, IndexError) as error:
            raise BadSource(path, f"line {number} is not as WordNet's files are ({error})") from error


def _word(written: str) -> str:
    """Without underscores, and without the mark of an adjective's place ("galore(ip)")."""
    return written.replace("_", " ").split("(")[0]


def _definition(gloss: str) -> str:
    """A gloss without its examples, which stand in quotes after it."""
    return plain(gloss.split('; "')[0].strip().rstrip(";"))
