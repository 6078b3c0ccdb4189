"""Y′: what a classifier of ImageNet sees at each place, the features of EfficientNet-lite0 (`networks.efficientnet`).

Nothing is trained here, and there is no decoder. As a teacher (REPA, arXiv 2410.06940) it stands where the paper has
DINOv2, whose weights are in no package that this plugin fetches from.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, final

import numpy as np
from pydantic import PositiveInt

from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Fields, Spec
from regenkit_image.converter.fixed import Fixed
from regenkit_image.networks.efficientnet import network, prepared

CHANNELS = (16, 24, 40, 80, 112, 192, 320)
STRIDES = (2, 4, 8, 16, 16, 32, 32)
"""Of stages 1 to 7: numbers a place, and pixels from one place to the next."""
BATCH = 64


@final
class EfficientNet(Fixed):
    """`features`, float32 (size / factor, size / factor, channels), of pictures enlarged until a stage has that grid.

    stage   1 to 7, of 16, 24, 40, 80, 112, 192 and 320 channels: the later, the more of what is shown
    factor  how much smaller the grid is than the picture; a divisor of its size
    """

    def __init__(self, *, y: Spec, stage: Literal[1, 2, 3, 4, 5, 6, 7] = 5, factor: PositiveInt = 4) -> None:
        super().__init__(y)
        if self.size % factor:
            right = [number for number in range(1, self.size + 1) if self.size % number == 0]
            raise ValueError(f"factor is {factor}; pictures of {self.size} × {self.size} divide by "
                             f"{', '.join(map(str, right))}")  # fmt: skip
        side = self.size // factor
        self.stage, self.enlarged = f"stage{stage}", side * STRIDES[stage - 1]
        self.spec = Spec({"features": Field(kind="continuous", shape=(side, side, CHANNELS[stage - 1]))})

    def encode(self, condition: Mapping[str, tf.Tensor], target: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Y′ of pictures [batch, …]. Raises UserError, with the command that fetches it, where the file is missing."""
        return {"features": network()(prepared(target["pixels"], self.enlarged))[self.stage]}

    def convert(self, y: Fields) -> Fields:
        return self.convert_all([y])[0]

    def convert_all(self, ys: Sequence[Fields]) -> list[Fields]:
        """The Y′ of each Y, in batches."""
        pixels, see = np.stack([y["pixels"] for y in ys]), _seer(self.stage, self.enlarged)
        parts = [see(tf.constant(pixels[start : start + BATCH])).numpy() for start in range(0, len(ys), BATCH)]
        return [{"features": each} for part in parts for each in part]


@lru_cache(maxsize=2)
def _seer(stage: str, size: int) -> tf.types.experimental.PolymorphicFunction:
    """Apart from the converter, which another process may be sent."""
    model = network()  # outside of any graph
    return tf.function(lambda pixels: model(prepared(pixels, size))[stage], reduce_retracing=True, autograph=False)
