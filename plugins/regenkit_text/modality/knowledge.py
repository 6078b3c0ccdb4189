"""Knowledge, as X: facts without an order.

Models read it as a sequence on X's own axis, an entry for each unit of each value:

    key      of which key the value is
    x_…      the unit (a character, or a byte)
    place    its place within the value, 1…32 and no further, so that two values of one key are told apart

Facts are sorted first, so that any order of the same facts is the same example. A unit has the label that it has in a
text of the same alphabet, so that a model may copy it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
from pydantic import PositiveInt

from regenkit.errors import UserError
from regenkit.files import write_text
from regenkit.nearest import did_you_mean
from regenkit.spec import Fields, Spec, tokens
from regenkit_text.modality import facts as reading
from regenkit_text.modality.facts import SUFFIXES, Facts, grouped
from regenkit_text.modality.text import lines
from regenkit_text.modality.units import FIELD, units_of

PLACES = 32
YAML = (".yaml", ".yml")


@final
class Knowledge:
    """Facts. A value is a sorted tuple of (key, value), each pair once.

    keys        that there may be; the data know them
    units       of the values
    labels      the alphabet of characters; the data know it
    max_length  units of all values together
    """

    version = 1

    def __init__(
        self, keys: Sequence[str] = ("fact",), units: Literal["characters", "bytes"] = "bytes",
        labels: Sequence[str] = (), max_length: PositiveInt = 512,
    ) -> None:  # fmt: skip
        if not keys or len(set(keys)) != len(keys):
            raise ValueError(f"{len(keys)} keys, {len(set(keys))} different; right is one at least, all different")
        self.keys, self.max_length = tuple(keys), max_length
        self.units = units_of(units, labels)
        self.field = "x_" + FIELD[units]
        self.spec = Spec(
            {
                "key": tokens(self.keys, axis="x"),
                self.field: tokens(self.units.labels, axis="x"),
                "place": tokens(PLACES, axis="x"),
            }
        )

    # --- files -------------------------------------------------------------------------------------------------------

    def read(self, path: str | Path, encoding: str | None = None) -> list[Facts]:
        """The facts of each row, line or map, which can all be encoded. Raises UserError, and BadSource where the file
        is no text."""
        suffix, text = Path(path).suffix.lower(), "\n".join(lines(path, encoding))
        try:
            found = reading.from_rows(text, suffix, str(path)) if suffix in SUFFIXES else reading.from_yaml(text)
        except UserError as error:
            raise UserError(str(error) if suffix in SUFFIXES else f"{path}: {error}") from error
        if not found:
            raise UserError(f"{path}: has no facts")
        try:
            read = [self._checked(each) for each in found]
            for each in read:
                self.encode(each)
        except UserError as error:
            raise UserError(f"{path}: {error}") from error
        return read

    def parse(self, text: str) -> Facts:
        """Of a map in YAML or JSON: "{name: bash, section: shells}". Raises UserError."""
        found = reading.from_yaml(text)
        if len(found) != 1:
            raise UserError(f"{len(found)} sets of facts; right is one, as {{name: bash, section: shells}}")
        return self._checked(found[0])

    def write(self, value: Facts, path: str | Path) -> None:
        """Write a .jsonl, .csv, .tsv or .yaml file. Raises UserError."""
        suffix = Path(path).suffix.lower()
        write_text(Path(path), reading.to_yaml([value]) if suffix in YAML else reading.to_rows(value, suffix))

    # --- fields ------------------------------------------------------------------------------------------------------

    def encode(self, value: Facts) -> tuple[Fields, dict[str, Any]]:
        """Raises UserError where a key or a character is none of these, or all is too long."""
        said = [(self.keys.index(key) + 1, self.units.encode(text)) for key, text in self._checked(value)]
        if (count := sum(len(units) for _, units in said)) > self.max_length:
            raise UserError(f"facts of {count:,} {self.field[2:]}s; at most {self.max_length:,} are read")
        columns = [(number, unit, min(place, PLACES)) for number, units in said for place, unit in enumerate(units, 1)]
        table = np.array(columns, np.int32).T
        return dict(zip(self.spec, table, strict=True)), {"title": self.describe(value)[:80], "facts": grouped(value)}

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> Facts:
        """The facts of what `encode` made."""
        found, units = [], []
        columns = list(zip(*(fields[name].tolist() for name in self.spec), strict=True))
        for index, (key, unit, _) in enumerate(columns):
            units.append(unit)
            if index + 1 == len(columns) or columns[index + 1][2] == 1:
                found.append((self.keys[key - 1], self.units.decode(units)))
                units = []
        return tuple(sorted(found))

    def describe(self, value: Facts) -> str:
        return ", ".join(f"{key}: {said}" for key, said in value) or "no facts"

    def _checked(self, value: Facts) -> Facts:
        if not value:
            raise UserError("no facts: write at least one, as {name: value}")
        for key, _ in value:
            if key not in self.keys:
                raise UserError(f"there is no key {key!r}{did_you_mean(key, self.keys)}")
        return tuple(sorted(set(value)))
