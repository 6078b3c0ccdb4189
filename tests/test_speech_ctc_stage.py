"""CTC as a stage: its likelihood, what it draws and refuses, and that it learns what is heard where."""

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from speech_batches import check_every_weight_is_moved, check_examples_stand_alone, cut, fields, noise

from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec, tokens
from regenkit.stage import DrawsLength, HasLikelihood, Stage, Trainable
from regenkit_speech.models.ctc import Ctc

HEARD = Spec({"mel": Field(kind="continuous", shape=(None, 6), axis="x", hop=Fraction(160))})
LANGUAGE = Spec({"language": tokens(("en", "cs"), scalar=True, optional=True)})
STRING = Spec({"phone": tokens(3, axis="phone")})


def model(condition: Spec = HEARD | LANGUAGE, target: Spec = STRING, **options: Any) -> Ctc:
    tf.keras.utils.set_random_seed(0)
    return Ctc(condition=condition, target=target, **{"width": 16, "depth": 1, "heads": 2, "kernel": 5, **options})


def batch(rows: slice, short: bool) -> tuple[dict, dict]:
    """Examples of which the last has more tokens than the encoder has entries, padded to 31 or 40 entries."""
    entries = [160 * each for each in (31, 17, 9)]
    strings = [5, 3, 8]
    longest = 31 if short else 40
    condition = fields(HEARD | LANGUAGE, {"x": entries}, {"x": 160 * longest})
    target = fields(STRING, {"phone": strings}, {"phone": 8 if short else 12}, seed=1)
    return cut(condition, rows), cut(target, rows)


@pytest.mark.exhaustive(minutes=0.2)
def test_it_is_what_the_core_asks_for() -> None:
    built = model()
    for protocol in (Stage, Trainable, DrawsLength, HasLikelihood):
        assert isinstance(built, protocol)
    check_examples_stand_alone(built, batch)
    check_every_weight_is_moved(built, *batch(slice(0, 2), True))


def test_a_string_that_no_path_says_weighs_nothing_and_is_impossible() -> None:
    condition, target = batch(slice(0, 3), True)
    value, weight = model().losses({"condition": condition, "target": target}, noise=noise(3))["main"]["phone"]
    assert value[2] == weight[2] == 0 and (value[:2] > 0).numpy().all() and weight.numpy()[:2].tolist() == [5, 3]
    log_prob = model().field_log_prob(condition, target)["phone"].numpy()
    assert np.isneginf(log_prob[2]) and np.isfinite(log_prob[:2]).all()


def test_the_probabilities_of_all_strings_sum_to_one() -> None:
    built = model()
    condition = fields(HEARD | LANGUAGE, {"x": [160 * 16]}, {"x": 160 * 16})
    strings = [string for size in range(5) for string in product((1, 2, 3), repeat=size)]
    many = {name: np.repeat(value, len(strings), 0) for name, value in condition.items()}
    phone = np.array([[*string, *[0] * (4 - len(string))] for string in strings], np.int32)
    log_prob = built.field_log_prob(many, {"phone": phone, "mask phone": phone != 0})["phone"].numpy()
    np.testing.assert_allclose(np.exp(log_prob).sum(), 1.0, rtol=1e-4)
    searched = built.sample(condition, seed=0, beam_size=200)["phone"][0]
    likeliest = phone[log_prob.argmax()]
    assert searched.tolist() == likeliest[likeliest > 0].tolist()


def test_strings_are_drawn_as_they_are_probable() -> None:
    built = model()
    condition = fields(HEARD | LANGUAGE, {"x": [160 * 8]}, {"x": 160 * 8})
    count = 4000
    many = {name: np.repeat(value, count, 0) for name, value in condition.items()}
    drawn = built.sample(many, seed=5, temperature=1.0)
    strings = [string for size in range(3) for string in product((1, 2, 3), repeat=size)]
    phone = np.array([[*string, *[0] * (2 - len(string))] for string in strings], np.int32)
    few = {name: np.repeat(value, len(strings), 0) for name, value in condition.items()}
    p = np.exp(built.field_log_prob(few, {"phone": phone, "mask phone": phone != 0})["phone"].numpy())
    shares = np.array([(drawn["phone"] == string).all(1).mean() for string in phone])
    np.testing.assert_allclose(shares, p, atol=4 * np.sqrt(0.25 / count))
    again = built.sample(condition, seed=5, beam_size=0, temperature=1.0)["phone"]
    assert np.array_equal(again[0], drawn["phone"][0][drawn["phone"][0] > 0][: again.shape[1]])


def test_lengths_given_tokens_and_their_refusals() -> None:
    built = model()
    condition, _ = batch(slice(0, 2), True)
    assert (built.sample(condition, seed=0, length=3)["mask phone"].sum(1) == 3).all()
    assert built.sample(condition, seed=0, max_length=1)["phone"].shape[1] <= 1
    fixed = built.sample(condition, seed=0, given={"phone": np.array([[0, 2], [3, 0]])})["phone"]
    assert fixed[0, 1] == 2 and fixed[1, 0] == 3
    only = built.sample(condition, seed=0, length=4, given={"phone": np.array([False, True, True])})["phone"]
    assert (only >= 2).all()
    for options in ({"beam_size": 0, "length": 3}, {"temperature": 1.0, "length": 3},
                    {"beam_size": 0, "given": {"phone": np.array([[1]] * 2)}}):  # fmt: skip
        with pytest.raises(UserError, match="ask for a beam_size above 0"):
            built.sample(condition, seed=0, **options)
    with pytest.raises(UserError, match="temperature: the beam search draws nothing"):
        built.sample(condition, seed=0, beam_size=8, temperature=1.0)
    with pytest.raises(ValueError, match="temperature: the beam search draws nothing"):
        built.check_sampling(beam_size=8, temperature=1.0)
    built.check_sampling(temperature=1.0)
    empty = built.sample({name: value[:0] for name, value in condition.items()}, seed=0)
    assert empty["phone"].shape == (0, 0)
    unheard = {name: np.zeros_like(value) for name, value in condition.items()}
    assert built.sample(unheard, seed=0)["phone"].shape == (2, 0)


def test_specs_that_do_not_fit_are_refused() -> None:
    wave = Spec({"wave": Field(kind="continuous", axis="x", hop=Fraction(1))})
    for condition, target, said_ in (
        (wave, STRING, "source: {use: speech/mel}"),
        (HEARD, Spec({"a": tokens(2, axis="x")}), "run along one axis"),
        (HEARD, Spec({"a": tokens(2), "b": tokens(2)}), "draws one string of tokens"),
    ):
        with pytest.raises(ValueError, match=said_):
            model(condition, target)
    with pytest.raises(ValueError, match="multiple of 2 × heads"):
        model(width=15)
    with pytest.raises(ValueError, match="right is an odd number"):
        model(kernel=4)


@pytest.mark.exhaustive(minutes=0.2)
def test_it_learns_what_is_heard_where() -> None:
    """Three tones, each for a while: after some steps the string is right, and its tokens lie where their tones are."""
    random = np.random.default_rng(0)
    strings = random.integers(1, 4, (16, 3)).astype(np.int32)
    strings[:, 1] = strings[:, 0] % 3 + 1  # no repetition at once
    mel = np.repeat(np.eye(3, 6)[strings - 1], 8, 1) + 0.1 * random.standard_normal((16, 24, 6))
    condition = {"mel": mel.astype(np.float32), "mask x 160": np.ones((16, 24), bool)}
    target = {"phone": strings, "mask phone": np.ones((16, 3), bool)}
    built, optimizer = model(HEARD, dropout=0.0, augment=False), tf.keras.optimizers.Adam(1e-2)

    @tf.function(autograph=False)
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            value, weight = built.losses({"condition": condition, "target": target}, noise=None)["main"]["phone"]
            loss = tf.reduce_sum(value) / tf.reduce_sum(weight)
        slopes = tape.gradient(loss, [each.value for each in built.trainable_variables])
        optimizer.apply_gradients(zip(slopes, built.trainable_variables, strict=True))
        return loss

    losses = [float(step()) for _ in range(120)]
    assert losses[-1] < 0.1 < losses[0]
    for options in ({}, {"beam_size": 0}):
        assert np.array_equal(built.sample(condition, seed=0, **options)["phone"], strings)
    path = built.align(condition, target)
    middles = np.array([[np.flatnonzero(row == place + 1).mean() for place in range(3)] for row in path])
    assert np.abs(middles - [0.5, 2.5, 4.5]).max() <= 1.0
