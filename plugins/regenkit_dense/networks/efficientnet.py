"""Features of EfficientNet-lite0, trained on ImageNet, by the image plugin's component: frozen, and with a gradient by
the picture. Their weights are fetched with `regenkit data fetch image/efficientnet`, and are no part of a run."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, final

from regenkit import plugins
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec

CHANNELS, STRIDES = (16, 24, 40, 80, 112, 192, 320), (2, 4, 8, 16, 16, 32, 32)
"""Of stages 1 to 7."""


@final
class Features:
    """Of square pictures of `shape`, the features of some stages.

    Raises ValueError where the size does not divide, and UserError, with the command that fetches them, where the
    weights are not here.
    """

    def __init__(self, shape: tuple[int, int, int], stages: tuple[int, ...]) -> None:
        stride = max(STRIDES[stage - 1] for stage in stages)
        if shape[0] != shape[1] or shape[0] % stride:
            raise ValueError(
                f"pictures of {shape[0]} × {shape[1]}; EfficientNet wants squares whose side divides by {stride}"
            )
        y = Spec({"pixels": Field(kind="continuous", shape=shape, levels=256)})
        record = plugins.host().find("converter", "image/efficientnet")
        self.converters: dict[int, Any] = {
            stage: record.load()(y=y, stage=stage, factor=STRIDES[stage - 1]) for stage in stages
        }
        with ThreadPoolExecutor(1) as pool:  # a thread of its own has no graph open and no draft, in which whoever
            pool.submit(lambda: self(tf.zeros([1, *shape]))).result()  # builds this may be; its weights have values

    def __call__(self, pixels: tf.Tensor) -> dict[int, tf.Tensor]:
        """By stage, [batch, height / stride, width / stride, channels]."""
        return {stage: each.encode({}, {"pixels": pixels})["features"] for stage, each in self.converters.items()}
