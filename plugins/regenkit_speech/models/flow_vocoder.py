"""A vocoder by flow matching at the rate of the entries: each entry's samples are one vector, drawn from noise.

Flow matching: Lipman et al. 2022, arXiv 2210.02747; for waveforms without upsampling, as here: RFWave, Liu and Dai
2024, arXiv 2403.05010, and WaveNeXt, Okamoto et al. 2023. It has no judges and no distance of spectra.
"""

from collections.abc import Iterator, Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt

from regenkit.layers import noise as noises
from regenkit.models.sampling import seeds_of
from regenkit.models.traced import call_traced
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit.stage import Batch, Losses
from regenkit_speech.models.clocks import coarse, known
from regenkit_speech.networks.inputs import Entries
from regenkit_speech.networks.spectra import FlowMatching
from regenkit_speech.networks.streaming import chunks

LOUDNESS = 0.1
"""Of full scale: what counts as 1 beside the noise, about the root mean square of speech."""


@final
class FlowVocoder(keras.Model):
    """P(waveform | entries): from noise along a path whose direction is learned.

    width, depth  of the blocks
    """

    def __init__(
        self, *, condition: Spec, target: Spec, width: PositiveInt = 256, depth: PositiveInt = 6
    ) -> None:  # fmt: skip
        super().__init__()
        self.clock, self.ratio = coarse(condition, target, "flow_vocoder")
        (self.field,) = target
        self.condition, self.target = condition, target
        self.inputs_ = Entries(condition, self.clock)
        self.told = keras.layers.Dense(width, dtype="float32")
        self.flow = FlowMatching(self.ratio, width, depth, 0.0)
        self.told.build((None, None, self.inputs_.size))
        self.built = True

    def reach(self, steps: int) -> int:
        """Entries on each side that a sample depends on: those of each step of Euler's method add up."""
        return steps * self.flow.backbone.reach

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> Losses:
        """Squared error of the direction, its mean over an entry's samples: the sum over the entries, which are the
        weight. In evaluation it is the mean over four times (`networks.spectra`)."""
        condition = batch["condition"]
        there = known(condition, self.clock)
        samples = tf.shape(there)[1] * self.ratio
        wave = tf.cast(batch["target"][self.field], tf.float32)[:, :samples] / LOUDNESS
        wave = tf.pad(wave, [[0, 0], [0, samples - tf.shape(wave)[1]]])
        vectors = tf.reshape(wave, [-1, tf.shape(there)[1], self.ratio])
        error = self.flow.error(vectors, self._hidden(condition), there, noises.fold_in(noise, "flow"))
        entries = there[..., 0]
        return {"main": {self.field: (tf.reduce_sum(error * entries, 1), tf.reduce_sum(entries, 1))}}

    def sample(
        self, condition: Batch, *, seed: int, given: Any = None, steps: PositiveInt = 10,
        temperature: NonNegativeFloat = 1.0,
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """The waveform.

        steps        of Euler's method
        temperature  scale of the noise
        """
        fields = {name: condition[name] for name in (*self.condition, self.clock.mask)}
        if not np.size(fields[self.clock.mask]):
            return {self.field: np.zeros((len(fields[self.clock.mask]), 0), np.float32)}
        return {self.field: self._traced(fields, 0, seed, steps, temperature).numpy()}

    def stream(
        self, condition: Batch, *, seed: int, chunk: PositiveInt = 256, steps: PositiveInt = 10,
        temperature: NonNegativeFloat = 1.0,
    ) -> Iterator[dict[str, np.ndarray]]:  # fmt: skip
        """The same in chunks of so many entries, which joined are the whole within 1e-4. Each chunk is drawn with
        `reach` entries more on both sides, so a small chunk costs much."""
        for wave in chunks(lambda part, first: self._traced(part, first, seed, steps, temperature), condition,
                           self.condition, self.clock, ratio=self.ratio, reach=self.reach(steps),
                           chunk=chunk):  # fmt: skip
            yield {self.field: wave}

    def _traced(self, fields: Batch, first: int, seed: int, steps: int, temperature: float) -> Any:
        tensors = {name: tf.convert_to_tensor(value) for name, value in fields.items()}
        seeds = seeds_of(seed, int(tensors[self.clock.mask].shape[0]))
        return call_traced(self, self._drawn, tensors, seeds, tf.constant(first), tf.constant(steps),
                           tf.constant(temperature, tf.float32))  # fmt: skip

    def _drawn(
        self, condition: Batch, seeds: tf.Tensor, first: tf.Tensor, steps: tf.Tensor, temperature: tf.Tensor
    ) -> tf.Tensor:  # fmt: skip
        """[batch, entries × ratio], 0 after an example's end. An entry's noise depends on its place in the whole."""
        there = known(condition, self.clock)
        entries = tf.shape(there)[1]
        each = noises.fold_in(seeds, "entry", first + tf.range(entries))
        start = temperature * tf.transpose(noises.normal(each, self.ratio), [1, 0, 2])
        vectors = self.flow.follow(start, self._hidden(condition), there, steps)
        return LOUDNESS * tf.reshape(vectors, [-1, entries * self.ratio])

    def _hidden(self, condition: Batch) -> tf.Tensor:
        """[batch, entries, width]: what the condition says of each."""
        return self.told(self.inputs_(condition, condition[self.clock.mask]))
