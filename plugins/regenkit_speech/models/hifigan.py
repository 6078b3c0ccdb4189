"""A vocoder that upsamples entries to samples by transposed convolutions.

HiFi-GAN: Kong et al. 2020, arXiv 2010.05646, generators V1 to V3, with their channels, kernels and dilations, without
weight normalisation. Upsampling by 256 is by 8, 8 and 4 in all three; in the paper it is by 8, 8, 2 and 2 in V1 and V2.
The judges are those of `networks.discriminators`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, final

import numpy as np
from pydantic import NonNegativeInt, PositiveInt

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit.stage import Batch
from regenkit_speech.models.clocks import coarse, known
from regenkit_speech.models.vocoding import losses, sampled, streamed
from regenkit_speech.networks.contest import Judges
from regenkit_speech.networks.inputs import Entries

SLOPE = 0.1
LAST_SLOPE = 0.01
"""Before the last convolution the authors' code leaves the slope to its library, whose default this is."""


class _Version(NamedTuple):
    width: int
    kernels: tuple[int, ...]
    dilations: tuple[tuple[int, ...], ...]
    twice: bool  # a convolution without dilation follows each (ResBlock1)


VERSIONS = {
    "v1": _Version(512, (3, 7, 11), ((1, 3, 5),) * 3, True),
    "v2": _Version(128, (3, 7, 11), ((1, 3, 5),) * 3, True),
    "v3": _Version(256, (3, 5, 7), ((1, 2), (2, 6), (3, 12)), False),
}


@final
class HifiGan(keras.Model):
    """P(waveform | entries), without noise: one waveform for one Y′.

    size               the paper's v1, v2 or v3
    sample_rate        of the waveform
    width              channels before the first upsampling; null: the paper's
    adversarial_start  updates after which it minds the judges
    judges_width       channels of a judge's first layer
    segment            entries that are judged at least; `train.renderer.window` should be the same
    """

    deterministic = True

    def __init__(
        self, *, condition: Spec, target: Spec, size: Literal["v1", "v2", "v3"] = "v3",
        sample_rate: PositiveInt = 16_000, width: PositiveInt | None = None, adversarial_start: NonNegativeInt = 1000,
        judges_width: PositiveInt = 8, segment: PositiveInt = 32,
    ) -> None:  # fmt: skip
        super().__init__()
        self.clock, self.ratio = coarse(condition, target, "hifigan")
        (self.field,) = target
        self.condition, self.target, self.sample_rate, self.segment = condition, target, sample_rate, segment
        version = VERSIONS[size]
        channels = width or version.width
        self.inputs_ = Entries(condition, self.clock)
        self.first = keras.layers.Conv1D(channels, 7, padding="same")
        self.first.build((None, None, self.inputs_.size))
        self.ups, self.blocks, self.rates = [], [], _rates(self.ratio)
        reach, covered = 3.0, 1
        for rate in self.rates:
            up = keras.layers.Conv1DTranspose(channels // 2, 2 * rate, strides=rate, padding="same")
            up.build((None, None, channels))
            channels //= 2
            covered *= rate
            self.ups.append(up)
            blocks = [Residual(channels, kernel, dilations, version.twice)
                      for kernel, dilations in zip(version.kernels, version.dilations, strict=True)]  # fmt: skip
            self.blocks.append(blocks)
            reach += (rate + max(block.reach for block in blocks)) / covered
        self.last = keras.layers.Conv1D(1, 7, padding="same", dtype="float32")
        self.last.build((None, None, channels))
        self.reach = int(np.ceil(reach + 3 / covered))
        self.judges = Judges(judges_width, adversarial_start)
        self.built = True

    def groups(self) -> dict[str, list]:
        """An optimiser for each of the two."""
        own = (self.inputs_, self.first, *self.ups, *(block for blocks in self.blocks for block in blocks), self.last)
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
        x = self.first(self.inputs_(condition, condition[self.clock.mask]) * there)
        for rate, up, blocks in zip(self.rates, self.ups, self.blocks, strict=True):
            x = up(tf.nn.leaky_relu(x * tf.cast(there, x.dtype), SLOPE))
            there = tf.repeat(there, rate, 1)
            x = tf.add_n([block(x, there) for block in blocks]) / len(blocks)
        x = tf.nn.leaky_relu(x * tf.cast(there, x.dtype), LAST_SLOPE)
        return tf.tanh(self.last(x))[..., 0] * there[..., 0]

    def sample(self, condition: Batch, *, seed: int, given: Any = None) -> dict[str, np.ndarray]:
        """The waveform of Y′; the seed has no say."""
        return {self.field: sampled(self, condition)}

    def stream(self, condition: Batch, *, seed: int, chunk: PositiveInt = 32) -> Iterator[dict[str, np.ndarray]]:
        """The same in chunks of so many entries, which joined are the whole within 1e-4."""
        for wave in streamed(self, condition, chunk):
            yield {self.field: wave}


@final
class Residual(keras.layers.Layer):
    """Dilated convolutions, each added to its input; samples that do not exist are 0 before each."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...], twice: bool) -> None:
        super().__init__()
        self.dilated = [keras.layers.Conv1D(channels, kernel, padding="same", dilation_rate=each) for each in dilations]
        self.plain = [keras.layers.Conv1D(channels, kernel, padding="same") for _ in dilations] if twice else []
        for layer in (*self.dilated, *self.plain):
            layer.build((None, None, channels))
        self.reach = kernel // 2 * (sum(dilations) + len(self.plain))
        self.built = True

    def call(self, x: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
        for number, layer in enumerate(self.dilated):
            h = layer(tf.nn.leaky_relu(x * known, SLOPE))
            if self.plain:
                h = self.plain[number](tf.nn.leaky_relu(h * known, SLOPE))
            x += h
        return x


def _rates(ratio: int) -> list[int]:
    """Factors of the upsampling, the large ones first, each at most 8."""
    rates, rest = [], ratio
    while rest > 1:
        rate = next((each for each in (8, 7, 6, 5, 4, 3, 2) if rest % each == 0), None)
        if rate is None:
            raise ValueError(f"an entry covers {ratio} samples, which is no product of factors up to 8")
        rates.append(rate)
        rest //= rate
    return rates
