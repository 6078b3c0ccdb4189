"""The converter: Y → Y′, by a rule."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from regenkit import Field, Spec
from regenkit.given import Given, nothing_given
from regenkit.rep_text import from_text, to_text
from regenkit.spec import Fields
from regenkit_glyphs.glyph import SIZE


class Rows:
    """Y′: for each row, the number of black squares. A token is the number + 1, because 0 means "absent"."""

    spec = Spec({"black": Field(vocabulary=SIZE + 1, shape=(SIZE,))})
    version = 1

    def convert(self, y: Fields) -> Fields:
        return {"black": ((y["squares"] == 2).sum(axis=1) + 1).astype(np.int32)}

    def given(self, options: Mapping[str, str]) -> Given:
        return nothing_given(options, "rows")

    def complete(self, rep: Fields, given: Given) -> Fields:
        return dict(rep)

    def to_text(self, rep: Fields, meta: Mapping[str, Any]) -> str:
        return to_text(self.spec, rep, meta)

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        return from_text(self.spec, text)
