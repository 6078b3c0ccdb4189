"""Judges of waveforms, each of which gives scores and the features on the way to them.

    periods      the wave folded at a period, seen along time (Kong et al. 2020, HiFi-GAN, arXiv 2010.05646)
    resolutions  magnitudes of spectra of several windows (Jang et al. 2021, UnivNet, arXiv 2106.07889)

Fewer channels than in the papers, because they are trained on two cores here. Nothing is normalised over a batch.
"""

from typing import NamedTuple, final

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit_speech.signal.stft import magnitude

PERIODS = (2, 3, 5, 7, 11)
WINDOWS = (512, 1024, 2048)
SLOPE = 0.1


class Judged(NamedTuple):
    scores: tf.Tensor  # [batch, …], towards 1 where it is thought true
    features: list[tf.Tensor]  # [batch, …] each


@final
class Period(keras.layers.Layer):
    """A wave [batch, samples] → scores of its every `period`th samples."""

    def __init__(self, period: int, width: int) -> None:
        super().__init__()
        self.period = period
        sizes = [width, 2 * width, 4 * width, 4 * width]
        self.convolutions = [keras.layers.Conv2D(size, (5, 1), strides=(3, 1), padding="same") for size in sizes]
        self.last = keras.layers.Conv2D(1, (3, 1), padding="same", dtype="float32")
        for layer, inner in zip((*self.convolutions, self.last), (1, *sizes), strict=True):
            layer.build((None, None, period, inner))
        self.built = True

    def call(self, wave: tf.Tensor) -> Judged:
        missing = -tf.shape(wave)[1] % self.period
        x = tf.reshape(tf.pad(wave, [[0, 0], [0, missing]]), [tf.shape(wave)[0], -1, self.period, 1])
        return _through(self.convolutions, self.last, x)


@final
class Resolution(keras.layers.Layer):
    """A wave [batch, samples] → scores of the places of its spectrum."""

    def __init__(self, n_fft: int, width: int) -> None:
        super().__init__(dtype="float32")  # a wave is not rounded before its spectrum is taken
        self.n_fft = n_fft
        self.convolutions = [
            keras.layers.Conv2D(width, (3, 9), strides=(1, stride), padding="same") for stride in (2, 2, 2, 1)
        ]
        self.last = keras.layers.Conv2D(1, 3, padding="same", dtype="float32")
        for layer, inner in zip((*self.convolutions, self.last), (1, *[width] * 4), strict=True):
            layer.build((None, None, None, inner))
        self.built = True

    def call(self, wave: tf.Tensor) -> Judged:
        spectrum = magnitude(wave, self.n_fft, self.n_fft // 4)[..., 1:]
        return _through(self.convolutions, self.last, tf.math.log(spectrum[..., None] + 1e-3) / 4)


def _through(layers: list, last: keras.layers.Layer, x: tf.Tensor) -> Judged:
    features = []
    for layer in layers:
        x = tf.nn.leaky_relu(layer(x), SLOPE)
        features.append(x)
    return Judged(last(x)[..., 0], features)


def judges(width: int) -> list[keras.layers.Layer]:
    """Of all periods and resolutions; channels at the first layer."""
    return [*(Period(period, width) for period in PERIODS), *(Resolution(size, width) for size in WINDOWS)]
