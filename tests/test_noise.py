"""Noise has the distribution it should, and is a function of seed, use and position alone."""

import numpy as np
import pytest
from scipy import stats

from regenkit.layers import noise
from regenkit.quiet import tensorflow as tf


def seeds(count: int, step: int = 12345) -> tf.Tensor:
    return tf.stack([tf.fill([count], step), tf.range(count)], 1)


def test_noise_is_uniform_gumbel_and_normal() -> None:
    drawn = noise.uniform(seeds(200), 250).numpy()
    assert drawn.min() > 0 and drawn.max() < 1
    for sample in (drawn.ravel(), drawn[:, 0], drawn[0]):
        assert stats.kstest(sample, "uniform").pvalue > 1e-3
    assert stats.kstest(noise.gumbel(seeds(200), 250).numpy().ravel(), "gumbel_r").pvalue > 1e-3
    assert stats.kstest(noise.normal(seeds(200), 250).numpy().ravel(), "norm").pvalue > 1e-3


def test_noise_is_never_1_nor_infinite() -> None:
    """Of 2²⁴ draws by this seed one has all 24 bits set."""
    seed = tf.constant([[1, 2]], tf.int32)
    assert noise.uniform(seed, 1 << 24).numpy().max() == 1 - 2**-24
    assert np.isfinite(noise.gumbel(seed, 1 << 24)).all()


def of(*path: str | int) -> tf.Tensor:
    """Uniform numbers [100, 100] of a path of words and numbers."""
    found = seeds(100)
    for part in path:
        found = noise.fold_in(found, part) if isinstance(part, str) else noise.fold_in(found, "number", part)
    return noise.uniform(found, 100)


@pytest.mark.parametrize("which", ["word", "number", "path", "example", "step", "position"])
def test_noise_is_independent(which: str) -> None:
    one, other = {
        "word": lambda: (of("a"), of("b")),
        "number": lambda: (of("a", 0), of("a", 1)),
        "path": lambda: (of("a", "b"), of("b", "a")),
        "example": lambda: tf.split(noise.uniform(seeds(200), 100), 2),
        "step": lambda: (noise.uniform(seeds(100), 100), noise.uniform(seeds(100, 12346), 100)),
        "position": lambda: tf.split(noise.uniform(seeds(100), 200), 2, axis=1),
    }[which]()
    one, other = np.ravel(one), np.ravel(other)
    assert (one != other).mean() > 0.99
    assert abs(stats.pearsonr(one, other).statistic) < 4 / np.sqrt(len(one))
    counts, *_ = np.histogram2d(one, other, bins=5, range=[[0, 1], [0, 1]])
    assert stats.chisquare(counts.ravel()).pvalue > 1e-4


def test_noise_is_of_the_example_and_not_of_the_batch() -> None:
    own = noise.fold_in(seeds(10), "use")
    whole = noise.uniform(own, 40).numpy()
    np.testing.assert_array_equal(noise.uniform(noise.fold_in(seeds(10)[4:7], "use"), 40), whole[4:7])
    np.testing.assert_array_equal(noise.uniform(own, 20), whole[:, :20])
    assert noise.uniform(own[:0], 40).shape == (0, 40)


def test_several_numbers_at_once_are_each_as_alone() -> None:
    many = noise.fold_in(seeds(10), "step", tf.constant([3, 9, 4]))
    alone = [noise.fold_in(seeds(10), "step", number) for number in (3, 9, 4)]
    np.testing.assert_array_equal(many, alone)
    np.testing.assert_array_equal(noise.normal(many, 40), [noise.normal(each, 40) for each in alone])


def test_a_word_means_the_same_in_every_process_and_version() -> None:
    """Else a training would not go on as it began."""
    np.testing.assert_array_equal(noise.fold_in(seeds(2), "dropout"), [[13916864, 1472614600], [13916864, -528877819]])
    numbered = [[-1501599174, -707044536], [-1501599174, 516514191]]
    np.testing.assert_array_equal(noise.fold_in(seeds(2), "dropout", 1), numbered)
    assert noise.derive(1, "batch", 2) == 1378480865


def test_seeds_that_are_derived_are_apart() -> None:
    derived = [noise.derive(seed, word, number) for seed in range(-10, 10) for word in "ab" for number in range(50)]
    assert len(set(derived)) == len(derived) and min(derived) >= 0 and max(derived) < 2**31


def test_dropout_keeps_the_mean() -> None:
    mask = noise.keep(seeds(200), 250, 0.2).numpy()
    assert set(np.unique(mask)) == {0.0, np.float32(1 / 0.8)}
    assert mask.mean() == pytest.approx(1, abs=0.01)
    assert noise.keep(noise.fold_in(None, "dropout"), 250, 0.2) is None and noise.keep(seeds(2), 250, 0.0) is None
