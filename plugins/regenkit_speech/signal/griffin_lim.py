"""The phase of a magnitude, by projections: fast Griffin-Lim (Perraudin et al. 2013; Griffin and Lim 1984)."""

import math

from regenkit.layers import noise
from regenkit.quiet import tensorflow as tf
from regenkit_speech.signal.stft import inverse_stft, stft


def griffin_lim(
    magnitude: tf.Tensor, known: tf.Tensor, *, n_fft: int, hop_length: int, iterations: int, momentum: float,
    seeds: tf.Tensor,
) -> tf.Tensor:  # fmt: skip
    """float32 [batch, entries, n_fft / 2 + 1] → waveforms [batch, entries × hop], 0 where no entry is.

    known     float32 [batch, entries], 1 for the entries that exist; the others are 0
    momentum  0 is Griffin-Lim; 0.99 gets further in as many steps
    seeds     int32 [batch, 2], of the phases at the start; an entry's phase does not depend on how many there are
    """
    bins, entries = n_fft // 2 + 1, tf.shape(magnitude)[1]
    numbered = noise.fold_in(seeds, "phase of an entry", tf.range(entries))
    turn = tf.transpose(noise.uniform(numbered, bins), [1, 0, 2]) * (2 * math.pi)
    phase = tf.complex(tf.cos(turn), tf.sin(turn))
    target = tf.cast(magnitude, tf.complex64)
    there = tf.repeat(known, hop_length, 1)

    def waveform(phase: tf.Tensor) -> tf.Tensor:
        return inverse_stft(target * phase, n_fft, hop_length, known) * there

    def step(number: tf.Tensor, phase: tf.Tensor, before: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        rebuilt = stft(waveform(phase), n_fft, hop_length)
        moved = rebuilt - before * tf.cast(momentum / (1.0 + momentum), tf.complex64)
        return number + 1, moved / tf.cast(tf.abs(moved) + 1e-16, tf.complex64), rebuilt

    _, phase, _ = tf.while_loop(
        lambda number, *_: number < iterations, step, (tf.constant(0), phase, tf.zeros_like(phase)),
        parallel_iterations=1,
    )  # fmt: skip
    return waveform(phase)


def magnitude_of_mel(mel: tf.Tensor, filters: tf.Tensor, iterations: int = 60) -> tf.Tensor:
    """Magnitudes [batch, entries, bins] whose mel bands are exp(mel), by the multiplicative updates of non-negative
    least squares (Lee and Seung 2001). filters: [bins, n_mels]."""
    bands = tf.exp(mel)
    wanted = bands @ tf.transpose(filters)
    gram = filters @ tf.transpose(filters)
    start = wanted / tf.maximum(tf.reduce_sum(gram, 0), 1e-8)

    def step(number: tf.Tensor, found: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return number + 1, found * wanted / tf.maximum(found @ gram, 1e-10)

    return tf.while_loop(lambda number, _: number < iterations, step, (tf.constant(0), start))[1]
