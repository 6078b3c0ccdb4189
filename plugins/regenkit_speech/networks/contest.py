"""What a waveform costs beside the true one: distances of spectra, and a contest with judges.

Least squares: Mao et al. 2017, arXiv 1611.04076. Feature matching and weights: HiFi-GAN, arXiv 2010.05646.
"""

from collections.abc import Mapping
from typing import NamedTuple, final

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit_speech.networks.discriminators import judges
from regenkit_speech.signal import mel, stft

Term = tuple[tf.Tensor, tf.Tensor]
SCALES = ((256, 20), (512, 40), (1024, 80), (2048, 120))
"""(n_fft, mel bands)."""
SPECTRAL, MATCHED = 45.0, 2.0


class Contest(NamedTuple):
    """Terms by name for each of the two optimisers, each (value, weight), both [batch]."""

    generator: dict[str, Term]
    discriminator: dict[str, Term]


@final
class Judges(keras.layers.Layer):
    """The judges of `discriminators`, and when the generator begins to mind them.

    start  updates after which it does, and they learn
    """

    def __init__(self, width: int, start: int) -> None:
        super().__init__()
        self.judges, self.start = judges(width), start
        self.updates = self.add_weight(name="updates", shape=(), initializer="zeros", trainable=False)
        self.built = True

    def contest(self, real: tf.Tensor, fake: tf.Tensor) -> Contest:
        """Waves [batch, samples]. Until `start` nothing of it is computed."""
        begun = self.updates >= self.start
        count = tf.shape(real)[0]
        zero = tf.zeros([count])

        def judged() -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            fooled, matched, caught = zero, zero, zero
            for judge in self.judges:
                true, drawn = judge(real), judge(fake)
                fooled += _mean((1 - drawn.scores) ** 2)
                caught += _mean((1 - true.scores) ** 2) + _mean(drawn.scores**2)
                pairs = zip(true.features, drawn.features, strict=True)
                matched += tf.add_n([_mean(tf.abs(tf.stop_gradient(one) - other)) for one, other in pairs])
            return fooled, MATCHED * matched, caught

        fooled, matched, caught = tf.cond(begun, judged, lambda: (zero, zero, zero))
        one = tf.ones([count])
        return Contest({"fooled": (fooled, one), "matched": (matched, one)}, {"caught": (caught, one)})

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        """One update more is done."""
        self.updates.assign_add(tf.minimum(statistics["waves"], 1.0))


def spectral_distance(real: tf.Tensor, fake: tf.Tensor, known: tf.Tensor, rate: int) -> tf.Tensor:
    """[batch]: mean absolute distance of log-mel spectra in nats over SCALES, of the samples that exist.

    known  float32 [batch, samples]
    """
    total = tf.zeros_like(real[:, 0])
    for n_fft, bands in SCALES:
        hop = n_fft // 4
        one, other = (
            mel.log_mel(wave * known, rate=rate, n_fft=n_fft, hop_length=hop, n_mels=bands) for wave in (real, fake)
        )
        there = known[:, ::hop]
        each = tf.reduce_mean(tf.abs(one - other), -1) * there
        total += tf.math.divide_no_nan(tf.reduce_sum(each, 1), tf.reduce_sum(there, 1))
    return total / len(SCALES)


def spectral_convergence(real: tf.Tensor, fake: tf.Tensor, n_fft: int = 1024) -> tf.Tensor:
    """[batch]: the norm of the difference of magnitudes over that of the true one (arXiv 1910.11480)."""
    one, other = (stft.magnitude(wave, n_fft, n_fft // 4) for wave in (real, fake))
    return tf.norm(one - other, axis=[1, 2]) / tf.maximum(tf.norm(one, axis=[1, 2]), 1e-5)


def _mean(x: tf.Tensor) -> tf.Tensor:
    """Over all but the batch."""
    return tf.reduce_mean(tf.cast(x, tf.float32), list(range(1, x.shape.rank)))
