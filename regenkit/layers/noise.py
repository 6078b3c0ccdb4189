"""Noise that is a function of (seed, use, position): the same on one device, on many, and after a resume.

Each example of a batch has a seed of two int32 (`noise` in the stage protocol). `fold_in` makes a seed for one use of
it, named by a word. A model folds a word in for each of its parts, and a part for each of its own; so what a seed is
used for is a path of words, and two uses have the same noise only where their paths are the same.

A 32-bit finaliser ("lowbias32", Chris Wellons' search for hash functions of low bias, 2018) turns seeds and positions
into bits.
"""

import hashlib
import math

import numpy as np

from regenkit.quiet import tensorflow as tf

BELOW_ONE = 1.0 - 2.0**-24
GOLDEN = 0x9E3779B9
NUMBERED = np.array([GOLDEN, 0x85EBCA6B], np.uint32)  # odd: no two numbers are the same


def _mix(value: tf.Tensor) -> tf.Tensor:
    value = tf.bitwise.bitwise_xor(value, tf.bitwise.right_shift(value, tf.constant(16, tf.uint32)))
    value = value * tf.constant(0x7FEB352D, tf.uint32)
    value = tf.bitwise.bitwise_xor(value, tf.bitwise.right_shift(value, tf.constant(15, tf.uint32)))
    value = value * tf.constant(0x846CA68B, tf.uint32)
    return tf.bitwise.bitwise_xor(value, tf.bitwise.right_shift(value, tf.constant(16, tf.uint32)))


def fold_in(seeds: tf.Tensor | None, word: str, number: tf.Tensor | int | None = None) -> tf.Tensor | None:
    """Seeds for one use, int32 [batch, 2], from `seeds` int32 [batch, 2]; None of None.

    number   tells uses of one word apart: a layer, a step. Of several, int32 [numbers]: [numbers, batch, 2]
    """
    if seeds is None:
        return None
    words = np.frombuffer(hashlib.blake2b(word.encode(), digest_size=8).digest(), "<u4").astype(np.uint32)
    if isinstance(number, int):
        words = words + np.uint32(number) * NUMBERED
    elif number is not None:
        words = tf.constant(words) + tf.cast(number, tf.uint32)[..., None, None] * NUMBERED
    return tf.bitcast(_mix(tf.bitcast(seeds, tf.uint32) + words), tf.int32)


def derive(seed: int, word: str, number: int = 0) -> int:
    """A seed for one use, of 31 bits, from one of any size: `fold_in` where there is no batch yet."""
    digest = hashlib.blake2b(f"{seed} {number} {word}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "little") >> 1


def uniform(seeds: tf.Tensor, size: int) -> tf.Tensor:
    """Uniform numbers in (0, 1), float32 [..., batch, size], from `seeds` int32 [..., batch, 2]."""
    seeds = tf.bitcast(seeds, tf.uint32)
    key = _mix(seeds[..., 0] + _mix(seeds[..., 1] + tf.constant(GOLDEN, tf.uint32)))
    position = tf.cast(tf.range(size), tf.uint32) * tf.constant(GOLDEN, tf.uint32)
    bits = tf.bitwise.right_shift(_mix(key[..., None] + position), tf.constant(8, tf.uint32))
    # the greatest of 24 bits and a half rounds to 1, whose Gumbel noise would be infinite
    return tf.minimum((tf.cast(bits, tf.float32) + 0.5) / float(1 << 24), BELOW_ONE)


def gumbel(seeds: tf.Tensor, size: int) -> tf.Tensor:
    """Standard Gumbel noise, float32, of the shape of `uniform`."""
    return -tf.math.log(-tf.math.log(uniform(seeds, size)))


def normal(seeds: tf.Tensor, size: int) -> tf.Tensor:
    """Standard normal noise, float32, of the shape of `uniform` (Box and Muller 1958)."""
    radius = tf.sqrt(-2.0 * tf.math.log(uniform(fold_in(seeds, "radius"), size)))
    return radius * tf.cos(2.0 * math.pi * uniform(fold_in(seeds, "angle"), size))


def keep(seeds: tf.Tensor | None, size: int, rate: float) -> tf.Tensor | None:
    """A dropout mask [batch, size], 0 or 1 / (1 − rate); None (no dropout) without seeds or rate."""
    if seeds is None or not rate:
        return None
    return tf.cast(uniform(seeds, size) >= rate, tf.float32) / (1.0 - rate)
