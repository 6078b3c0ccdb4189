"""For mkdocstrings: the aligned columns of our docstrings become lists."""

from typing import Any

import griffe

from website import words


class Columns(griffe.Extension):
    """Rewrites each docstring once it is read."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = words.columns(obj.docstring.value)
