"""What converters of pictures by rule have in common: nothing is learned.

Those that lose little have `approximate(rep)` besides: a picture of which this is the Y′, without what Y′ does not say,
so that `convert` gives `rep` back.
"""

from abc import ABC, abstractmethod

import numpy as np

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


def single(values: np.ndarray) -> np.ndarray:
    """Transforms are computed in float64, and kept as what models take."""
    return np.ascontiguousarray(values, np.float32)
