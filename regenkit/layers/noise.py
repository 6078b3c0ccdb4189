"""Noise that is a function of (seed, stream, place): the same on one device, on many, and after a resume.

Each example of a batch has a seed of two int32 (`noise` in the stage protocol). A 32-bit finaliser ("lowbias32", Chris
Wellons' search for hash functions of low bias, 2018) turns seed, stream and place into bits; `stream` tells apart the
uses within one model.
"""

import math

from regenkit.quiet import tensorflow as tf

BELOW_ONE = 1.0 - 2.0**-24


def _mix(value: tf.Tensor) -> tf.Tensor:
    value = tf.bitwise.bitwise_xor(value, tf.bitwise.right_shift(value, tf.constant(16, tf.uint32)))
    value = value * tf.constant(0x7FEB352D, tf.uint32)
    value = tf.bitwise.bitwise_xor(value, tf.bitwise.right_shift(value, tf.constant(15, tf.uint32)))
    value = value * tf.constant(0x846CA68B, tf.uint32)
    return tf.bitwise.bitwise_xor(value, tf.bitwise.right_shift(value, tf.constant(16, tf.uint32)))


def uniform(seeds: tf.Tensor, stream: tf.Tensor | int, size: int) -> tf.Tensor:
    """Uniform numbers in (0, 1), float32 [batch, size], from `seeds` int32 [batch, 2].

    Of several streams at once, int32 [streams]: [streams, batch, size].
    """
    seeds, stream = tf.bitcast(seeds, tf.uint32), tf.cast(stream, tf.uint32)[..., None]
    key = _mix(seeds[:, 0] + _mix(seeds[:, 1] + _mix(stream + tf.constant(0x9E3779B9, tf.uint32))))
    place = tf.cast(tf.range(size), tf.uint32) * tf.constant(0x9E3779B9, tf.uint32)
    bits = tf.bitwise.right_shift(_mix(key[..., None] + place), tf.constant(8, tf.uint32))
    # the greatest of 24 bits and a half rounds to 1, whose Gumbel noise would be infinite
    return tf.minimum((tf.cast(bits, tf.float32) + 0.5) / float(1 << 24), BELOW_ONE)


def apart(seeds: tf.Tensor | None, part: int) -> tf.Tensor | None:
    """Seeds of their own for each part of a model, whose parts may use the same streams; None of none."""
    return None if seeds is None else seeds + tf.constant([part << 20, 0], seeds.dtype)


def gumbel(seeds: tf.Tensor, stream: tf.Tensor | int, size: int) -> tf.Tensor:
    """Standard Gumbel noise, float32, of the shape of `uniform`."""
    return -tf.math.log(-tf.math.log(uniform(seeds, stream, size)))


def normal(seeds: tf.Tensor, stream: int, size: int) -> tf.Tensor:
    """Standard normal noise, float32 [batch, size] (Box and Muller 1958): two streams, this and the next."""
    radius = tf.sqrt(-2.0 * tf.math.log(uniform(seeds, stream, size)))
    return radius * tf.cos(2.0 * math.pi * uniform(seeds, stream + 1, size))


def keep(seeds: tf.Tensor | None, stream: int, size: int, rate: float) -> tf.Tensor | None:
    """A dropout mask [batch, size], 0 or 1 / (1 − rate); None (no dropout) without seeds or rate."""
    if seeds is None or not rate:
        return None
    return tf.cast(uniform(seeds, stream, size) >= rate, tf.float32) / (1.0 - rate)
