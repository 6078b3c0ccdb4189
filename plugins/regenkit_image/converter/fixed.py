"""What converters of pictures by rule have in common: nothing is learned, nothing can be given, the text is numbers.

Those that lose little have `approximate(rep)` besides: a picture of which this is the Y′, without what Y′ does not say,
so that `convert` gives `rep` back.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np

from regenkit.given import Given, nothing_given
from regenkit.rep_text import from_text, to_text
from regenkit.spec import Fields, Spec


class Fixed(ABC):
    """A map of the pixels, float32 (size, size, channels), that is known without training.

    y  the spec of Y: square pictures, as the field `pixels`
    """

    modality = "image"
    version = 1
    spec: Spec

    def __init__(self, y: Spec) -> None:
        shape = y["pixels"].shape if "pixels" in y else ()
        if len(shape) != 3 or shape[0] is None or shape[0] != shape[1] or not shape[2]:
            raise ValueError(f"Y has {', '.join(f'{name} {field.shape}' for name, field in y.items()) or 'no fields'}; "
                             "right is pixels (size, size, channels)")  # fmt: skip
        self.size, self.channels = shape[0], shape[2]

    @abstractmethod
    def convert(self, y: Fields) -> Fields:
        """The Y′ of one picture."""

    def given(self, options: Mapping[str, str]) -> Given:
        """Nothing. Raises UserError where something is asked for."""
        return nothing_given(options, f"this Y′ ({', '.join(self.spec)})")

    def complete(self, rep: Fields, given: Given) -> Fields:
        return dict(rep)

    def to_text(self, rep: Fields, meta: Mapping[str, Any]) -> str:
        """YAML, to four decimals."""
        return to_text(self.spec, rep, meta)

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        """(rep, meta). Raises UserError where it is not what `to_text` writes."""
        return from_text(self.spec, text)


def single(values: np.ndarray) -> np.ndarray:
    """Transforms are computed in float64, and kept as what models take."""
    return np.ascontiguousarray(values, np.float32)
