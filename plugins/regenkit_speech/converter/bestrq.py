"""Vectors of a waveform that are learned from speech alone: BEST-RQ (Chiu et al. 2022, arXiv 2202.01855).

Stretches of the log-mel spectrum are hidden, and a conformer says what they were: not the spectrum itself, but the code
that is nearest to a random projection of it. Projection and codes are drawn once and never trained. The encoder's
vectors of the whole spectrum are Y′; as the X′ of recognition (`source: {from: RUN}`) they replace the spectrum.

What is hidden becomes 0, the mean of a normalised spectrum, where the paper has noise of deviation 0.1.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import final

from pydantic import PositiveInt

from regenkit.layers import noise as noises
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Share
from regenkit.spec import Field, Spec
from regenkit.stage import Batch, Losses
from regenkit_speech.modality.audio import RATE, WAVE
from regenkit_speech.networks.conformer import Conformer, Subsampling
from regenkit_speech.networks.normalized import normalized
from regenkit_speech.signal import mel

FACTOR = 4
"""Windows of the spectrum that one vector covers."""
STRETCH = 10
"""Vectors in a stretch that is hidden: 0.4 s."""
CODE = 16
"""Numbers of a code."""


@final
class BestRq(keras.Model):
    """`features`, [entries, width], an entry every 4 × `hop_length` samples.

    sample_rate    of Y
    hop_length     samples between two windows of the spectrum
    n_fft          samples of a window
    n_mels         bands
    codebook_size  codes that hidden stretches are told by
    mask           chance of an entry to begin a hidden stretch
    width, depth, heads, kernel, dropout  of the conformer
    """

    version = 1

    def __init__(
        self, *, condition: Spec, target: Spec, sample_rate: PositiveInt = RATE, hop_length: PositiveInt = 160,
        n_fft: PositiveInt = 512, n_mels: PositiveInt = 40, codebook_size: PositiveInt = 512, mask: Share = 0.06,
        width: PositiveInt = 144, depth: PositiveInt = 4, heads: PositiveInt = 4, kernel: PositiveInt = 15,
        dropout: Share = 0.1,
    ) -> None:  # fmt: skip
        super().__init__()
        if list(target) != [WAVE] or target[WAVE].shape != (None,):
            raise ValueError(f"BEST-RQ learns from one waveform, numbers (samples); Y is {target}")
        self.condition, self.target = condition, target
        (self.wave_clock,) = target.clocks
        self.sample_rate, self.hop_length, self.n_fft, self.n_mels = sample_rate, hop_length, n_fft, n_mels
        self.mask, self.codebook_size = mask, codebook_size
        hop = Fraction(FACTOR * hop_length) * self.wave_clock.hop
        self.spec = Spec({"features": Field(kind="continuous", shape=(None, width), axis=target[WAVE].axis, hop=hop)})
        (self.clock,) = self.spec.clocks
        self.subsample = Subsampling(n_mels, width, FACTOR)
        self.conformer = Conformer(width, depth, heads, kernel=kernel, dropout=dropout)
        self.logits = keras.layers.Dense(codebook_size, dtype="float32")
        self.subsample.build(None)
        self.conformer.build(None)
        self.logits.build((None, None, width))
        self.projection = self.add_weight(
            name="projection", shape=(FACTOR * n_mels, CODE), initializer="glorot_uniform", trainable=False
        )
        self.codebook = self.add_weight(
            name="codebook", shape=(codebook_size, CODE), initializer=keras.initializers.RandomNormal(stddev=1.0),
            trainable=False,
        )  # fmt: skip
        self.built = True

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> Losses:
        """−log P of the codes of what is hidden; the weight is how many there are. Without noise every third stretch
        of each example is hidden."""
        spectrum, mask = self._spectrum(batch["target"])
        codes, known = self.codes(spectrum, mask)
        hidden = known & self._hidden(tf.shape(known)[1], noise)
        shown = tf.repeat(~hidden, FACTOR, axis=1)[:, : tf.shape(spectrum)[1]]
        logits = tf.cast(self.logits(self._vectors(spectrum, mask, shown, noise)), tf.float32)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(codes, logits)
        weight = tf.cast(hidden, tf.float32)
        return {"main": {"codes": (tf.reduce_sum(nll * weight, 1), tf.reduce_sum(weight, 1))}}

    def encode(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """The vectors; 0 after an example's end."""
        spectrum, mask = self._spectrum(target)
        known = mask[:, ::FACTOR]
        vectors = tf.cast(self._vectors(spectrum, mask, tf.ones_like(mask), None), tf.float32)
        return {"features": vectors * tf.cast(known, tf.float32)[..., None], self.clock.mask: known}

    def codes(self, spectrum: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """(the code of each entry, int32 [batch, entries]; which entries there are): of the normalised spectrum
        [batch, windows, bands], four windows together."""
        missing = -tf.shape(spectrum)[1] % FACTOR
        padded = tf.pad(spectrum, [[0, 0], [0, missing], [0, 0]])
        together = tf.reshape(padded, [tf.shape(padded)[0], -1, FACTOR * self.n_mels])
        vectors = tf.math.l2_normalize(together @ tf.convert_to_tensor(self.projection), -1)
        codebook = tf.math.l2_normalize(tf.convert_to_tensor(self.codebook), -1)
        return tf.argmax(tf.matmul(vectors, codebook, transpose_b=True), -1, tf.int32), mask[:, ::FACTOR]

    def _spectrum(self, target: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """(float32 [batch, windows, bands], normalised; which windows there are)"""
        wave = tf.cast(target[WAVE], tf.float32)
        mask = tf.convert_to_tensor(target[self.wave_clock.mask])[:, :: self.hop_length]
        found = mel.log_mel(wave, rate=self.sample_rate, n_fft=self.n_fft, hop_length=self.hop_length,
                            n_mels=self.n_mels)  # fmt: skip
        return normalized(found, mask), mask

    def _vectors(
        self, spectrum: tf.Tensor, mask: tf.Tensor, shown: tf.Tensor, seeds: tf.Tensor | None
    ) -> tf.Tensor:  # fmt: skip
        x, known = self.subsample(spectrum * tf.cast(shown, tf.float32)[..., None], mask)
        return self.conformer(x, known, noises.fold_in(seeds, "conformer"))

    def _hidden(self, entries: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
        """bool [batch or 1, entries]"""
        if seeds is None:
            return (tf.range(entries) // STRETCH % 3 == 1)[None]
        starts = tf.cast(noises.uniform(noises.fold_in(seeds, "hidden"), entries) < self.mask, tf.int32)
        begun = tf.cumsum(starts, axis=1)
        before = tf.pad(begun, [[0, 0], [STRETCH, 0]])[:, :entries]
        return begun > before
