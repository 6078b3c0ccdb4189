"""A conformer: attention for what is far, convolution for what is near (Gulati et al. 2020, arXiv 2005.08100).

As in the paper a block is half a feed-forward layer, self-attention, a convolution module, and the other half.
Positions are rotary (arXiv 2104.09864), and the convolution module has a norm over the width in place of the batch's:
nothing here mixes examples. Entries that do not exist are 0 before every convolution and are not attended to, so an
example has the same result alone and in a batch.
"""

from typing import Any, final

from regenkit.layers import noise
from regenkit.layers.attention import rotary
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

EXPAND = 2
"""Width of half a feed-forward layer, over the width of the model."""


@final
class Subsampling(keras.layers.Layer):
    """Convolutions of stride 2, [batch, entries, inputs] → [batch, ceil(entries / factor), width].

    factor  1, 2 or 4; with 1 it is a projection of each entry
    """

    def __init__(self, inputs: int, width: int, factor: int) -> None:
        super().__init__()
        self.inputs, self.width = inputs, width
        # padded by hand: what "same" pads before the first entry depends on whether the length is even
        self.strides = [keras.layers.Conv1D(width, 3, strides=2, padding="valid") for _ in range(factor // 2)]
        self.out = keras.layers.Dense(width)

    def build(self, _shape: object = None) -> None:
        size = self.inputs
        for layer in self.strides:
            layer.build((None, None, size))
            size = self.width
        self.out.build((None, None, size))
        self.built = True

    def call(self, x: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """mask bool [batch, entries]; (the result, its mask)"""
        for layer in self.strides:
            x = x * tf.cast(mask, x.dtype)[..., None]
            x, mask = tf.nn.silu(layer(tf.pad(x, [[0, 0], [1, 1], [0, 0]]))), mask[:, ::2]
        return self.out(x), mask


@final
class Conformer(keras.layers.Layer):
    """Blocks, and a norm: [batch, entries, width] → the same.

    kernel   entries that a convolution sees
    dropout  of each branch in training, one mask an example for all its entries
    """

    def __init__(self, width: int, depth: int, heads: int, *, kernel: int, dropout: float) -> None:
        super().__init__()
        if width % (2 * heads):
            raise ValueError(f"width {width} must be a multiple of 2 × heads ({heads})")
        if kernel % 2 == 0:
            raise ValueError(f"kernel {kernel}; right is an odd number, so that it sees as far to both sides")
        self.width = width
        self.blocks = [_Block(width, heads, kernel, dropout) for _ in range(depth)]
        self.norm = keras.layers.LayerNormalization(epsilon=1e-5)

    def build(self, _shape: object = None) -> None:
        for layer in (*self.blocks, self.norm):
            layer.build((None, None, self.width))
        self.built = True

    def call(self, x: tf.Tensor, mask: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
        """mask bool [batch, entries]"""
        for number, block in enumerate(self.blocks):
            x = block(x, mask, noise.fold_in(seeds, "block", number))
        return self.norm(x)


@final
class _Block(keras.layers.Layer):
    def __init__(self, width: int, heads: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.width, self.dropout = width, dropout
        self.branches: dict[str, Any] = {
            "before": _FeedForward(width), "attention": _Attention(width, heads),
            "convolution": _Convolution(width, kernel), "after": _FeedForward(width),
        }  # fmt: skip

    def build(self, shape: object) -> None:
        for layer in self.branches.values():
            layer.build(shape)
        self.built = True

    def call(self, x: tf.Tensor, mask: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
        for name, branch in self.branches.items():
            kept = noise.keep(noise.fold_in(seeds, name), self.width, self.dropout)
            h = branch(x, mask)
            x += h if kept is None else h * tf.cast(kept, h.dtype)[:, None]
        return x


@final
class _FeedForward(keras.layers.Layer):
    """Half of one."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.norm = keras.layers.LayerNormalization(epsilon=1e-5)
        self.hidden = keras.layers.Dense(EXPAND * width)
        self.out = keras.layers.Dense(width)

    def build(self, _shape: object = None) -> None:
        self.norm.build((None, None, self.width))
        self.hidden.build((None, None, self.width))
        self.out.build((None, None, EXPAND * self.width))
        self.built = True

    def call(self, x: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        return 0.5 * self.out(tf.nn.silu(self.hidden(self.norm(x))))


@final
class _Attention(keras.layers.Layer):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.width, self.heads, self.size = width, heads, width // heads
        self.norm = keras.layers.LayerNormalization(epsilon=1e-5)
        self.query_key_value = keras.layers.Dense(3 * width, use_bias=False)
        self.out = keras.layers.Dense(width, use_bias=False)

    def build(self, _shape: object = None) -> None:
        for layer in (self.norm, self.query_key_value, self.out):
            layer.build((None, None, self.width))
        self.built = True

    def call(self, x: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        shape = tf.shape(x)
        h = tf.reshape(self.query_key_value(self.norm(x)), [shape[0], shape[1], 3, self.heads, self.size])
        query, key, value = tf.unstack(tf.transpose(h, [2, 0, 3, 1, 4]))
        cosine, sine = (tf.cast(each, x.dtype) for each in rotary(tf.range(shape[1]), self.size))
        query, key = (
            tf.concat([first * cosine - second * sine, first * sine + second * cosine], -1)
            for first, second in (tf.split(each, 2, axis=-1) for each in (query, key))
        )
        scores = tf.cast(tf.matmul(query, key, transpose_b=True), tf.float32) * self.size**-0.5
        weights = tf.cast(tf.nn.softmax(tf.where(mask[:, None, None], scores, -1e9)), value.dtype)
        return self.out(tf.reshape(tf.transpose(tf.matmul(weights, value), [0, 2, 1, 3]), shape))


@final
class _Convolution(keras.layers.Layer):
    """A gated projection, a convolution of each channel, a norm, and a projection."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.width, self.kernel = width, kernel
        self.norm = keras.layers.LayerNormalization(epsilon=1e-5)
        self.gated = keras.layers.Dense(2 * width)
        self.middle = keras.layers.LayerNormalization(epsilon=1e-5)
        self.out = keras.layers.Dense(width)

    def build(self, _shape: object = None) -> None:
        spread = keras.initializers.VarianceScaling(1.0, "fan_in", "truncated_normal")
        self.taps = self.add_weight(shape=(1, self.kernel, self.width, 1), initializer=spread, name="taps")
        for layer in (self.norm, self.gated, self.middle, self.out):
            layer.build((None, None, self.width))
        self.built = True

    def call(self, x: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        value, gate = tf.split(self.gated(self.norm(x)), 2, -1)
        h = value * tf.nn.sigmoid(gate) * tf.cast(mask, x.dtype)[..., None]
        h = tf.nn.depthwise_conv2d(h[:, None], tf.cast(self.taps, h.dtype), [1, 1, 1, 1], "SAME")[:, 0]
        return self.out(tf.nn.silu(self.middle(h)))
