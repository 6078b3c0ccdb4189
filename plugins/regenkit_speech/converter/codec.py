"""Y′: codes of a waveform, by a neural codec.

SoundStream (Zeghidour et al. 2021, arXiv 2107.03312) and EnCodec (Défossez et al. 2022, arXiv 2210.13438): strided
convolutions with ELU, residual vector quantisation, and judges that the decoder must pass. The decoder draws spectra,
as Vocos does (arXiv 2306.00814), because that costs less than transposed convolutions.

Bits a second are sample_rate / hop_length × num_quantizers × log2(codebook_size): 1,600 by default.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.residual_quantizer import ResidualQuantizer
from regenkit.layers.statistics import of_part, prefixed
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Share
from regenkit.spec import Field, Spec
from regenkit.stage import STATISTICS, Batch
from regenkit_speech.models.vocoding import compared, sampled, streamed
from regenkit_speech.networks.contest import Judges
from regenkit_speech.networks.wave_decoder import WaveDecoder
from regenkit_speech.networks.waves import WaveEncoder, factors


@final
class Codec(keras.Model):
    """`q1`, `q2` …, tokens [entries], of which each says what the ones before it left over.

    sample_rate        of Y
    hop_length         samples of an entry
    num_quantizers     codes of an entry
    codebook_size      how many of each there are
    latent_dim         numbers of a code's vector
    quantizer_dropout  share of the examples that keep a random number of their first codes in training
    commitment_weight  of the distance of a vector to its codes
    width, depth       of the decoder's blocks; the encoder ends with as many channels
    adversarial_start  updates after which the decoder minds the judges
    judges_width       channels of a judge's first layer
    segment            entries that are judged at least; `train.converter.window` should be as many samples
    """

    version = 1

    def __init__(
        self, *, condition: Spec, target: Spec, sample_rate: PositiveInt = 16_000, hop_length: PositiveInt = 320,
        num_quantizers: PositiveInt = 4, codebook_size: PositiveInt = 256, latent_dim: PositiveInt = 32,
        quantizer_dropout: Share = 0.5, commitment_weight: NonNegativeFloat = 1.0, width: PositiveInt = 128,
        depth: PositiveInt = 4, adversarial_start: NonNegativeInt = 1000, judges_width: PositiveInt = 8,
        segment: PositiveInt = 25,
    ) -> None:  # fmt: skip
        super().__init__()
        if len(target) != 1 or next(iter(target.values())).shape != (None,):
            raise ValueError(f"a codec takes one waveform, numbers (samples); Y is {target}")
        (self.field,), (self.wave_clock,) = target, target.clocks
        self.ratio, self.sample_rate, self.segment = hop_length, sample_rate, segment
        self.commitment_weight = commitment_weight
        code = Field(vocabulary=codebook_size, axis=target[self.field].axis, hop=self.wave_clock.hop * hop_length)
        self.spec = Spec({f"q{number}": code for number in range(1, num_quantizers + 1)})
        (self.clock,) = self.spec.clocks
        self.condition, self.target = self.spec, target
        self.encoder = WaveEncoder(factors(hop_length), width, latent_dim)
        self.quantizer = ResidualQuantizer(num_quantizers, codebook_size, latent_dim, dropout=quantizer_dropout)
        self.decoder = WaveDecoder(latent_dim, width, depth, n_fft=4 * hop_length, hop_length=hop_length)
        self.judges = Judges(judges_width, adversarial_start)
        self.quantizer.build(None)
        self.built = True

    @property
    def reach(self) -> int:
        """Entries on each side that a sample of the decoder depends on."""
        return self.decoder.reach

    @property
    def bits_a_second(self) -> float:
        return self.sample_rate / self.ratio * len(self.spec) * math.log2(self.quantizer.codebook_size)

    def groups(self) -> dict[str, list]:
        """An optimiser for the codec and one for the judges."""
        return {
            "generator": [*self.encoder.trainable_variables, *self.decoder.trainable_variables],
            "discriminator": self.judges.trainable_variables,
        }

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """As of a vocoder, and the distance of vectors to their codes."""
        real, there = batch["target"][self.field], batch["target"][self.wave_clock.mask]
        vectors, known = self._vectors(real, there)
        found = self.quantizer(vectors, known=known, seeds=noises.fold_in(noise, "quantizer"))
        fake = self.decoder(found.codes, known)
        losses = compared(self, real, fake, known > 0, noise)
        distance = tf.math.divide_no_nan(tf.reduce_sum(found.distance * known, 1), tf.reduce_sum(known, 1))
        losses["generator"]["commitment"] = (self.commitment_weight * distance, tf.ones_like(distance))
        if noise is not None:
            losses[STATISTICS] = prefixed("judges", losses[STATISTICS]) | prefixed("quantizer", found.statistics)
        return losses

    def absorb(self, statistics: Mapping[str, tf.Tensor]) -> None:
        """The codebooks follow; the judges count."""
        self.judges.absorb(of_part("judges", statistics))
        self.quantizer.absorb(of_part("quantizer", statistics))

    def encode(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """The codes of Y; 0 after an example's end."""
        vectors, known = self._vectors(tf.convert_to_tensor(target[self.field]), target[self.wave_clock.mask])
        indices = self.quantizer.codes_to_indices(vectors) + 1
        codes = tf.unstack(indices * tf.cast(known, tf.int32)[..., None], axis=-1)
        return {**dict(zip(self.spec, codes, strict=True)), self.clock.mask: known > 0}

    def render(self, rep: Batch) -> tf.Tensor:
        """Waveforms of codes, float32 [batch, entries × samples of an entry]."""
        known = tf.cast(rep[self.clock.mask], tf.float32)
        indices = tf.stack([tf.cast(rep[name], tf.int32) - 1 for name in self.spec], -1)
        return self.decoder(self.quantizer.indices_to_codes(indices), known)

    def sample(self, condition: Batch, *, seed: int, given: Any = None) -> dict[str, np.ndarray]:
        """The waveform of the codes; the seed has no say."""
        return {self.field: sampled(self, condition)}

    def stream(self, condition: Batch, *, seed: int, chunk: PositiveInt = 25) -> Iterator[dict[str, np.ndarray]]:
        """The same in chunks of so many entries, which joined are the whole within 1e-4."""
        for wave in streamed(self, condition, chunk):
            yield {self.field: wave}

    def _vectors(self, wave: tf.Tensor, there: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """(float32 [batch, entries, latent_dim], which entries exist: float32 [batch, entries])"""
        missing = -tf.shape(wave)[1] % self.ratio
        wave, there = (tf.pad(tf.cast(each, tf.float32), [[0, 0], [0, missing]]) for each in (wave, there))
        return self.encoder(wave * there, there), there[:, :: self.ratio]
