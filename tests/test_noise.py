"""Noise has the distribution it should, and is a function of seed, stream and place alone."""

import numpy as np
import pytest
from scipy import stats

from regenkit.layers import noise
from regenkit.quiet import tensorflow as tf


def seeds(count: int, step: int = 12345) -> tf.Tensor:
    return tf.stack([tf.fill([count], step), tf.range(count)], 1)


def test_noise_is_uniform_and_gumbel() -> None:
    drawn = noise.uniform(seeds(200), 3, 250).numpy()
    assert drawn.min() > 0 and drawn.max() < 1
    for sample in (drawn.ravel(), drawn[:, 0], drawn[0]):
        assert stats.kstest(sample, "uniform").pvalue > 1e-3
    assert stats.kstest(noise.gumbel(seeds(200), 3, 250).numpy().ravel(), "gumbel_r").pvalue > 1e-3


def test_noise_is_never_1_nor_infinite() -> None:
    """Of 2²⁴ draws of this stream one has all 24 bits set."""
    seed = tf.constant([[1, 2]], tf.int32)
    assert noise.uniform(seed, 1, 1 << 24).numpy().max() == 1 - 2**-24
    assert np.isfinite(noise.gumbel(seed, 1, 1 << 24)).all()


@pytest.mark.parametrize("which", ["stream", "example", "step", "place"])
def test_noise_is_independent(which: str) -> None:
    one, other = {
        "stream": lambda: (noise.uniform(seeds(100), 3, 100), noise.uniform(seeds(100), 4, 100)),
        "example": lambda: tf.split(noise.uniform(seeds(200), 3, 100), 2),
        "step": lambda: (noise.uniform(seeds(100), 3, 100), noise.uniform(seeds(100, 12346), 3, 100)),
        "place": lambda: tf.split(noise.uniform(seeds(100), 3, 200), 2, axis=1),
    }[which]()
    one, other = np.ravel(one), np.ravel(other)
    assert (one != other).mean() > 0.99
    assert abs(stats.pearsonr(one, other).statistic) < 4 / np.sqrt(len(one))
    counts, *_ = np.histogram2d(one, other, bins=5, range=[[0, 1], [0, 1]])
    assert stats.chisquare(counts.ravel()).pvalue > 1e-4


def test_noise_is_of_the_example_and_not_of_the_batch() -> None:
    whole = noise.uniform(seeds(10), 3, 40).numpy()
    np.testing.assert_array_equal(noise.uniform(seeds(10)[4:7], 3, 40), whole[4:7])
    np.testing.assert_array_equal(noise.uniform(seeds(10), 3, 20), whole[:, :20])
    assert noise.uniform(seeds(10)[:0], 3, 40).shape == (0, 40)
    many = noise.uniform(seeds(10), tf.constant([3, 9, 4]), 40).numpy()
    np.testing.assert_array_equal(many, [noise.uniform(seeds(10), stream, 40) for stream in (3, 9, 4)])


def test_dropout_keeps_the_mean() -> None:
    mask = noise.keep(seeds(200), 3, 250, 0.2).numpy()
    assert set(np.unique(mask)) == {0.0, np.float32(1 / 0.8)}
    assert mask.mean() == pytest.approx(1, abs=0.01)
    assert noise.keep(None, 3, 250, 0.2) is None and noise.keep(seeds(2), 3, 250, 0.0) is None
