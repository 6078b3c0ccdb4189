"""Text → spectra, all entries at once: durations are learned by alignment search, without an aligner from outside.

encoder    symbols → what they say
prior      what a symbol sounds like on average; by it entries are aligned to symbols (Glow-TTS, arXiv 2005.11129)
durations  entries of each symbol, predicted for drawing (FastSpeech 2: Ren et al. 2020, arXiv 2006.04558)
variances  pitch, energy and marks of each entry, where Y′ has them: predicted, and given to the decoder
decoder    by regression (FastSpeech 2), or by flow matching (Matcha-TTS, arXiv 2309.03199)
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, final

import numpy as np
from pydantic import FiniteFloat, NonNegativeFloat, PositiveFloat, PositiveInt

from regenkit.layers import noise as noises
from regenkit.models.sampling import seeds_of
from regenkit.models.traced import call_traced
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Share
from regenkit.spec import END, Spec
from regenkit.stage import Batch, Losses
from regenkit_speech.models.clocks import LONGEST, vectors_of
from regenkit_speech.networks.alignment import aligned, places, symbol_of_entry
from regenkit_speech.networks.durations import Durations
from regenkit_speech.networks.spectra import Decoder, FlowMatching, Regression
from regenkit_speech.networks.text_encoder import TextEncoder
from regenkit_speech.networks.variances import Variances


def fastspeech(
    *, condition: Spec, target: Spec, width: PositiveInt = 192, depth: PositiveInt = 3, decoder_depth: PositiveInt = 6,
    heads: PositiveInt = 2, dropout: Share = 0.1,
) -> "Acoustic":  # fmt: skip
    """By regression.

    width          of all networks
    depth          blocks of attention of the text's encoder
    decoder_depth  blocks of convolution of the decoder
    heads          of attention
    dropout        in encoder and decoder
    """
    return Acoustic(
        condition, target, width, depth, heads, dropout, Regression(_size(target), width, decoder_depth, dropout)
    )


def flow(
    *, condition: Spec, target: Spec, width: PositiveInt = 192, depth: PositiveInt = 3, decoder_depth: PositiveInt = 8,
    heads: PositiveInt = 2, dropout: Share = 0.1,
) -> "Acoustic":  # fmt: skip
    """By flow matching; the arguments are those of `fastspeech`, but no dropout is in the decoder."""
    return Acoustic(
        condition, target, width, depth, heads, dropout, FlowMatching(_size(target), width, decoder_depth, 0.0)
    )


def _size(target: Spec) -> int:
    return int(target[vectors_of(target)].shape[1] or 0)


class Taught(NamedTuple):
    """Of a known target: see `Acoustic.taught`."""

    hidden: tf.Tensor  # [batch, entries, width]
    known: tf.Tensor  # float32 [batch, entries, 1]: 1 where an entry exists, of an example that can be aligned
    errors: dict[str, tf.Tensor]  # [batch, entries]
    length: tuple[tf.Tensor, tf.Tensor]  # the error of the durations and its weight, each [batch]


@final
class Acoustic(keras.Model):
    """P(entries | text): one field of vectors, and numbers or marks beside it. See `fastspeech` and `flow`."""

    draws_length = True

    def __init__(
        self, condition: Spec, target: Spec, width: int, depth: int, heads: int, dropout: float, decoder: Decoder
    ) -> None:  # fmt: skip
        super().__init__()
        self.condition, self.target, self.field = condition, target, vectors_of(target)
        (self.clock,) = target.clocks
        self.size = _size(target)
        self.encoder = TextEncoder(condition, width, depth, heads, dropout)
        if self.encoder.clock.axis == self.clock.axis:
            raise ValueError("text and spectra run along one axis; right are two")
        self.prior = keras.layers.Dense(self.size, dtype="float32")
        self.durations = Durations(width)
        self.mixed = keras.layers.Dense(width, dtype="float32")
        self.variances = Variances(target.without([self.field]), width, dropout)
        self.decoder = decoder
        self.prior.build((None, None, width))
        self.mixed.build((None, None, width + 3))
        self.built = True

    # --- the protocol ------------------------------------------------------------------------------------------------

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> Losses:
        """The decoder's error, the prior's, those of durations (`spec.END`) and of variances: sums over the entries,
        which are the weight (of durations over the symbols). An example with more symbols than entries weighs 0."""
        target = batch["target"]
        taught = self.taught(batch["condition"], target, noise)
        vectors = tf.cast(target[self.field], tf.float32)
        error = self.decoder.error(vectors, taught.hidden, taught.known, noises.fold_in(noise, "decoder"))
        known = taught.known[..., 0]
        weight = tf.reduce_sum(known, 1)
        terms = {self.field: error, **taught.errors}
        found = {name: (tf.reduce_sum(value * known, 1), weight) for name, value in terms.items()}
        found[END] = taught.length
        return {"main": found}

    def taught(self, condition: Batch, target: Batch, noise: tf.Tensor | None) -> "Taught":
        """What each entry of a known target is to be drawn from, by the alignment that fits it best."""
        mask = target[self.clock.mask]
        known = tf.cast(mask, tf.float32)
        vectors = tf.cast(target[self.field], tf.float32)
        hidden, symbols = self.encoder(condition, noises.fold_in(noise, "encoder"))
        means = self.prior(hidden)
        durations = aligned(_log_likelihood(vectors, means), symbols, known)
        fits = tf.cast(tf.reduce_sum(durations, 1) > 0, tf.float32)
        known, symbols = known * fits[:, None], symbols * fits[:, None]
        symbol = symbol_of_entry(durations, tf.shape(mask)[1])
        prior = tf.reduce_mean((vectors - tf.gather(means, symbol, batch_dims=1)) ** 2, -1)
        spread, errors = self.variances.taught(self._spread(hidden, durations, symbol), known[..., None], target,
                                               noises.fold_in(noise, "variances"))  # fmt: skip
        length = self.durations.loss(durations, hidden, symbols, noise)
        return Taught(spread, known[..., None], {"prior": 0.5 * prior, **errors}, length)

    def sample(
        self, condition: Batch, *, seed: int, given: Any = None, length: PositiveInt | None = None,
        max_length: PositiveInt = LONGEST,
        pace: PositiveFloat = 1.0, temperature: NonNegativeFloat = 0.7, steps: PositiveInt = 10,
        pitch_shift: FiniteFloat = 0.0,
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """Fields and the mask of their clock.

        length, max_length  steps of Y
        pace                durations are divided by it
        temperature, steps  of flow matching: scale of the noise, steps of Euler's method
        pitch_shift         semitones that are added to the predicted pitch, where Y′ has it
        """
        fields = {name: tf.convert_to_tensor(condition[name]) for name in (*self.condition, self.encoder.clock.mask)}
        count = int(fields[self.encoder.clock.mask].shape[0])
        most = max(1, self.clock.entries(length or max_length))
        if not count:
            return self._none()
        found = call_traced(
            self, self._drawn, fields, seeds_of(seed, count), tf.constant(pace, tf.float32),
            tf.constant(temperature, tf.float32), tf.constant(steps), tf.constant(most),
            tf.constant(length is not None), tf.constant(pitch_shift, tf.float32),
        )  # fmt: skip
        return {name: value.numpy() for name, value in found.items()}

    def resample(
        self, condition: Batch, target: Batch, *, seed: int, temperature: NonNegativeFloat = 0.7,
        steps: PositiveInt = 10,
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """Fields as they are predicted where each symbol lasts as long as in the known target: so that a vocoder can
        learn from predicted spectra that fit the recording. A target that cannot be aligned is returned as it is."""
        fields = {name: tf.convert_to_tensor(condition[name]) for name in (*self.condition, self.encoder.clock.mask)}
        known = {name: tf.convert_to_tensor(target[name]) for name in (*self.target, self.clock.mask)}
        count = int(known[self.clock.mask].shape[0])
        if not count:
            return {name: np.asarray(target[name]) for name in self.target}
        found = call_traced(self, self._redrawn, fields, known, seeds_of(seed, count),
                            tf.constant(temperature, tf.float32), tf.constant(steps))  # fmt: skip
        return {name: value.numpy() for name, value in found.items()}

    def check_sampling(self, **options: Any) -> None:
        """Raises ValueError where there is no noise that a temperature could scale."""
        for name in ("temperature", "steps"):
            if name in options and not self.decoder.draws:
                raise ValueError(f"{name}: a decoder by regression draws no noise; leave it out")
        if options.get("pitch_shift") and "pitch" not in self.target:
            raise ValueError("pitch_shift: Y′ has no pitch; right is the converter speech/prosody")

    def alignment(self, condition: Batch, target: Batch) -> np.ndarray:
        """That of a known Y′, int32 [batch, symbols]: entries of each symbol."""
        hidden, symbols = self.encoder(condition, None)
        found: np.ndarray = self._aligned(hidden, symbols, target).numpy()
        return found

    # --- the networks ------------------------------------------------------------------------------------------------

    def _spread(self, hidden: tf.Tensor, durations: tf.Tensor, symbol: tf.Tensor) -> tf.Tensor:
        """[batch, entries, width]: what the symbol of each entry says, and where in it the entry is."""
        return self.mixed(tf.concat([tf.gather(hidden, symbol, batch_dims=1), places(durations, symbol)], -1))

    def _drawn(
        self, condition: Batch, seeds: tf.Tensor, pace: tf.Tensor, temperature: tf.Tensor, steps: tf.Tensor,
        most: tf.Tensor, exactly: tf.Tensor, shift: tf.Tensor,
    ) -> dict[str, tf.Tensor]:  # fmt: skip
        hidden, symbols = self.encoder(condition, None)
        durations, mask = self.durations.draw(hidden, symbols, pace, most, exactly)
        return {**self._entries(hidden, durations, mask, seeds, temperature, steps, shift), self.clock.mask: mask}

    def _redrawn(
        self, condition: Batch, target: Batch, seeds: tf.Tensor, temperature: tf.Tensor, steps: tf.Tensor
    ) -> dict[str, tf.Tensor]:  # fmt: skip
        hidden, symbols = self.encoder(condition, None)
        durations = self._aligned(hidden, symbols, target)
        mask = target[self.clock.mask]
        drawn = self._entries(hidden, durations, mask, seeds, temperature, steps, tf.constant(0.0))
        fits = tf.reduce_sum(durations, 1) > 0
        return {name: tf.where(tf.reshape(fits, [-1, *[1] * (value.shape.rank - 1)]), value, target[name])
                for name, value in drawn.items()}  # fmt: skip

    def _entries(
        self, hidden: tf.Tensor, durations: tf.Tensor, mask: tf.Tensor, seeds: tf.Tensor, temperature: tf.Tensor,
        steps: tf.Tensor, shift: tf.Tensor,
    ) -> dict[str, tf.Tensor]:  # fmt: skip
        """All fields of the target, of symbols that last so long."""
        known = tf.cast(mask, tf.float32)[..., None]
        symbol = symbol_of_entry(durations, tf.shape(mask)[1])
        spread, others = self.variances.drawn(self._spread(hidden, durations, symbol), known, shift)
        return {self.field: self.decoder.draw(spread, known, seeds, temperature, steps), **others}

    def _aligned(self, hidden: tf.Tensor, symbols: tf.Tensor, target: Batch) -> tf.Tensor:
        """Durations int32 [batch, symbols] of a known target."""
        vectors, known = (tf.cast(target[name], tf.float32) for name in (self.field, self.clock.mask))
        return aligned(_log_likelihood(vectors, self.prior(hidden)), symbols, known)

    def _none(self) -> dict[str, np.ndarray]:
        shapes = {name: (0, 0, *field.shape[1:]) for name, field in self.target.items()}
        found = {name: np.zeros(tuple(size or 0 for size in shape), np.float32) for name, shape in shapes.items()}
        return {**found, self.clock.mask: np.zeros((0, 0), bool)}


def _log_likelihood(vectors: tf.Tensor, means: tf.Tensor) -> tf.Tensor:
    """[batch, symbols, entries] of a normal density of deviation 1, without its constant."""
    products = tf.matmul(means, vectors, transpose_b=True)
    return products - 0.5 * tf.reduce_sum(means**2, -1)[:, :, None] - 0.5 * tf.reduce_sum(vectors**2, -1)[:, None, :]
