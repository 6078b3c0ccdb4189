"""What vocoders have in common that draw a waveform without noise: losses, drawing, streaming."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from regenkit.models.traced import call_traced
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Clock, Spec
from regenkit.stage import STATISTICS, Batch
from regenkit_speech.networks.contest import SPECTRAL, Judges, spectral_distance
from regenkit_speech.networks.streaming import chunks


class Vocoder(Protocol):
    """ratio: samples of an entry; reach: entries on each side that a sample depends on; segment: entries that are
    judged at least."""

    condition: Spec
    field: str
    clock: Clock
    ratio: int
    segment: int
    sample_rate: int
    judges: Judges

    @property
    def reach(self) -> int: ...

    def render(self, condition: Batch) -> tf.Tensor: ...


def losses(vocoder: Vocoder, batch: Mapping[str, Batch], noise: tf.Tensor | None) -> dict[str, Any]:
    """By optimiser: the distance of mel spectra and what the judges say; an example weighs 1. Evaluation has the
    distance alone, because what judges say does not compare from step to step; it is weighted as in training, so that
    beside other terms (a divergence, a commitment) the best weights are those of the loss that is minimised."""
    condition, target = batch["condition"], batch["target"]
    fake = vocoder.render(condition)
    return compared(vocoder, target[vocoder.field], fake, condition[vocoder.clock.mask], noise)


def compared(
    vocoder: Any, real: tf.Tensor, fake: tf.Tensor, entries: tf.Tensor, noise: tf.Tensor | None
) -> dict[str, Any]:  # fmt: skip
    """The same of waveforms [batch, samples]; entries bool [batch, entries]."""
    real = tf.cast(real, tf.float32)
    samples = tf.maximum(tf.maximum(tf.shape(real)[1], tf.shape(fake)[1]), vocoder.segment * vocoder.ratio)
    # padded to one length, so that what is judged does not depend on what else is in the batch
    real, fake = (tf.pad(wave, [[0, 0], [0, samples - tf.shape(wave)[1]]]) for wave in (real, fake))
    there = tf.repeat(tf.cast(entries, tf.float32), vocoder.ratio, 1)
    there = tf.pad(there, [[0, 0], [0, samples - tf.shape(there)[1]]])
    real *= there
    distance = spectral_distance(real, fake, there, vocoder.sample_rate)
    one = tf.ones_like(distance)
    if noise is None:
        return {"generator": {"mel_distance": (SPECTRAL * distance, one)}}
    contest = vocoder.judges.contest(real, fake)
    generator = {"mel_distance": (SPECTRAL * distance, one), **contest.generator}
    return {"generator": generator, "discriminator": contest.discriminator,
            STATISTICS: {"waves": tf.reduce_sum(one)}}  # fmt: skip


def sampled(vocoder: Vocoder, condition: Batch) -> np.ndarray:
    """Waveforms, float32 [batch, entries × samples of an entry]."""
    known = {name: condition[name] for name in (*vocoder.condition, vocoder.clock.mask)}
    if not np.size(known[vocoder.clock.mask]):
        return np.zeros((len(known[vocoder.clock.mask]), 0), np.float32)
    found: np.ndarray = _traced(vocoder, known).numpy()
    return found


def streamed(vocoder: Vocoder, condition: Batch, chunk: int) -> Iterator[np.ndarray]:
    """The same in chunks of so many entries."""
    return chunks(lambda part, _: _traced(vocoder, part), condition, vocoder.condition, vocoder.clock,
                  ratio=vocoder.ratio, reach=vocoder.reach, chunk=chunk)  # fmt: skip


def _traced(vocoder: Vocoder, condition: Batch) -> Any:
    fields = {name: tf.convert_to_tensor(value) for name, value in condition.items()}
    return call_traced(vocoder, vocoder.render, fields)
