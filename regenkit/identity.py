"""The Y′ that is Y itself: for tasks whose answer the generator draws, so that a renderer has nothing to add."""

from typing import final

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
