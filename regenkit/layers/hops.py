"""One axis, several hops: fields of a condition that run along a target's axis at another hop than the target.

coarser   an entry is repeated for all steps of the target that begin within it, which are told how far into it
          they are
finer     the mean of the entries that begin within a step of the target
"""

import math
from fractions import Fraction
from typing import final

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Clock, Field, Spec

PHASES = 4
"""Waves that tell a step how far into a coarser entry it is."""


def placed(entries: tf.Tensor, own: Fraction, other: Fraction) -> tuple[tf.Tensor, tf.Tensor]:
    """Entries at the hop `own`, int [entries] → (the entry at the hop `other` in which each begins, how far into it, in
    [0, 1))."""
    scale = math.lcm(own.denominator, other.denominator)
    step, size = int(own * scale), int(other * scale)
    at = tf.cast(entries, tf.int64) * step
    return tf.cast(at // size, tf.int32), tf.cast(at % size, tf.float32) / size


def brought(x: tf.Tensor, known: tf.Tensor, own: Fraction, target: Fraction, steps: tf.Tensor) -> tf.Tensor:
    """`x` [batch, entries, width], of which the `known` exist, bool [batch, entries] → [batch, steps, width]."""
    size = tf.shape(x)[1]
    if own >= target:
        place, _ = placed(tf.range(steps), target, own)
        return tf.gather(tf.pad(x, [[0, 0], [0, 1], [0, 0]]), tf.minimum(place, size), axis=1)
    place, _ = placed(tf.range(size), own, target)
    place = tf.where(place < steps, place, -1)  # which is left out
    # in float32: sums of bfloat16 stop at 256 entries
    weight, values = tf.cast(known, tf.float32)[..., None], tf.cast(x, tf.float32)
    sums, counts = (
        tf.math.unsorted_segment_sum(tf.transpose(value, [1, 0, 2]), place, steps)
        for value in (values * weight, weight)
    )
    return tf.cast(tf.transpose(tf.math.divide_no_nan(sums, counts), [1, 0, 2]), x.dtype)


def phases(own: Fraction, target: Fraction, steps: tf.Tensor) -> tf.Tensor:
    """How far each step of the target is into an entry, as waves: float32 [steps, 2 · PHASES]."""
    _, into = placed(tf.range(steps), target, own)
    angle = 2 * math.pi * into[:, None] * tf.range(1, PHASES + 1, dtype=tf.float32)
    return tf.concat([tf.cos(angle), tf.sin(angle)], -1)


def window(entries: tf.Tensor, own: Clock, target: Clock) -> tuple[tf.Tensor, tf.Tensor]:
    """The fewest and the most steps of a target, int32 [batch], of which a condition on its axis has so many entries.

    Each covers `hop` steps, and the last may be covered in part.
    """
    ratio = own.hop / target.hop
    above, below = ratio.numerator, ratio.denominator
    count = tf.cast(entries, tf.int64)
    most = -((-count * above) // below)
    least = tf.where(count > 0, (count - 1) * above // below + 1, 0)
    return tf.cast(tf.minimum(least, most), tf.int32), tf.cast(most, tf.int32)


def clocks_of(spec: Spec, axis: str) -> tuple[Clock, ...]:
    """The clocks of a spec's fields along an axis."""
    return tuple(clock for clock in spec.clocks if clock.axis == axis)


@final
class Alongside(keras.layers.Layer):
    """A field at another hop than the target's → what each step of the target gets of it."""

    def __init__(self, field: Field, target: Field, width: int) -> None:
        super().__init__()
        self.own, self.target = Fraction(field.hop or 1), Fraction(target.hop or 1)
        self.phase = keras.layers.Dense(width, use_bias=False) if self.own > self.target else None
        if self.phase:
            self.phase.build((None, 2 * PHASES))
        self.built = True

    def call(self, x: tf.Tensor, known: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
        """`x` [batch, entries, width], of which the `known` exist, bool [batch, entries] → [batch, steps, width]."""
        x = brought(x, known, self.own, self.target, steps)
        return x if self.phase is None else x + self.phase(phases(self.own, self.target, steps))
