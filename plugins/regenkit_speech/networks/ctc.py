"""The probability of a string under connectionist temporal classification (Graves et al. 2006).

At each entry one symbol is drawn on its own: a token, or "blank". A path says a string: repetitions are one token,
unless a blank parts them, and blanks are left out. The probability of a string is the sum over all paths that say it.

The states of a string of U tokens are blank, token 1, blank, … token U, blank: 2 U + 1. `_forward` goes through them
entry by entry. The sums from the end are those of the string and the entries in reverse, so both go through one loop,
as twice as many examples; together they say how probable it is that an entry is in a state, which is the gradient.
"""

from typing import Any

from regenkit.quiet import tensorflow as tf

NEVER = -1e30
BLANK = 0


def log_likelihood(log_probs: tf.Tensor, entries: tf.Tensor, labels: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """log P(string), float32 [batch]; below −1e29 where no path says it. Padding of either changes nothing.

    log_probs  float32 [batch, entries, vocabulary + 1], normalised; symbol 0 is blank
    entries    int32 [batch], how many an example has
    labels     int32 [batch, tokens], 1…vocabulary
    count      int32 [batch], how many tokens an example has
    """
    states, skips = states_of(labels, count)
    one_hot = tf.one_hot(states, tf.shape(log_probs)[2], dtype=log_probs.dtype)
    emitted = tf.matmul(log_probs, one_hot, transpose_b=True)  # of each state; a product has a fast gradient

    @tf.custom_gradient
    def summed(emitted: tf.Tensor) -> tuple[tf.Tensor, Any]:
        batch = tf.shape(emitted)[0]
        size = 2 * count + 1
        backwards = tf.reverse_sequence(tf.reverse_sequence(emitted, entries, 1), size, 2)
        _, turned_skips = states_of(tf.reverse_sequence(labels, count, 1), count)
        both = _forward(tf.concat([emitted, backwards], 0), tf.concat([skips, turned_skips], 0))
        before, after = both[:batch], both[batch:]
        total = _ended(before, entries, count)

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            own = tf.reverse_sequence(tf.reverse_sequence(after, entries, 1), size, 2)
            there = tf.sequence_mask(entries, tf.shape(emitted)[1])[:, :, None]
            there &= tf.sequence_mask(size, tf.shape(states)[1])[:, None, :]
            there &= (total > 0.1 * NEVER)[:, None, None]
            in_state = tf.where(there, before + own - emitted - total[:, None, None], NEVER)
            return tf.exp(tf.minimum(in_state, 0.0)) * upstream[:, None, None]

        return total, gradient

    return summed(emitted)


def states_of(labels: tf.Tensor, count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """(the symbol of each state, int32 [batch, 2 tokens + 1], 0 beyond the last; which can be reached past the blank
    before it, bool: tokens that differ from the one before)"""
    known = tf.where(tf.sequence_mask(count, tf.shape(labels)[1]), labels, BLANK)
    between = tf.reshape(tf.stack([tf.zeros_like(known), known], 2), [tf.shape(known)[0], -1])
    states = tf.pad(between, [[0, 0], [0, 1]])
    skips = (states != BLANK) & (states != _after_two(states, -1))
    return states, skips & (tf.range(tf.shape(states)[1]) > 1)[None]


def _forward(emitted: tf.Tensor, skips: tf.Tensor) -> tf.Tensor:
    """[batch, entries, states]: the logarithm of the sum over the beginnings of paths that are in a state at one."""
    steps = tf.transpose(emitted, [1, 0, 2])
    first = tf.where((tf.range(tf.shape(emitted)[2]) < 2)[None], 0.0, NEVER) + tf.zeros_like(emitted[:, 0])
    found = tf.TensorArray(tf.float32, size=tf.shape(steps)[0], element_shape=[None, None])

    def entry(number: tf.Tensor, arriving: tf.Tensor, found: tf.TensorArray) -> tuple:
        """arriving: [batch, states], the sums of those that may be in a state at entry `number`."""
        here = tf.maximum(arriving + steps[number], NEVER)
        one = tf.pad(here[:, :-1], [[0, 0], [1, 0]], constant_values=NEVER)
        two = tf.where(skips, _after_two(here, NEVER), NEVER)
        return number + 1, tf.reduce_logsumexp(tf.stack([here, one, two]), 0), found.write(number, here)

    start = (tf.constant(0), first, found)
    _, _, found = tf.while_loop(lambda number, *_: number < tf.shape(steps)[0], entry, start, parallel_iterations=1)
    return tf.transpose(found.stack(), [1, 0, 2])


def _after_two(x: tf.Tensor, first: float) -> tf.Tensor:
    """[batch, states], each in the place of the one two after it; there may be a single state."""
    return tf.pad(x, [[0, 0], [2, 0]], constant_values=first)[:, :-2]


def _ended(before: tf.Tensor, entries: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """log P [batch]: in the last token or the blank after it, at the last entry. Of no entries, the empty string is
    certain."""
    last = tf.gather(before, tf.maximum(entries - 1, 0), axis=1, batch_dims=1)
    ends = tf.gather(last, tf.stack([2 * count, tf.maximum(2 * count - 1, 0)], 1), axis=1, batch_dims=1)
    token = tf.where(count > 0, ends[:, 1], NEVER)
    total = tf.reduce_logsumexp(tf.stack([ends[:, 0], token]), 0)
    return tf.where(entries > 0, total, tf.where(count > 0, NEVER, 0.0))
