"""A vocoder that draws a spectrum for each entry, which an inverse Fourier transform makes a waveform.

Vocos: Siuzdak 2023, arXiv 2306.00814: ConvNeXt blocks at the rate of the entries, then magnitude and phase; no
upsampling. It is trained by the distance of mel spectra and, from `adversarial_start` on, against the judges of
HiFi-GAN and UnivNet (`networks.discriminators`).
"""

from collections.abc import Iterator, Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeInt, PositiveInt

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit.stage import Batch
from regenkit_speech.models.clocks import coarse, known
from regenkit_speech.models.vocoding import losses, sampled, streamed
from regenkit_speech.networks.contest import Judges
from regenkit_speech.networks.convnext import Backbone
from regenkit_speech.networks.inputs import Entries
from regenkit_speech.signal import stft

LOUDEST = 100.0
"""The greatest magnitude of a bin."""


@final
class Vocos(keras.Model):
    """P(waveform | entries), without noise: one waveform for one Y′.

    sample_rate        of the waveform
    n_fft              samples of a window; null: four times as many as an entry has
    width, depth       of the blocks
    adversarial_start  updates after which it minds the judges
    judges_width       channels of a judge's first layer
    segment            entries that are judged at least; `train.renderer.window` should be the same
    """

    deterministic = True

    def __init__(
        self, *, condition: Spec, target: Spec, sample_rate: PositiveInt = 16_000, n_fft: PositiveInt | None = None,
        width: PositiveInt = 256, depth: PositiveInt = 6, adversarial_start: NonNegativeInt = 1000,
        judges_width: PositiveInt = 8, segment: PositiveInt = 32,
    ) -> None:  # fmt: skip
        super().__init__()
        self.clock, self.ratio = coarse(condition, target, "vocos")
        (self.field,) = target
        self.condition, self.target, self.sample_rate, self.segment = condition, target, sample_rate, segment
        self.n_fft = n_fft or 4 * self.ratio
        stft.check(self.n_fft, self.ratio)
        self.inputs_ = Entries(condition, self.clock)
        self.backbone = Backbone(self.inputs_.size, width, depth)
        self.head = keras.layers.Dense(self.n_fft + 2)
        self.judges = Judges(judges_width, adversarial_start)
        self.backbone.build(None)
        self.head.build((None, None, width))
        self.built = True

    @property
    def reach(self) -> int:
        """Entries on each side that a sample depends on: how far a stream looks ahead."""
        return self.backbone.reach + self.n_fft // 2 // self.ratio

    def groups(self) -> dict[str, list]:
        """An optimiser for each of the two."""
        own = (self.inputs_, self.backbone, self.head)
        return {
            "generator": [each for layer in own for each in layer.trainable_variables],
            "discriminator": self.judges.trainable_variables,
        }

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """See `vocoding.losses`."""
        return losses(self, batch, noise)

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        self.judges.absorb(statistics)

    def render(self, condition: Batch) -> tf.Tensor:
        """Waveforms, float32 [batch, entries × samples of an entry], 0 after an example's end."""
        there = known(condition, self.clock)
        x = self.backbone(self.inputs_(condition, condition[self.clock.mask]), there)
        size, phase = tf.split(tf.cast(self.head(x), tf.float32), 2, -1)
        size = tf.minimum(tf.exp(tf.minimum(size, 10.0)), LOUDEST) * there
        spectrum = tf.complex(size * tf.cos(phase), size * tf.sin(phase))
        wave = stft.inverse_stft(spectrum, self.n_fft, self.ratio, there[..., 0])
        return wave * tf.repeat(there[..., 0], self.ratio, 1)

    def sample(self, condition: Batch, *, seed: int, given: Any = None) -> dict[str, np.ndarray]:
        """The waveform of Y′; the seed has no say."""
        return {self.field: sampled(self, condition)}

    def stream(self, condition: Batch, *, seed: int, chunk: PositiveInt = 32) -> Iterator[dict[str, np.ndarray]]:
        """The same in chunks of so many entries, which joined are the whole within 1e-4."""
        for wave in streamed(self, condition, chunk):
            yield {self.field: wave}
