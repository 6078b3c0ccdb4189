"""Samples are drawn from the distribution, step for step as the teacher-forced network says, and keep what is given."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tiny import KEYED, LETTERS, TARGETS, built, condition_of, equal, greedy

from regenkit.layers import noise
from regenkit.models.kv_cache import CHUNK
from regenkit.models.sampling import filtered
from regenkit.models.transformer import Transformer
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec, tokens


@pytest.fixture(scope="module", params=TARGETS)
def model(request: pytest.FixtureRequest) -> Iterator[Transformer]:
    yield built(LETTERS, request.param)


def test_samples_are_as_frequent_as_they_are_likely() -> None:
    target = Spec({"a": tokens(2), "k": tokens(3, scalar=True)})
    model = built(LETTERS, target, spread=0.05)
    everything = np.array(list(itertools.product((1, 2, 3), (1, 2), (1, 2))), np.int32)
    one = condition_of(2, [2])
    likely = model.log_prob({name: np.repeat(value, len(everything), 0) for name, value in one.items()},
                            {"k": everything[:, 0], "a": everything[:, 1:]})  # fmt: skip
    drawn = model.sample({name: np.repeat(value, 4000, 0) for name, value in one.items()}, seed=0)
    rows = np.column_stack([drawn["k"], drawn["a"]])
    counts = (rows[:, None] == everything[None]).all(-1).sum(0)
    assert counts.sum() == 4000
    expected = 4000 * np.exp(likely.numpy().astype(float))
    assert expected.min() > 5
    assert stats.chisquare(counts, expected, sum_check=False).pvalue > 1e-3


def test_temperature_zero_takes_the_likeliest_token_each_time(model: Transformer) -> None:
    condition = condition_of(6, [6, 3, 5])
    expected = greedy(model, condition)
    assert equal(model.sample(condition, seed=1, temperature=0.0), expected)
    assert equal(model.sample(condition, seed=2, top_k=1), expected)
    assert equal(model.sample(condition, seed=3, top_p=1e-6), expected)


def recomputed(model: Transformer, condition: Any, drawn: Any, seed: int, temperature: float) -> dict[str, np.ndarray]:
    """By field, how much better each token drawn is than any other, the whole prefix being recomputed."""
    steps = model._steps_of(drawn)
    encoded = model.encode(condition, condition["mask"], None)
    x, earlier, margins = model._decode(encoded, steps, None), {}, {}
    batch, length, _ = x.shape
    seeds = tf.stack([tf.fill([batch], seed), tf.range(batch)], 1)
    for name, field in model.target.items():
        assert field.vocabulary
        noisy = model.head(name, x, earlier).numpy() / temperature
        own = noise.fold_in(seeds, f"field {name}", tf.range(length))
        noisy += noise.gumbel(own, field.vocabulary).numpy().transpose(1, 0, 2)
        chosen = np.arange(1, field.vocabulary + 1) == steps[name].numpy()[..., None]
        margin = np.where(chosen, noisy, -np.inf).max(-1) - np.where(chosen, -np.inf, noisy).max(-1)
        margins[name] = margin[steps[name].numpy() > 0]
        earlier[name] = steps[name]
    return margins


@pytest.mark.parametrize("steps", [1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 3 * CHUNK + 1])
def test_the_cache_is_as_good_as_recomputation(model: Transformer, steps: int) -> None:
    """Each token is the one that the whole prefix and the same noise choose, at each border of a chunk."""
    condition = condition_of(steps, [steps, max(1, steps - 3)])
    drawn = model.sample(condition, seed=steps, temperature=0.8)
    for name, margin in recomputed(model, condition, drawn, steps, 0.8).items():
        assert margin.size == (2 if model.target[name].scalar else condition["mask"].sum())
        assert margin.min() > -1e-4, name


@settings(max_examples=25, deadline=None)
@given(lengths=st.lists(st.integers(1, 70), min_size=1, max_size=5), more=st.integers(0, 5),
       seed=st.integers(0, 2**31 - 1), temperature=st.floats(0.3, 3))  # fmt: skip
def test_any_batch_is_as_good_as_recomputed(
    model: Transformer, lengths: list[int], more: int, seed: int, temperature: float
) -> None:
    condition = condition_of(max(lengths) + more, lengths, seed)
    drawn = model.sample(condition, seed=seed, temperature=temperature)
    for margin in recomputed(model, condition, drawn, seed, temperature).values():
        assert margin.min() > -1e-4 / temperature


def test_it_is_traced_once(model: Transformer) -> None:
    fresh = built(LETTERS, model.target)
    for steps, lengths in ((5, [5]), (70, [70, 3]), (1, [1, 1, 1])):
        fresh.sample(condition_of(steps, lengths), seed=0)
    (sampler,) = fresh._samplers.values()
    assert sampler.experimental_get_tracing_count() == 1


def test_a_sample_does_not_depend_on_its_neighbours(model: Transformer) -> None:
    """Nor on the padding that they bring: the first of a batch is what it is alone."""
    condition = condition_of(CHUNK + 8, [CHUNK - 2, CHUNK + 8])
    alone = {name: value[:1, : CHUNK - 2] if value.ndim > 1 else value[:1] for name, value in condition.items()}
    both, one = model.sample(condition, seed=3), model.sample(alone, seed=3)
    for name, field in model.target.items():
        np.testing.assert_array_equal(both[name][:1] if field.scalar else both[name][:1, : CHUNK - 2], one[name])


def test_one_seed_one_sample(model: Transformer) -> None:
    condition = condition_of(12, [12, 7])
    first = model.sample(condition, seed=5)
    assert equal(first, model.sample(condition, seed=5))
    assert not equal(first, model.sample(condition, seed=6))
    for name, field in model.target.items():
        assert first[name].dtype == np.int32
        if field.scalar:
            assert first[name].shape == (2,) and first[name].all()
        else:
            np.testing.assert_array_equal(first[name] > 0, condition["mask"])
        assert first[name].max() <= field.vocabulary
    twins = model.sample({name: np.repeat(value[:1], 2, 0) for name, value in condition.items()}, seed=5)
    assert (twins["high"][0] != twins["high"][1]).any()


def test_a_large_seed_is_a_seed(model: Transformer) -> None:
    condition = condition_of(4, [4])
    assert equal(model.sample(condition, seed=2**40 + 1), model.sample(condition, seed=2**40 + 1))


def test_what_is_given_is_kept(model: Transformer) -> None:
    condition = condition_of(12, [12, 7])
    fixed = np.zeros((2, 12), np.int32)
    fixed[0, 3], fixed[1, 0] = 7, 2
    permitted = np.array([True, False, True, False])
    for seed in range(4):
        drawn = model.sample(condition, seed=seed, given={"high": fixed, "low": permitted})
        assert drawn["high"][0, 3] == 7 and drawn["high"][1, 0] == 2
        assert set(drawn["low"][condition["mask"]]) <= {1, 3}
    by_step = np.ones((2, 12, 7), bool)
    by_step[:, 4, 1:] = False
    assert (model.sample(condition, seed=0, given={"high": by_step})["high"][:, 4] == 1).all()
    assert equal(model.sample(condition, seed=0, given={"high": np.zeros_like(fixed)}), model.sample(condition, seed=0))


def test_a_given_scalar_is_kept() -> None:
    model, condition = built(LETTERS, KEYED), condition_of(5, [5, 5, 5])
    for seed in range(3):
        assert model.sample(condition, seed=seed, given={"key": np.array([4, 0, 6])})["key"][[0, 2]].tolist() == [4, 6]
        permitted = np.array([False, False, True, False, True, False])
        assert set(model.sample(condition, seed=seed, given={"key": permitted})["key"]) <= {3, 5}
        each = np.eye(6, dtype=bool)[[0, 2, 4]]
        assert model.sample(condition, seed=seed, given={"key": each})["key"].tolist() == [1, 3, 5]


def test_what_cannot_be_given_is_said(model: Transformer) -> None:
    condition = condition_of(4, [4])
    with pytest.raises(ValueError, match="'tempo' is not a field of the target: high"):
        model.sample(condition, seed=0, given={"tempo": np.array([1])})
    with pytest.raises(ValueError, match="permits no token"):
        model.sample(condition, seed=0, given={"high": np.zeros(7, bool)})
    for token in (-1, 8):
        with pytest.raises(ValueError, match="its tokens are 1…7"):
            model.sample(condition, seed=0, given={"high": np.full((1, 4), token)})


def test_filters_keep_the_likeliest() -> None:
    logits = np.log(np.array([[0.5, 0.3, 0.15, 0.05]], np.float32))
    kept = {"top_k": [(1, 1), (2, 2), (4, 4), (9, 4)], "top_p": [(0.0, 1), (0.4, 1), (0.6, 2), (0.9, 3), (1.0, 4)]}
    for value, count in kept["top_k"]:
        assert (filtered(tf.constant(logits), int(value), 1.0).numpy() > -1e8).sum() == count
    for share, count in kept["top_p"]:
        assert (filtered(tf.constant(logits), 0, share).numpy() > -1e8).sum() == count
