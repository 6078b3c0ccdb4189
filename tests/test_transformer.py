"""The transformer is a distribution, and looks at nothing that it may not see."""

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tiny import LETTERS, NOTES, TARGETS, built, condition_of, equal, greedy, stepwise, target_of

from regenkit.layers.history_noise import with_others
from regenkit.models.transformer import Transformer
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec, tokens

# Keras 3.15 saves a variable of a model's own with a call that NumPy 2 finds old-fashioned.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module", params=TARGETS)
def model(request: pytest.FixtureRequest) -> Iterator[Transformer]:
    yield built(LETTERS, request.param)


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


# --- what it remembers in training -----------------------------------------------------------------------------------


def test_noise_of_the_history_puts_other_steps_of_the_same_target_in_place_of_some(model: Transformer) -> None:
    steps = {name: tf.tile(tf.range(1, 5)[None], [2000, 1]) for name in model.target}
    steps = {name: tf.pad(value, [[0, 0], [0, 2]]) for name, value in steps.items()}  # two steps are padding
    seeds = tf.stack([tf.fill([2000], 7), tf.range(2000)], 1)
    x = model.embed(steps)
    clean, seen = x.numpy(), with_others(x, steps["low"] > 0, 0.3, seeds).numpy()
    same = np.abs(seen[:, :, None] - clean[:, None]).max(-1) < 1e-6  # example, step as seen, step as it is
    assert same[:, :4, :4].any(-1).all(), "what is seen is a known step of the target"
    kept = same[:, range(4), range(4)].mean(0)
    np.testing.assert_allclose(kept, 0.7 + 0.3 / 4, atol=0.04)


def test_noise_of_the_history_is_training_s_alone(model: Transformer) -> None:
    noisy = built(LETTERS, model.target, history_noise=0.5)
    condition = condition_of(9, [9, 6])
    target = target_of(model, condition["mask"])
    np.testing.assert_array_equal(noisy.log_prob(condition, target), model.log_prob(condition, target))
    batch, seeds = {"condition": condition, "target": target}, tf.constant([[7, 0], [7, 1]])
    losses = [each.losses(batch, noise=seeds)["main"]["low"][0].numpy()
              for each in (noisy, built(LETTERS, model.target), noisy)]  # fmt: skip
    assert (losses[0] != losses[1]).all()
    np.testing.assert_array_equal(losses[0], losses[2])


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
    spec = Spec({"mel": Field(kind="continuous", shape=(None, 3), hop=Fraction(1)),
                 "speed": Field(kind="continuous", shape=()), "letter": tokens(5)})  # fmt: skip
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
    assert drawn["high"].shape == (2, 7) and drawn["high"].all() and drawn.pop("mask").all()
    assert equal(drawn, greedy(model, {**condition, "mask": np.ones((2, 7), bool)}))


@pytest.mark.exhaustive(minutes=0.2)
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_is_half_as_precise(model: Transformer, precision: str) -> None:
    condition = condition_of(9, [9, 6])
    target = target_of(model, condition["mask"])
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(f"mixed_{precision}")
    try:
        half = built(LETTERS, model.target)
    finally:
        keras.config.set_dtype_policy(before)
    whole = model.log_prob(condition, target).numpy()
    np.testing.assert_allclose(half.log_prob(condition, target), whole, rtol=0.05)
    assert (half.log_prob(condition, target).numpy() != whole).all()
    assert (half.sample(condition, seed=0)["high"] > 0).sum() == 15


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
