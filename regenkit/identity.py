"""The Y′ that is Y itself: for tasks whose answer the generator draws, so that a renderer has nothing to add."""

from collections.abc import Mapping
from typing import Any, final

from regenkit.given import Given, nothing_given
from regenkit.rep_text import from_text, to_text
from regenkit.spec import Fields, Spec


@final
class Identity:
    """Y′ has the fields of Y, with their shapes and values.

    y  the spec of Y
    """

    version = 1

    def __init__(self, *, y: Spec) -> None:
        self.spec = y

    def convert(self, y: Fields) -> Fields:
        return dict(y)

    def given(self, options: Mapping[str, str]) -> Given:
        """Nothing can be given. Raises UserError where something is."""
        return nothing_given(options, f"this Y′ ({', '.join(self.spec)})")

    def complete(self, rep: Fields, given: Given) -> Fields:
        return dict(rep)

    def to_text(self, rep: Fields, meta: Mapping[str, Any]) -> str:
        """YAML, numbers to four decimals."""
        return to_text(self.spec, rep, meta)

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        """(Y′, meta). Raises UserError where it is not what `to_text` writes."""
        return from_text(self.spec, text)
