"""The transformer is a distribution, samples from it, and looks at nothing that it may not see."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from regenkit.layers import noise
from regenkit.models.sampling import filtered
from regenkit.models.transformer import Transformer
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec, tokens

# Keras 3.15 saves a variable of a model's own with a call that NumPy 2 finds old-fashioned.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

LETTERS = Spec({"letter": tokens(5), "mode": tokens(3, scalar=True, optional=True)})
NOTES = Spec({"high": tokens(7), "low": tokens(4)})
KEYED = Spec({"high": tokens(7), "key": tokens(6, scalar=True), "low": tokens(4)})


def built(condition: Spec, target: Spec, seed: int = 0, spread: float = 0.3, **options: Any) -> Transformer:
    """With weights large enough that everything depends on everything."""
    tf.keras.utils.set_random_seed(seed)
    model = Transformer(condition=condition, target=target, **{"width": 16, "depth": 2, "heads": 2, **options})
    random = np.random.default_rng(seed)
    for variable in model.variables:
        variable.assign(variable.numpy() + random.normal(0, spread, variable.shape))
    return model


@pytest.fixture(scope="module", params=[NOTES, KEYED], ids=["steps", "steps and a scalar"])
def model(request: pytest.FixtureRequest) -> Iterator[Transformer]:
    yield built(LETTERS, request.param)


def condition_of(steps: int, lengths: list[int], seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    mask = np.arange(steps)[None] < np.array(lengths)[:, None]
    return {
        "letter": np.int32(random.integers(1, 6, mask.shape) * mask),
        "mode": np.int32(random.integers(1, 4, len(lengths))),
        "mask": mask,
    }


def target_of(model: Transformer, mask: np.ndarray, seed: int = 1) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {
        name: np.int32(random.integers(1, field.vocabulary + 1, len(mask)) if field.scalar
                       else random.integers(1, field.vocabulary + 1, mask.shape) * mask)
        for name, field in model.target.items()
    }  # fmt: skip


def stepwise(model: Transformer, condition: dict[str, np.ndarray], target: dict[str, np.ndarray]) -> dict[str, Any]:
    """log P of each field at each step [batch, steps (+ 1 where there are scalars)]."""
    return {name: -nll.numpy() for name, (nll, _) in model._field_nll(condition, target, None).items()}


def scores(model: Transformer, condition: Any, target: Any, name: str, step: int) -> np.ndarray:
    """log P of every token of a field at a step, all else being as in `target`: [batch, vocabulary]."""
    vocabulary, batch = model.target[name].vocabulary, len(target[name])
    assert vocabulary
    many = {key: np.repeat(value, vocabulary, 0) for key, value in target.items()}
    place = (slice(None),) if model.target[name].scalar else (slice(None), step)
    many[name][place] = np.tile(np.arange(1, vocabulary + 1), batch)
    row = 0 if model.target[name].scalar else step + int(model.has_scalars)
    repeated = {key: np.repeat(value, vocabulary, 0) for key, value in condition.items()}
    return stepwise(model, repeated, many)[name][:, row].reshape(batch, vocabulary)


def greedy(model: Transformer, condition: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The likeliest token of each field in turn, as the teacher-forced network scores them."""
    batch, steps = condition["mask"].shape
    found = {name: np.zeros(batch if field.scalar else (batch, steps), np.int32)
             for name, field in model.target.items()}  # fmt: skip
    for step in range(-int(model.has_scalars), steps):
        for name, field in model.target.items():
            if field.scalar == (step < 0):
                best = 1 + scores(model, condition, found, name, step).argmax(1)
                found[name][(slice(None),) if field.scalar else (slice(None), step)] = best
    return {name: value if model.target[name].scalar else value * condition["mask"] for name, value in found.items()}


def equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return set(one) == set(other) and all(np.array_equal(one[name], other[name]) for name in one)


# --- the distribution ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scalar", [False, True])
@pytest.mark.parametrize("steps", [2, 3])
def test_the_probabilities_of_all_sequences_sum_to_one(scalar: bool, steps: int) -> None:
    target = Spec({"a": tokens(2), "b": tokens(3)} if not scalar else {"a": tokens(2), "k": tokens(3, scalar=True)})
    model = built(LETTERS, target)
    choices = [itertools.product(range(1, field.vocabulary + 1), repeat=1 if field.scalar else steps)
               for field in target.values()]  # fmt: skip
    everything = list(itertools.product(*choices))
    values = {
        name: np.array([each[place] for each in everything], np.int32).reshape((-1,) if field.scalar else (-1, steps))
        for place, (name, field) in enumerate(target.items())
    }
    condition = {name: np.repeat(value, len(everything), 0) for name, value in condition_of(steps, [steps]).items()}
    scores = model.log_prob(condition, values).numpy()
    assert len(scores) == (6**steps if not scalar else 3 * 2**steps)
    assert np.exp(scores).sum() == pytest.approx(1, abs=1e-5)
    assert np.ptp(scores) > 1
    by_field = model.field_log_prob(condition, values)
    np.testing.assert_allclose(sum(value.numpy() for value in by_field.values()), scores, rtol=1e-5)


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


def test_a_later_token_never_changes_what_came_before(model: Transformer) -> None:
    condition = condition_of(9, [9, 6])
    target = target_of(model, condition["mask"])
    plain = stepwise(model, condition, target)
    lead, order = int(model.has_scalars), list(model.target)
    for name, field in model.target.items():
        for step in [0] if field.scalar else range(9):
            changed = {key: value.copy() for key, value in target.items()}
            place = (slice(None),) if field.scalar else (slice(None), step)
            changed[name][place] = changed[name][place] % field.vocabulary + 1
            found = stepwise(model, condition, changed)
            row = 0 if field.scalar else step + lead
            for other in order:
                until = row + (order.index(other) < order.index(name))
                np.testing.assert_array_equal(found[other][:, :until], plain[other][:, :until])
            if step < 5:  # and the future does depend on the past
                assert any((found[other][:, row + 1 :] != plain[other][:, row + 1 :]).any() for other in order)


def test_a_condition_is_seen_from_everywhere(model: Transformer) -> None:
    condition = condition_of(9, [9])
    target = target_of(model, condition["mask"])
    plain = stepwise(model, condition, target)["high"]
    changed = {**condition, "letter": condition["letter"].copy()}
    changed["letter"][:, -1] = changed["letter"][:, -1] % 5 + 1
    found = stepwise(model, changed, target)["high"]
    assert (found != plain)[:, int(model.has_scalars) :].all()


def test_an_example_does_not_depend_on_its_neighbours(model: Transformer) -> None:
    condition = condition_of(9, [9, 4])
    target = target_of(model, condition["mask"])
    alone = model.log_prob({k: v[1:, :4] if v.ndim > 1 else v[1:] for k, v in condition.items()},
                           {k: v[1:, :4] if v.ndim > 1 else v[1:] for k, v in target.items()})  # fmt: skip
    np.testing.assert_allclose(model.log_prob(condition, target)[1:], alone, rtol=1e-5)


# --- sampling --------------------------------------------------------------------------------------------------------


def test_temperature_zero_takes_the_likeliest_token_each_time(model: Transformer) -> None:
    condition = condition_of(6, [6, 3, 5])
    expected = greedy(model, condition)
    assert equal(model.sample(condition, seed=1, temperature=0.0), expected)
    assert equal(model.sample(condition, seed=2, top_k=1), expected)
    assert equal(model.sample(condition, seed=3, top_p=1e-6), expected)


def test_the_cache_grows_over_its_buckets(model: Transformer) -> None:
    """Samples of 40 steps, past the first bucket of 32, are what teacher forcing says step by step."""
    condition = condition_of(40, [40, 33])
    drawn = model.sample(condition, seed=0, temperature=0.0)
    for name in ("high", "low"):
        for step in (0, 30, 31, 32, 33, 39):
            rows = condition["mask"][:, step]
            likeliest = 1 + scores(model, condition, drawn, name, step).argmax(1)
            np.testing.assert_array_equal(drawn[name][rows, step], likeliest[rows])


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


# --- conditions ------------------------------------------------------------------------------------------------------


def test_an_optional_field_may_be_absent(model: Transformer) -> None:
    condition = condition_of(6, [6, 6])
    target = target_of(model, condition["mask"])
    absent = {**condition, "mode": np.zeros(2, np.int32)}
    assert (model.log_prob(condition, target).numpy() != model.log_prob(absent, target).numpy()).all()


def test_an_optional_sequence_is_hidden_now_and_then_and_a_scalar_never() -> None:
    spec = Spec({"mode": tokens(3, scalar=True, optional=True), "chord": tokens(5, optional=True)})
    model = built(spec, NOTES)
    condition = {"mode": np.full(2000, 2, np.int32), "chord": np.full((2000, 3), 4, np.int32)}
    hidden = model._hide(condition, tf.stack([tf.fill([2000], 7), tf.range(2000)], 1))
    np.testing.assert_array_equal(hidden["mode"], condition["mode"])
    chords = hidden["chord"].numpy()
    assert set(chords.ravel()) == {0, 4} and 0.2 < (chords == 0).mean() < 0.3
    np.testing.assert_array_equal(chords.any(1), chords.all(1))
    assert not model._hide(condition, None)["chord"].numpy().any(), "a model is chosen by how it does without"


def test_a_hidden_condition_is_hidden_whole() -> None:
    spec = Spec({"letter": tokens(5), "other": tokens(5)})
    model = built(spec, NOTES, condition_dropout=0.5)
    seeds = tf.stack([tf.fill([500], 7), tf.range(500)], 1)
    hidden = model._hide({"letter": np.ones((500, 4), np.int32), "other": np.ones((500, 4), np.int32)}, seeds)
    rows = hidden["letter"].numpy().any(1)
    np.testing.assert_array_equal(rows, hidden["other"].numpy().all(1))
    assert 0.4 < rows.mean() < 0.6


def test_continuous_conditions() -> None:
    spec = Spec({"mel": Field(kind="continuous", shape=(None, 3)), "speed": Field(kind="continuous", shape=()),
                 "letter": tokens(5)})  # fmt: skip
    model = built(spec, NOTES)
    random = np.random.default_rng(0)
    condition = {"mel": random.normal(size=(2, 5, 3)).astype(np.float32), "speed": np.float32([0.5, 2]),
                 "letter": np.ones((2, 5), np.int32), "mask": np.ones((2, 5), bool)}  # fmt: skip
    target = target_of(model, condition["mask"])
    plain = model.log_prob(condition, target).numpy()
    for name in ("mel", "speed"):
        assert (model.log_prob({**condition, name: condition[name] + 1}, target).numpy() != plain).all()
    assert equal(model.sample(condition, seed=0, temperature=0.0), greedy(model, condition))


def test_a_condition_without_steps_is_told_a_length() -> None:
    model = built(Spec({"mode": tokens(3, scalar=True)}), NOTES)
    condition = {"mode": np.array([1, 3], np.int32)}
    with pytest.raises(ValueError, match="length"):
        model.sample(condition, seed=0)
    drawn = model.sample(condition, seed=0, length=7, temperature=0.0)
    assert drawn["high"].shape == (2, 7) and drawn["high"].all()
    whole = {**condition, "mask": np.ones((2, 7), bool)}
    assert equal(drawn, greedy(model, whole))
    np.testing.assert_allclose(model.log_prob(condition, drawn), model.log_prob(whole, drawn), rtol=1e-6)


def test_what_it_cannot_predict_is_said() -> None:
    with pytest.raises(ValueError, match="mel is continuous"):
        Transformer(condition=LETTERS, target=Spec({"mel": Field(kind="continuous", shape=(None, 3))}))
    with pytest.raises(ValueError, match="nothing to predict"):
        Transformer(condition=LETTERS, target=Spec())
    with pytest.raises(ValueError, match="multiple"):
        Transformer(condition=LETTERS, target=NOTES, width=18, heads=2)


def test_saved_and_loaded_it_is_the_same(model: Transformer, tmp_path: Path) -> None:
    condition = condition_of(6, [6, 4])
    target = target_of(model, condition["mask"])
    model.save_weights(tmp_path / "model.weights.h5")
    other = built(LETTERS, model.target, seed=9)
    assert (other.log_prob(condition, target).numpy() != model.log_prob(condition, target).numpy()).all()
    sampled = other.sample(condition, seed=0)
    other.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(other.log_prob(condition, target), model.log_prob(condition, target))
    assert equal(other.sample(condition, seed=0), model.sample(condition, seed=0))
    assert not equal(other.sample(condition, seed=0), sampled)


# --- noise -----------------------------------------------------------------------------------------------------------


def seeds(count: int, step: int = 12345) -> tf.Tensor:
    return tf.stack([tf.fill([count], step), tf.range(count)], 1)


def test_noise_is_uniform_and_gumbel() -> None:
    drawn = noise.uniform(seeds(200), 3, 250).numpy()
    assert drawn.min() > 0 and drawn.max() < 1
    for sample in (drawn.ravel(), drawn[:, 0], drawn[0]):
        assert stats.kstest(sample, "uniform").pvalue > 1e-3
    assert stats.kstest(noise.gumbel(seeds(200), 3, 250).numpy().ravel(), "gumbel_r").pvalue > 1e-3


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


def test_dropout_keeps_the_mean() -> None:
    mask = noise.keep(seeds(200), 3, 250, 0.2).numpy()
    assert set(np.unique(mask)) == {0.0, np.float32(1 / 0.8)}
    assert mask.mean() == pytest.approx(1, abs=0.01)
    assert noise.keep(None, 3, 250, 0.2) is None and noise.keep(seeds(2), 3, 250, 0.0) is None
