"""Which entries belong to which symbol of a text: the best monotonic alignment (Kim et al. 2020, Glow-TTS, arXiv
2005.11129, algorithm 1), and back from durations to entries.

The search goes over symbols, of which there are few, and takes all entries of each at once. C is the running sum of a
symbol's likelihoods. Then the best score of entry j as one of symbol i is C[j] + max over k ≤ j of (the score of entry
k − 1 as the last of symbol i − 1) − C[k − 1].
"""

from regenkit.quiet import tensorflow as tf

NEVER = float("-inf")
"""Narrow Gaussians give any number, so that no finite one would do."""
EVEN = 20.0
"""Nats for an entry that is placed with a symbol of the other end of the text."""


def aligned(log_likelihood: tf.Tensor, symbols: tf.Tensor, entries: tf.Tensor) -> tf.Tensor:
    """`align` with a weak preference for even alignments, which decides while the likelihoods say little. Badlani et
    al. 2021 (arXiv 2108.10447) have a prior of this kind.

    symbols, entries  which exist, float32 [batch, symbols] and [batch, entries]
    """
    counts = [tf.reduce_sum(each, 1) for each in (symbols, entries)]
    symbol, entry = (
        (tf.range(tf.shape(each)[1], dtype=tf.float32)[None] + 0.5) / count[:, None]
        for each, count in zip((symbols, entries), counts, strict=True)
    )
    even = -EVEN * (symbol[:, :, None] - entry[:, None, :]) ** 2
    return align(log_likelihood + tf.cast(even, log_likelihood.dtype), *(tf.cast(count, tf.int32) for count in counts))


def align(log_likelihood: tf.Tensor, symbols: tf.Tensor, entries: tf.Tensor) -> tf.Tensor:
    """The durations, int32 [batch, symbols], that sum to `entries`: each symbol has one entry at least.

    log_likelihood     float [batch, symbols, entries] of an entry as one of a symbol
    symbols, entries   int32 [batch], how many an example has. Where there are more symbols than entries, there is no
                       alignment, and all durations are 0
    """
    score = tf.cast(tf.stop_gradient(log_likelihood), tf.float64)
    shape = tf.shape(score)
    batch, length = shape[0], shape[2]
    sums = tf.transpose(tf.cumsum(score, axis=2), [1, 0, 2])
    before = tf.pad(sums[:, :, :-1], [[0, 0], [0, 0], [1, 0]])
    never = tf.fill([batch, 1], tf.constant(NEVER, tf.float64))
    start = tf.concat([tf.zeros([batch, 1], tf.float64), tf.tile(never, [1, length - 1])], 1)
    begun = tf.TensorArray(tf.int32, size=shape[1], element_shape=[None, None])

    def symbol(number: tf.Tensor, entering: tf.Tensor, begun: tf.TensorArray) -> tuple:
        """entering: [batch, entries], the best score of all before entry k, if symbol `number` begins there."""
        value, place = _running_max(entering - before[number])
        ended = sums[number] + value
        return number + 1, tf.concat([never, ended[:, :-1]], 1), begun.write(number, place)

    _, _, begun = tf.while_loop(
        lambda number, *_: number < shape[1], symbol, (tf.constant(0), start, begun), parallel_iterations=1
    )
    return _walked_back(begun.stack(), symbols, entries)


def _walked_back(begun: tf.Tensor, symbols: tf.Tensor, entries: tf.Tensor) -> tf.Tensor:
    """begun: int32 [symbols, batch, entries], where the symbol began that ends at an entry."""
    count, batch = tf.shape(begun)[0], tf.shape(begun)[1]
    durations = tf.TensorArray(tf.int32, size=count, element_shape=[None])

    def back(number: tf.Tensor, end: tf.Tensor, durations: tf.TensorArray) -> tuple:
        first = tf.gather(begun[number], tf.maximum(end, 0)[:, None], batch_dims=1)[:, 0]
        there = number < symbols
        durations = durations.write(number, tf.where(there, end - first + 1, 0))
        return number - 1, tf.ensure_shape(tf.where(there, first - 1, end), entries.shape), durations

    start = (count - 1, entries - 1, durations)
    _, _, durations = tf.while_loop(lambda number, *_: number >= 0, back, start, parallel_iterations=1)
    found = tf.transpose(durations.stack())
    fits = (symbols <= entries) & (symbols > 0)
    return tf.ensure_shape(tf.where(fits[:, None], found, tf.zeros([batch, count], tf.int32)), [None, None])


def _running_max(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """(the greatest so far, where it is) of [batch, entries], by doubling."""
    length = tf.shape(x)[1]
    place = tf.broadcast_to(tf.range(length)[None], tf.shape(x))

    def double(step: tf.Tensor, value: tf.Tensor, place: tf.Tensor) -> tuple:
        earlier = tf.pad(value[:, :-step], [[0, 0], [step, 0]], constant_values=tf.constant(NEVER, tf.float64))
        there = tf.pad(place[:, :-step], [[0, 0], [step, 0]])
        better = earlier >= value
        return 2 * step, tf.where(better, earlier, value), tf.where(better, there, place)

    any_size = tf.TensorShape([None, None])  # slices by a tensor lose theirs
    _, value, place = tf.while_loop(
        lambda step, *_: step < length, double, (tf.constant(1), x, place), (tf.TensorShape([]), any_size, any_size),
        parallel_iterations=1,
    )  # fmt: skip
    return value, place


def symbol_of_entry(durations: tf.Tensor, entries: tf.Tensor) -> tf.Tensor:
    """int32 [batch, entries], the number of the symbol that each entry belongs to; beyond the last, the last."""
    ends = tf.cumsum(durations, axis=1)
    passed = tf.cast(ends[:, None, :] <= tf.range(entries)[None, :, None], tf.int32)
    return tf.minimum(tf.reduce_sum(passed, 2), tf.shape(durations)[1] - 1)


def places(durations: tf.Tensor, symbol: tf.Tensor) -> tf.Tensor:
    """float32 [batch, entries, 3]: how far an entry is within its symbol (0…1), how far from its start and from its end
    (of order 1); symbol as of `symbol_of_entry`."""
    ends = tf.gather(tf.cumsum(durations, axis=1), symbol, batch_dims=1)
    length = tf.maximum(tf.gather(durations, symbol, batch_dims=1), 1)
    entry = tf.range(tf.shape(symbol)[1])[None]
    after = tf.cast(tf.maximum(ends - entry, 0), tf.float32)
    whole = tf.cast(length, tf.float32)
    return tf.stack(
        [1 - (after - 0.5) / whole, tf.math.log1p(tf.maximum(whole - after, 0.0)), tf.math.log1p(after)], -1
    )
