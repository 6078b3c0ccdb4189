"""CTC against everything that can be listed: sums over paths, the likeliest string, alignments."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf
from regenkit_speech.networks import ctc
from regenkit_speech.networks.ctc_search import best_path, prefix_beam, said


def probabilities(seed: int, batch: int, entries: int, symbols: int, sharp: float = 2.0) -> np.ndarray:
    logits = sharp * np.random.default_rng(seed).standard_normal((batch, entries, symbols))
    return np.asarray(tf.nn.log_softmax(tf.constant(logits, tf.float32)))


def by_listing(log_probs: np.ndarray) -> dict[tuple[int, ...], float]:
    """P of every string of one example [entries, symbols]: all paths are gone through."""
    found: dict[tuple[int, ...], float] = {}
    entries, symbols = log_probs.shape
    for path in product(range(symbols), repeat=entries):
        string = tuple(said(np.array([path]), np.array([entries]))[0].tolist())
        p = float(np.exp(sum(log_probs[step, symbol] for step, symbol in enumerate(path))))
        found[string] = found.get(string, 0.0) + p
    return found


def likelihood(log_probs: np.ndarray, entries: list[int], strings: list[tuple[int, ...]]) -> np.ndarray:
    longest = max(map(len, strings))
    labels = np.array([[*string, *[0] * (longest - len(string))] for string in strings], np.int32)
    count = np.array([len(string) for string in strings], np.int32)
    return np.asarray(ctc.log_likelihood(log_probs, tf.constant(entries), tf.constant(labels), tf.constant(count)))


# --- the sums ---------------------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(seed=st.integers(0, 2**31), entries=st.integers(1, 5), tokens=st.integers(1, 3))
def test_the_likelihood_is_the_sum_over_all_paths(seed: int, entries: int, tokens: int) -> None:
    log_probs = probabilities(seed, 1, entries, tokens + 1)
    listed = by_listing(log_probs[0])
    strings = list(listed)
    found = likelihood(np.repeat(log_probs, len(strings), 0), [entries] * len(strings), strings)
    np.testing.assert_allclose(np.exp(found), [listed[string] for string in strings], rtol=2e-4, atol=1e-7)
    np.testing.assert_allclose(np.exp(found).sum(), 1.0, rtol=1e-4)


def test_what_no_path_says_is_impossible() -> None:
    log_probs = probabilities(0, 4, 2, 3)
    found = likelihood(log_probs, [2, 2, 1, 2], [(1, 1), (1, 2, 1), (1, 2), (1, 2)])
    assert (found[:3] < -1e29).all() and found[3] > -100
    np.testing.assert_allclose(likelihood(log_probs[:2], [0, 0], [(), (1,)]), [0.0, ctc.NEVER], rtol=1e-6)


def test_padding_changes_neither_the_likelihood_nor_its_slope() -> None:
    log_probs = probabilities(3, 2, 9, 4)
    more = np.concatenate([log_probs, probabilities(4, 2, 3, 4)], 1)
    labels, longer = np.array([[1, 1, 2], [3, 0, 0]]), np.array([[1, 1, 2, 0, 0], [3, 2, 1, 3, 1]])

    def of(values: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = tf.constant(values)
        with tf.GradientTape() as tape:
            tape.watch(x)
            found = ctc.log_likelihood(x, tf.constant([9, 7]), tf.constant(labels, tf.int32), tf.constant([3, 1]))
        return found.numpy(), tape.gradient(found, x).numpy()

    (one, slope), (other, longer_slope) = of(log_probs, labels), of(more, longer)
    np.testing.assert_allclose(one, other, rtol=1e-6)
    np.testing.assert_allclose(longer_slope[:, :9], slope, atol=1e-5)
    assert not longer_slope[:, 9:].any() and not longer_slope[1, 7:].any()
    np.testing.assert_allclose(slope[0].sum(1), 1.0, atol=1e-4)  # each entry is in some state


def test_of_a_batch_without_tokens_the_paths_of_blanks_are_left() -> None:
    log_probs = probabilities(0, 2, 4, 3)
    found = likelihood(log_probs, [4, 3], [(), ()])
    np.testing.assert_allclose(found, [log_probs[0, :, 0].sum(), log_probs[1, :3, 0].sum()], rtol=1e-6)


def test_tensorflows_own_loss_and_slope_agree() -> None:
    logits = 2 * np.random.default_rng(5).standard_normal((3, 12, 6)).astype(np.float32)
    labels = np.array([[1, 2, 2, 5], [3, 3, 3, 0], [4, 0, 0, 0]], np.int32)
    entries, count = tf.constant([12, 8, 10]), tf.constant([4, 3, 1])

    def ours(x: tf.Tensor) -> tf.Tensor:
        return -ctc.log_likelihood(tf.nn.log_softmax(x), entries, tf.constant(labels), count)

    def theirs(x: tf.Tensor) -> tf.Tensor:
        return tf.nn.ctc_loss(labels, x, count, entries, logits_time_major=False, blank_index=0)

    found = []
    for loss in (ours, theirs):
        x = tf.constant(logits)
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = loss(x)
        found.append((value.numpy(), tape.gradient(value, x).numpy()))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-4)
    np.testing.assert_allclose(found[0][1], found[1][1], atol=2e-4)


# --- searches ---------------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(seed=st.integers(0, 2**31), entries=st.integers(1, 5), tokens=st.integers(1, 3), sharp=st.floats(0.2, 4.0))
def test_a_beam_of_all_prefixes_finds_the_likeliest_string(seed: int, entries: int, tokens: int, sharp: float) -> None:
    log_probs = probabilities(seed, 3, entries, tokens + 1, sharp)
    lengths = np.array([entries, max(1, entries - 1), entries])
    wide = sum(tokens**size for size in range(entries + 1))
    found = prefix_beam(log_probs, lengths, wide, shortest=np.zeros(3, int), longest=entries)
    two = prefix_beam(log_probs, lengths, wide, shortest=np.full(3, 1), longest=1)
    for row, length in enumerate(lengths):
        listed = by_listing(log_probs[row, :length])
        assert listed[tuple(found[row].tolist())] >= max(listed.values()) * (1 - 1e-5)
        ones = {string: p for string, p in listed.items() if len(string) == 1}
        assert ones[tuple(two[row].tolist())] >= max(ones.values()) * (1 - 1e-5)


def test_the_likeliest_string_is_not_the_likeliest_paths() -> None:
    log_probs = np.log(np.array([[[0.6, 0.4], [0.6, 0.4]]]))
    assert said(log_probs.argmax(2), np.array([2]))[0].tolist() == []
    assert prefix_beam(log_probs, np.array([2]), 2, shortest=np.zeros(1, int), longest=9)[0].tolist() == [1]


@given(seed=st.integers(0, 2**31), width=st.integers(1, 6))
def test_a_beam_says_the_same_of_an_example_alone_and_padded(seed: int, width: int) -> None:
    log_probs = probabilities(seed, 3, 7, 4)
    lengths = np.array([7, 4, 0])
    whole = prefix_beam(log_probs, lengths, width, shortest=np.zeros(3, int), longest=9)
    for row, length in enumerate(lengths):
        alone = prefix_beam(log_probs[row : row + 1, :length], lengths[row : row + 1], width,
                            shortest=np.zeros(1, int), longest=9)  # fmt: skip
        assert np.array_equal(alone[0], whole[row])


def test_only_what_may_stand_at_a_place_is_said() -> None:
    log_probs = probabilities(1, 2, 6, 4)
    allowed = np.ones((2, 2, 3), bool)
    allowed[:, 1] = [False, False, True]
    for string in prefix_beam(log_probs, np.array([6, 5]), 50, shortest=np.full(2, 3), longest=4, allowed=allowed):
        assert string[1] == 3 and 3 <= len(string) <= 4
    with pytest.raises(UserError, match="fewer entries than the string is to have tokens"):
        prefix_beam(log_probs, np.array([6, 5]), 50, shortest=np.full(2, 6), longest=6)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**31), entries=st.integers(1, 5), string=st.lists(st.integers(1, 2), max_size=3))
def test_an_alignment_is_the_likeliest_path_that_says_the_string(seed: int, entries: int, string: list[int]) -> None:
    log_probs = probabilities(seed, 1, entries, 3)[0]
    paths = {path: sum(log_probs[step, symbol] for step, symbol in enumerate(path))
             for path in product(range(3), repeat=entries)
             if said(np.array([path]), np.array([entries]))[0].tolist() == string}  # fmt: skip
    found = best_path(log_probs, np.array(string, int))
    assert (found is None) == (not paths)
    if found is not None:
        spoken = tuple(int(string[place - 1]) if place else 0 for place in found)
        assert paths[spoken] >= max(paths.values()) - 1e-5
        assert (np.diff(found[found > 0]) >= 0).all() and set(found[found > 0]) == set(range(1, len(string) + 1))
