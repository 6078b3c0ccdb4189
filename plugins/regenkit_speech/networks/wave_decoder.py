"""Vectors of entries → a waveform (Vocos: Siuzdak 2023, arXiv 2306.00814): blocks at the rate of the entries, then
magnitude and phase, which an inverse Fourier transform makes a waveform. There is no upsampling."""

from typing import final

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit_speech.networks.convnext import Backbone
from regenkit_speech.signal import stft

LOUDEST = 100.0
"""The greatest magnitude of a bin."""


@final
class WaveDecoder(keras.layers.Layer):
    """float32 [batch, entries, inputs] → waveforms [batch, entries × hop_length].

    width, depth  of the blocks
    n_fft         samples of a window
    hop_length    samples of an entry
    """

    def __init__(self, inputs: int, width: int, depth: int, *, n_fft: int, hop_length: int) -> None:
        super().__init__(dtype="float32")
        stft.check(n_fft, hop_length)
        self.n_fft, self.hop_length = n_fft, hop_length
        self.backbone = Backbone(inputs, width, depth)
        self.head = keras.layers.Dense(n_fft + 2, dtype="float32")
        self.backbone.build(None)
        self.head.build((None, None, width))
        self.built = True

    @property
    def reach(self) -> int:
        """Entries on each side that a sample depends on."""
        return self.backbone.reach - -(self.n_fft // 2) // self.hop_length  # half a window, rounded up

    def call(self, x: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
        """known: float32 [batch, entries], 1 where an entry exists; the waveform is 0 elsewhere."""
        h = self.backbone(x, known[..., None])
        size, phase = tf.split(self.head(h), 2, -1)
        size = tf.minimum(tf.exp(tf.minimum(size, 10.0)), LOUDEST) * known[..., None]
        spectrum = tf.complex(size * tf.cos(phase), size * tf.sin(phase))
        wave = stft.inverse_stft(spectrum, self.n_fft, self.hop_length, known)
        return wave * tf.repeat(known, self.hop_length, 1)
