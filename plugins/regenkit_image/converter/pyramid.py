"""Y′: the picture at several sizes, coarse to fine, for a ladder (cascades: Ho et al. 2021, arXiv 2106.15282)."""

from itertools import pairwise
from typing import final

import numpy as np
from pydantic import PositiveInt

from regenkit.spec import Field, Fields, Spec
from regenkit_image.converter.downsample import Downsample
from regenkit_image.converter.fixed import Fixed


@final
class Pyramid(Fixed):
    """`low16`, `low32` …, float32 (side, side, channels) in [−1, 1], each the mean of every few pixels.

    factors  how much smaller each is than the picture, from the coarsest; divisors of the size
    """

    def __init__(self, *, y: Spec, factors: list[PositiveInt]) -> None:
        super().__init__(y)
        if not factors or any(one <= other for one, other in pairwise(factors)):
            raise ValueError(f"factors are {factors}; right are falling ones, as [4, 2]")
        self.levels = {f"low{self.size // factor}": Downsample(y=y, factor=factor) for factor in factors}
        self.spec = Spec(
            {
                name: Field(kind="continuous", shape=(level.side, level.side, self.channels))
                for name, level in self.levels.items()
            }
        )

    def convert(self, y: Fields) -> Fields:
        return {name: level.convert(y)["low"] for name, level in self.levels.items()}

    def approximate(self, rep: Fields) -> Fields:
        """Of the finest alone, which knows all the others do."""
        name, level = list(self.levels.items())[-1]
        return level.approximate({"low": np.asarray(rep[name])})
