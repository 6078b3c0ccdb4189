"""The modality: files ↔ values ↔ fields."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from regenkit import Field, Spec, UserError
from regenkit.files import beside, read_text, write_text
from regenkit.spec import Fields

SIZE = 12


class Glyph:
    """A value is a text of 12 lines of 12 characters: # is black, . is white."""

    spec = Spec({"squares": Field(vocabulary=2, shape=(SIZE, SIZE), labels=("white", "black"))})
    version = 1

    def read(self, path: str | Path) -> list[str]:
        text = read_text(Path(path)).strip()
        lines = text.split("\n")
        if len(lines) != SIZE or any(len(line) != SIZE or set(line) - set("#.") for line in lines):
            raise UserError(f"{path}: is no glyph; right are {SIZE} lines of {SIZE} characters # or .")
        return [text]

    def write(self, value: str, path: str | Path) -> None:
        if Path(path).suffix == ".txt":
            return write_text(Path(path), value + "\n")
        white = np.array([[character != "#" for character in line] for line in value.split("\n")])
        picture = Image.fromarray(np.uint8(255 * white)).resize((8 * SIZE, 8 * SIZE), Image.Resampling.NEAREST)
        with beside(Path(path)) as temporary:
            picture.save(temporary, format="png")

    def encode(self, value: str) -> tuple[Fields, dict[str, Any]]:
        rows = [[".#".index(character) + 1 for character in line] for line in value.split("\n")]
        return {"squares": np.array(rows, np.int32)}, {}

    def decode(self, fields: Mapping[str, np.ndarray], meta: Mapping[str, Any] | None = None) -> str:
        return "\n".join("".join("..#"[token] for token in row) for row in fields["squares"])

    def describe(self, value: str) -> str:
        return f"{value.count('#')} of {SIZE * SIZE} squares are black"
