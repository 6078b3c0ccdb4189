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
from regenkit_speech.models.clocks import coarse
from regenkit_speech.models.vocoding import losses, sampled, streamed
from regenkit_speech.networks.contest import Judges
from regenkit_speech.networks.inputs import Entries
from regenkit_speech.networks.wave_decoder import WaveDecoder


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
        self.inputs_ = Entries(condition, self.clock)
        self.decoder = WaveDecoder(self.inputs_.size, width, depth, n_fft=self.n_fft, hop_length=self.ratio)
        self.judges = Judges(judges_width, adversarial_start)
        self.built = True

    @property
    def reach(self) -> int:
        """Entries on each side that a sample depends on: how far a stream looks ahead."""
        return self.decoder.reach

    def groups(self) -> dict[str, list]:
        """An optimiser for each of the two."""
        return {
            "generator": [*self.inputs_.trainable_variables, *self.decoder.trainable_variables],
            "discriminator": self.judges.trainable_variables,
        }

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """See `vocoding.losses`."""
        return losses(self, batch, noise)

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        self.judges.absorb(statistics)

    def render(self, condition: Batch) -> tf.Tensor:
        """Waveforms, float32 [batch, entries × samples of an entry], 0 after an example's end."""
        mask = condition[self.clock.mask]
        return self.decoder(self.inputs_(condition, mask), tf.cast(mask, tf.float32))

    def sample(self, condition: Batch, *, seed: int, given: Any = None) -> dict[str, np.ndarray]:
        """The waveform of Y′; the seed has no say."""
        return {self.field: sampled(self, condition)}

    def stream(self, condition: Batch, *, seed: int, chunk: PositiveInt = 32) -> Iterator[dict[str, np.ndarray]]:
        """The same in chunks of so many entries, which joined are the whole within 1e-4."""
        for wave in streamed(self, condition, chunk):
            yield {self.field: wave}
