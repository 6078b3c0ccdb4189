"""Pixels one after the other, each of which sees features of its own place and a window of the pixels before it.

The window A × B of Chen et al. 2017 (arXiv 1611.02731): A pixels wide and B rows above, and in the pixel's own row the
(A − 1) / 2 before it. One masked convolution looks at the window, everything after it at its own place alone: so the
receptive field is the window, no more and no less. (That of a stack of masked 3 × 3, as in PixelCNN, arXiv 1606.05328,
is no rectangle, and blind to some of what it spans.) And drawing a pixel needs its window and nothing else.

A pixel is one of a few levels in each of its channels: a categorical distribution, of two levels Bernoulli. The
channels of one pixel are independent given features and window. Beyond the border there are zeros.
"""

from typing import final

import numpy as np

from regenkit.layers import noise as noises
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

Window = tuple[int, int]


def levelled(pixels: tf.Tensor, levels: int) -> tf.Tensor:
    """−1…1 → int32 0…levels − 1, by cells of one width: two are cut at mid-grey."""
    level = tf.cast(tf.floor((tf.cast(pixels, tf.float32) + 1) * (levels / 2)), tf.int32)
    return tf.clip_by_value(level, 0, levels - 1)


def shown(level: tf.Tensor, levels: int) -> tf.Tensor:
    """Levels as pixels, float32, evenly from −1 to 1: of two, black and white."""
    return tf.cast(level, tf.float32) * (2 / (levels - 1)) - 1


@final
class Masked(keras.layers.Layer):
    """P(levels | features) of pictures (height, width, channels).

    window      (A, B); (1, 0), which holds no pixel, makes a factorised distribution, which is drawn in one pass
    colourless  the window sees the mean of a pixel's channels
    width       of the features and of all within
    """

    def __init__(
        self, shape: tuple[int, int, int], *, window: Window, levels: int, width: int, colourless: bool = False
    ) -> None:
        super().__init__()
        self.shape, self.window, self.levels, self.width = shape, window, levels, width
        self.colourless, self.seen = colourless, 1 if colourless else shape[2]
        self.taps = window[0] * window[1] + window[0] // 2
        self.hidden = [keras.layers.Dense(width) for _ in range(2)]
        self.last = keras.layers.Dense(shape[2] * levels)

    def build(self, _shape: object = None) -> None:
        for layer in (*self.hidden, self.last):
            layer.build((None, self.width))
        if self.taps:
            self.kernel = self.add_weight(
                name="kernel", shape=(self.taps, self.seen, self.width), initializer="glorot_uniform"
            )
        self.built = True

    # --- all pixels at once ------------------------------------------------------------------------------------------

    def local(self, pixels: tf.Tensor) -> tf.Tensor | float:
        """What each place sees in its window, [batch, height, width, self.width], of pixels −1…1."""
        if not self.taps:
            return 0.0
        breadth, above = self.window
        beside = breadth // 2
        rest = (above + 1) * breadth - self.taps  # of the rectangle in raster order: the pixel itself, and what follows
        kernel = tf.pad(tf.cast(self.kernel, self.compute_dtype), [[0, rest], [0, 0], [0, 0]])
        kernel = tf.reshape(kernel, [above + 1, breadth, self.seen, self.width])
        x = tf.pad(self._context(tf.cast(pixels, self.compute_dtype)), [[0, 0], [above, 0], [beside, beside], [0, 0]])
        return tf.nn.conv2d(x, kernel, 1, "VALID")

    def logits(self, features: tf.Tensor, local: tf.Tensor | float) -> tf.Tensor:
        """float32 [..., channels, levels] of both, each [..., width]."""
        x = tf.cast(features, self.compute_dtype) + local
        for layer in self.hidden:
            x = x + layer(tf.nn.silu(x))
        x = tf.cast(self.last(tf.nn.silu(x)), tf.float32)
        return tf.reshape(x, tf.concat([tf.shape(x)[:-1], [self.shape[2], self.levels]], 0))

    def log_prob(self, features: tf.Tensor, local: tf.Tensor | float, level: tf.Tensor) -> tf.Tensor:
        """Nats, [...], of levels int32 [batch, height, width, channels], and of `local` of them, given features
        [..., batch, height, width, self.width]."""
        said = self.logits(features, local)
        labels = tf.broadcast_to(level, tf.shape(said)[:-1])
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=said)
        return -tf.reduce_sum(nll, [-3, -2, -1])

    # --- one after the other -----------------------------------------------------------------------------------------

    def drawn(self, features: tf.Tensor, seeds: tf.Tensor, temperature: tf.Tensor) -> tf.Tensor:
        """Levels, int32 [batch, height, width, channels], of features [batch, height, width, width] and a seed each;
        temperature 0 takes the likeliest."""
        height, width, channels = self.shape
        batch, places = tf.shape(features)[0], height * width
        features = tf.transpose(tf.reshape(features, [batch, places, self.width]), [1, 0, 2])

        def chosen(said: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
            """[..., batch, channels] of logits and the places (one or several) that they are of."""
            own = noises.fold_in(seeds, "pixel", place)
            gumbel = tf.reshape(noises.gumbel(own, channels * self.levels), tf.shape(said))
            noise = tf.where(temperature > 0, gumbel, 0.0)
            return tf.argmax(said / tf.maximum(temperature, 1e-6) + noise, -1, output_type=tf.int32)

        if not self.taps:
            level = chosen(self.logits(features, 0.0), tf.range(places))
        else:
            table = tf.constant(self._table())
            kernel = tf.reshape(tf.cast(self.kernel, self.compute_dtype), [self.taps * self.seen, self.width])

            def one(place: tf.Tensor, canvas: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                seen = tf.transpose(self._context(tf.gather(canvas, table[place])), [1, 0, 2])
                seen = tf.reshape(tf.cast(seen, self.compute_dtype), [batch, self.taps * self.seen])
                level = chosen(self.logits(features[place], tf.matmul(seen, kernel)), place)
                # in place, which a scatter is not: whoever reads the canvas has by now, the level came of it
                return place + 1, tf.raw_ops.InplaceUpdate(x=canvas, i=[place], v=shown(level, self.levels)[None])

            canvas = tf.zeros([places + 1, batch, channels])  # the last row is what lies beyond the border
            canvas = tf.while_loop(lambda place, _: place < places, one, (0, canvas), parallel_iterations=1)[1]
            level = tf.cast(tf.round((canvas[:places] + 1) * ((self.levels - 1) / 2)), tf.int32)
        return tf.reshape(tf.transpose(level, [1, 0, 2]), [batch, height, width, channels])

    def _table(self) -> np.ndarray:
        """Which pixels the window of each holds, int32 [places, taps], in raster order; beyond the border: places."""
        height, width, _ = self.shape
        breadth, above = self.window
        rows, columns = np.divmod(np.arange(self.taps), breadth)
        row = np.arange(height)[:, None, None] + rows - above
        column = np.arange(width)[None, :, None] + columns - breadth // 2
        inside = (row >= 0) & (column >= 0) & (column < width)
        return np.where(inside, row * width + column, height * width).reshape(-1, self.taps).astype(np.int32)

    def _context(self, pixels: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(pixels, -1, keepdims=True) if self.colourless else pixels
