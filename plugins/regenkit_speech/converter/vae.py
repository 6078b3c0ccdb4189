"""Y′: vectors of a waveform, by a variational autoencoder.

The posterior encoder and latents of VITS (Kim et al. 2021, arXiv 2106.06103): spectra → a Gaussian an entry, from which
a decoder draws the waveform, as Vocos does (arXiv 2306.00814). NaturalSpeech (Tan et al. 2022, arXiv 2205.04421) closes
the gap between such a Y′ and what is predicted of it by training all parts together: `regenkit.models.joint_vectors`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.gaussian import kl_to_standard, mean_and_log_scale, sampled
from regenkit.models.autoencoder import Encoded
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit.stage import Batch
from regenkit_speech.models import vocoding
from regenkit_speech.networks.contest import Judges
from regenkit_speech.networks.convnext import Backbone
from regenkit_speech.networks.wave_decoder import WaveDecoder
from regenkit_speech.signal import stft

LEAST = 1e-3
"""Magnitudes below it are not told apart."""


@final
class WaveVae(keras.Model):
    """`latent`, float32 [entries, latent_dim]: the mean of the posterior.

    sample_rate        of Y
    hop_length         samples of an entry
    latent_dim         numbers of an entry
    beta               weight of the divergence from the normal distribution, in nats an entry; for a joint training
                       with `approach: 1` it is 1, so that both are the bound of the likelihood
    width, depth       of the encoder's blocks and of the decoder's
    adversarial_start  updates after which the decoder minds the judges
    judges_width       channels of a judge's first layer
    segment            entries that are judged at least; `train.converter.window` should be as many samples
    """

    version = 1

    def __init__(
        self, *, condition: Spec, target: Spec, sample_rate: PositiveInt = 16_000, hop_length: PositiveInt = 256,
        latent_dim: PositiveInt = 32, beta: NonNegativeFloat = 1.0, width: PositiveInt = 128, depth: PositiveInt = 4,
        adversarial_start: NonNegativeInt = 1000, judges_width: PositiveInt = 8, segment: PositiveInt = 32,
    ) -> None:  # fmt: skip
        super().__init__()
        if len(target) != 1 or next(iter(target.values())).shape != (None,):
            raise ValueError(f"it takes one waveform, numbers (samples); Y is {target}")
        (self.field,), (self.wave_clock,) = target, target.clocks
        self.ratio, self.n_fft, self.sample_rate, self.segment = hop_length, 4 * hop_length, sample_rate, segment
        self.beta = beta
        latent = Field(kind="continuous", shape=(None, latent_dim), axis=target[self.field].axis,
                       hop=self.wave_clock.hop * hop_length)  # fmt: skip
        self.spec = Spec({"latent": latent})
        (self.clock,) = self.spec.clocks
        self.condition, self.target = self.spec, target
        self.encoder = Backbone(self.n_fft // 2 + 1, width, depth)
        self.to_gaussian = keras.layers.Dense(2 * latent_dim, dtype="float32")
        self.decoder = WaveDecoder(latent_dim, width, depth, n_fft=self.n_fft, hop_length=hop_length)
        self.judges = Judges(judges_width, adversarial_start)
        self.encoder.build(None)
        self.to_gaussian.build((None, None, width))
        self.built = True

    @property
    def reach(self) -> int:
        """Entries on each side that a sample of the decoder depends on."""
        return self.decoder.reach

    def groups(self) -> dict[str, list]:
        """An optimiser for the autoencoder and one for the judges."""
        own = (self.encoder, self.to_gaussian, self.decoder)
        return {
            "generator": [each for layer in own for each in layer.trainable_variables],
            "discriminator": self.judges.trainable_variables,
        }

    def soft(self, condition: Batch, target: Batch, *, noise: tf.Tensor | None) -> Encoded:
        """Y′ of Y for training: a draw of the posterior, and as `divergence` the mean over entries, in nats."""
        there = tf.cast(target[self.wave_clock.mask], tf.float32)
        known = there[:, :: self.ratio]
        spectra = stft.magnitude(tf.cast(target[self.field], tf.float32) * there, self.n_fft, self.ratio)
        hidden = self.encoder(tf.math.log(tf.maximum(spectra, LEAST)), known[..., None])
        mean, log_scale = mean_and_log_scale(self.to_gaussian(hidden))
        drawn = sampled(mean, log_scale, noises.fold_in(noise, "latent")) * known[..., None]
        each = tf.reduce_sum(kl_to_standard(mean, log_scale), -1) * known
        divergence = tf.math.divide_no_nan(tf.reduce_sum(each, 1), tf.reduce_sum(known, 1))
        penalty = {"divergence": (self.beta * divergence, tf.ones_like(divergence))}
        return Encoded({"latent": drawn}, {"latent": mean * known[..., None]}, drawn, penalty, {})

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """As of a vocoder, and the divergence of the posterior."""
        target = batch["target"]
        encoded = self.soft(batch["condition"], target, noise=noise)
        known = target[self.wave_clock.mask][:, :: self.ratio]
        fake = self.decoder(encoded.vector, tf.cast(known, tf.float32))
        losses = vocoding.compared(self, target[self.field], fake, known, noise)
        losses["generator"] |= encoded.penalty
        return losses

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        self.judges.absorb(statistics)

    def encode(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """The posterior's means of Y; 0 after an example's end."""
        known = target[self.wave_clock.mask][:, :: self.ratio]
        return {**self.soft(condition, target, noise=None).hard, self.clock.mask: known}

    def render(self, rep: Batch) -> tf.Tensor:
        """Waveforms of vectors, float32 [batch, entries × samples of an entry]."""
        return self.decoder(tf.cast(rep["latent"], tf.float32), tf.cast(rep[self.clock.mask], tf.float32))

    def sample(self, condition: Batch, *, seed: int, given: Any = None) -> dict[str, np.ndarray]:
        """The waveform of the vectors; the seed has no say."""
        return {self.field: vocoding.sampled(self, condition)}

    def stream(self, condition: Batch, *, seed: int, chunk: PositiveInt = 32) -> Iterator[dict[str, np.ndarray]]:
        """The same in chunks of so many entries, which joined are the whole within 1e-4."""
        for wave in vocoding.streamed(self, condition, chunk):
            yield {self.field: wave}
