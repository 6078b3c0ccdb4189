"""The user's own text: pairs in tables and JSON lines, and text alone."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, final

from pydantic import PositiveInt

from regenkit.components import Example, LeftOut
from regenkit.errors import UserError
from regenkit.sources.locate import stamp
from regenkit_text.data.learned import Side
from regenkit_text.data.own import Line, Own

UnitsOfOwn = Literal["characters", "bytes", "subwords"]


@final
class Folder:
    """Pairs of texts of the rows of .csv, .tsv and .jsonl files, by their columns x and y (or source and target, input
    and output, prompt and text, text and target), where a number is text, too; and .txt files of text alone, a text a
    line. Where the first folders are train, val and test, or the files are called so (train.csv), they are the split;
    so is a column `split` that says so of a row. Equal texts, of X or of Y, are in one split.

    path        the folder; a relative one starts at the working directory
    units       of both sides
    vocabulary  the most characters of the alphabet; of sub-words, how many are learned
    max_length  units of a text; a longer one is left out, and named
    encoding    of the files, as cp1252; None: UTF-8 or, where they are none, what their letters tell
    """

    version = 4

    def __init__(
        self, path: str, units: UnitsOfOwn = "bytes", vocabulary: PositiveInt | None = None,
        max_length: PositiveInt = 256, encoding: str | None = None,
    ) -> None:  # fmt: skip
        self.text = Side(units, vocabulary, max_length)
        self.own = Own(path, "text/folder", encoding)

    @cached_property
    def modalities(self) -> dict[str, dict[str, Any]]:
        fit = (each for each in self.own.usable() if all(map(self.text.fits, filter(None, (each.x, each.y)))))
        learned = self.text.learned(text for each in fit for text in (each.x, each.y) if text)
        return {"x": {**learned, "axis": "x"}, "y": learned}

    @cached_property
    def _modalities(self) -> tuple[Any, Any]:
        return Side.built(self.modalities)

    def sources(self) -> list[str]:
        return self.own.sources()

    def ignored(self) -> Mapping[str, str]:
        return self.own.tree.ignored

    def fingerprint(self) -> str:
        return stamp(self.own.root, self.own.files)

    def read(self, source: str) -> list[Example | LeftOut]:
        """The examples of one file. Raises BadSource where it cannot be read."""
        x, y = self._modalities

        def made(line: Line) -> tuple[Any, Any]:
            return None if line.x is None else self.text.encode(x, line.x)[0], self.text.encode(y, line.y)[0]

        return list(self.own.examples(source, made))


@final
class OwnFacts:
    """Facts → text, of the rows of .csv, .tsv and .jsonl files: the column y, or text, is the text; every other one is
    a fact, whose key is the column's name. In JSON lines a value may be a list. Files of .txt are text alone. Split as
    `Folder` is; a column `split` that says anything else than names of splits is a fact.

    path        the folder; a relative one starts at the working directory
    units       of the text; the facts are in characters, or in bytes where the text is not
    vocabulary  the most characters of the alphabet; of sub-words, how many are learned
    max_length  units of a text; a longer one is left out, and named
    encoding    of the files, as cp1252; None: UTF-8 or, where they are none, what their letters tell
    """

    version = 3

    def __init__(
        self, path: str, units: UnitsOfOwn = "bytes", vocabulary: PositiveInt | None = None,
        max_length: PositiveInt = 256, encoding: str | None = None,
    ) -> None:  # fmt: skip
        self.text = Side(units, vocabulary, max_length)
        self.own = Own(path, "text/facts", encoding, facts_of_rest=True)

    @cached_property
    def modalities(self) -> dict[str, dict[str, Any]]:
        fit = [each for each in self.own.usable() if self.text.fits(each.y)]
        known = [pair for each in fit if each.x for pair in each.x]
        y = self.text.learned(each.y for each in fit)
        keys = sorted({key for key, _ in known})
        if not keys:
            raise UserError(
                f"text/facts: no file in {self.own.root} has facts; right are rows with columns beside text"
            )
        x = self.text.values((value for _, value in known), y)
        return {"x": {"keys": keys, **x, "max_length": 512}, "y": y}

    @cached_property
    def _modalities(self) -> tuple[Any, Any]:
        return Side.built(self.modalities)

    def sources(self) -> list[str]:
        return self.own.sources()

    def ignored(self) -> Mapping[str, str]:
        return self.own.tree.ignored

    def fingerprint(self) -> str:
        return stamp(self.own.root, self.own.files)

    def read(self, source: str) -> list[Example | LeftOut]:
        """The examples of one file. Raises BadSource where it cannot be read."""
        x, y = self._modalities

        def made(line: Line) -> tuple[Any, Any]:
            return x.encode(line.x)[0] if line.x else None, self.text.encode(y, line.y)[0]

        return list(self.own.examples(source, made))
