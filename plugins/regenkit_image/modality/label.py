"""A class, as X: one token an example."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.errors import UserError
from regenkit.files import parse_lines, read_text, write_text
from regenkit.nearest import did_you_mean
from regenkit.spec import Fields, Spec, tokens
from regenkit_image.modality.words import lines, plain

DIGITS = tuple("0123456789")


@final
class Label:
    """One of the classes of a dataset, by its name (as `plain` writes it)."""

    version = 1

    def __init__(self, labels: Sequence[str] = DIGITS) -> None:
        names = tuple(map(plain, labels))
        if not names or len(set(names)) != len(names):
            raise ValueError(f"{len(names)} labels, {len(set(names))} different; right is one at least, all different")
        self.labels = names
        self.spec = Spec({"label": tokens(self.labels, scalar=True)})

    def read(self, path: str | Path) -> list[str]:
        """The labels of a .txt file, one a line. Raises UserError, with the line."""
        return parse_lines(path, lines(read_text(Path(path))), self.parse, "label")

    def parse(self, text: str) -> str:
        """The label that is meant, whatever its case. Raises UserError."""
        known = {**{label.casefold(): label for label in self.labels}, **{label: label for label in self.labels}}
        meant = plain(text)
        try:
            return known[meant] if meant in known else known[meant.casefold()]
        except KeyError as error:
            raise UserError(f"no label is named {meant!r}{did_you_mean(meant, self.labels)}") from error

    def write(self, value: str, path: str | Path) -> None:
        """Write a .txt file. Raises UserError."""
        write_text(Path(path), f"{value}\n")

    def encode(self, value: str) -> tuple[Fields, dict[str, Any]]:
        """Raises UserError where the label is not one of these."""
        label = self.parse(value)
        return {"label": np.array(self.labels.index(label) + 1, np.int32)}, {"title": label}

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> str:
        """The label; "" where it is absent (0)."""
        token = int(fields["label"])
        return self.labels[token - 1] if token else ""

    def describe(self, value: str) -> str:
        return value or "no label"
