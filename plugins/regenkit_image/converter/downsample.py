"""Y′: the picture itself, coarser (down-sampling: arXiv 2301.08846, Table 1)."""

from typing import final

import numpy as np
from pydantic import PositiveInt

from regenkit.spec import Field, Fields, Spec
from regenkit_image.converter.fixed import Fixed, single


@final
class Downsample(Fixed):
    """`low`, float32 (size / factor, size / factor, channels) in [−1, 1]: the mean of every factor × factor pixels.

    factor  a divisor of the size
    """

    def __init__(self, *, y: Spec, factor: PositiveInt = 4) -> None:
        super().__init__(y)
        if self.size % factor:
            right = [number for number in range(1, self.size + 1) if self.size % number == 0]
            raise ValueError(f"factor is {factor}; pictures of {self.size} × {self.size} divide by "
                             f"{', '.join(map(str, right))}")  # fmt: skip
        self.factor, self.side = factor, self.size // factor
        self.spec = Spec({"low": Field(kind="continuous", shape=(self.side, self.side, self.channels))})

    def convert(self, y: Fields) -> Fields:
        grid = (self.side, self.factor, self.side, self.factor, self.channels)
        return {"low": single(y["pixels"].astype(np.float64).reshape(grid).mean((1, 3)))}

    def approximate(self, rep: Fields) -> Fields:
        """Each mean repeated: of all pictures with this Y′ the one of least norm."""
        return {"pixels": single(rep["low"]).repeat(self.factor, 0).repeat(self.factor, 1)}
