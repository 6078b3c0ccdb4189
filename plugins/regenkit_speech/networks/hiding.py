"""Stretches of time and of bands that are hidden in training: SpecAugment (Park et al. 2019, arXiv 1904.08779).

What is hidden is 0, which is the mean where an example is normalised. Stretches are a share of the example's own
length, so that padding changes nothing.
"""

from regenkit.layers import noise
from regenkit.quiet import tensorflow as tf

STRETCHES = 2
"""Of time and of bands, each."""
LONGEST_SHARE = 0.1
"""Of an example's entries in one stretch, at most."""
WIDEST_SHARE = 0.25
"""Of the bands."""


def hidden(x: tf.Tensor, mask: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
    """x [batch, entries, bands]; mask bool [batch, entries]; without seeds nothing is hidden."""
    if seeds is None:
        return x
    entries = tf.reduce_sum(tf.cast(mask, tf.float32), 1)
    bands = tf.fill(tf.shape(entries), tf.cast(tf.shape(x)[2], tf.float32))
    time = _kept(seeds, "time", entries, tf.shape(x)[1], LONGEST_SHARE)
    band = _kept(seeds, "band", bands, tf.shape(x)[2], WIDEST_SHARE)
    return x * tf.cast(time[:, :, None] * band[:, None, :], x.dtype)


def _kept(seeds: tf.Tensor, word: str, length: tf.Tensor, places: tf.Tensor, share: float) -> tf.Tensor:
    """float32 [batch, places], 0 in each stretch of `length` [batch]."""
    place = tf.range(places, dtype=tf.float32)[None]
    kept = tf.ones_like(place)
    for number in range(STRETCHES):
        size, start = tf.unstack(noise.uniform(noise.fold_in(seeds, word, number), 2), axis=1)
        size = size * share * length
        start = start * (length - size)
        inside = (place >= start[:, None]) & (place < (start + size)[:, None])
        kept = kept * (1.0 - tf.cast(inside, tf.float32))
    return kept
