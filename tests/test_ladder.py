"""A ladder: each field of Y′ by a model of its own, from X and the fields before."""

import itertools
from functools import cache
from typing import Any

import numpy as np
import pytest

from regenkit.errors import UserError
from regenkit.models.ladder import Ladder
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec, tokens

X = Spec({"label": tokens(3, scalar=True)})
CODES = Spec({"top": Field(vocabulary=4, shape=(1, 2)), "bottom": Field(vocabulary=4, shape=(2, 4))})
SIZES = Spec({
    "coarse": Field(kind="continuous", shape=(2, 2, 1)), "fine": Field(kind="continuous", shape=(4, 4, 1)),
})  # fmt: skip
SMALL = {"use": "transformer", "width": 8, "depth": 1, "heads": 2}


@cache
def codes() -> Ladder:
    return Ladder(condition=X, target=CODES, rungs=[SMALL])


def batch(count: int) -> dict[str, Any]:
    random = np.random.default_rng(0)
    return {
        "condition": {"label": tf.constant(random.integers(0, 4, count), tf.int32)},
        "target": {name: tf.constant(random.integers(1, 5, (count, *field.shape)), tf.int32)
                   for name, field in CODES.items()},
        "noise": tf.stack([tf.fill([count], 3), tf.range(count)], 1),
    }  # fmt: skip


def test_a_rung_sees_x_and_the_rungs_before() -> None:
    assert [set(rung.condition) for rung in codes().rungs] == [{"label"}, {"label", "top"}]
    there = batch(2)
    before = codes().field_log_prob(there["condition"], there["target"])
    other = {**there["target"], "top": 5 - there["target"]["top"]}
    after = codes().field_log_prob(there["condition"], other)
    assert np.abs(before["bottom"] - after["bottom"]).max() > 1e-4
    later = codes().field_log_prob(there["condition"], {**there["target"], "bottom": 5 - there["target"]["bottom"]})
    np.testing.assert_array_equal(before["top"], later["top"])


def test_what_it_loses_is_minus_its_log_probability() -> None:
    there = batch(3)
    losses = codes().losses(there, noise=None)["main"]
    log_prob = codes().field_log_prob(there["condition"], there["target"])
    total = sum(value for value, _ in losses.values())
    np.testing.assert_allclose(total, -sum(log_prob.values()), rtol=1e-5)


def test_it_draws_every_field_and_one_seed_is_one_draw() -> None:
    condition = {"label": np.array([1, 2, 3], np.int32)}
    drawn = codes().sample(condition, seed=5)
    for name, field in CODES.items():
        assert drawn[name].shape == (3, *field.shape)
        assert drawn[name].min() >= 1
    again = codes().sample(condition, seed=5, top_p=1.0)
    assert all((again[name] == drawn[name]).all() for name in drawn)
    fixed = np.array([[[4, 4]]] * 3, np.int32)
    assert (codes().sample(condition, seed=5, given={"top": fixed})["top"] == 4).all()


def test_a_sequence_is_drawn_field_by_field_and_as_likely_as_it_says() -> None:
    """Of all sequences the probabilities sum to 1, so that the rungs' product is a distribution."""
    words, notes = Spec({"letter": tokens(5)}), Spec({"place": tokens(2), "length": tokens(3)})
    ladder = Ladder(condition=words, target=notes, rungs=[{**SMALL, "history_noise": 0.3}])
    every = np.array(list(itertools.product(range(1, 3), range(1, 3), range(1, 4), range(1, 4))), np.int32)
    condition = {"letter": np.tile(np.int32([[4, 2]]), (len(every), 1)), "mask": np.ones((len(every), 2), bool)}
    log_prob = ladder.field_log_prob(condition, {"place": every[:, :2], "length": every[:, 2:]})
    assert np.exp(sum(log_prob.values())).sum() == pytest.approx(1, abs=1e-5)
    padded = {"letter": np.int32([[1, 2, 3], [4, 0, 0]]), "mask": np.array([[1, 1, 1], [1, 0, 0]], bool)}
    drawn = ladder.sample(padded, seed=3)
    for name in notes:
        np.testing.assert_array_equal(drawn[name] > 0, padded["mask"])
    again = ladder.resample(padded, drawn, seed=3)
    assert all((again[name] == drawn[name]).all() for name in notes)


def test_statistics_reach_the_rung_they_are_of() -> None:
    """Diffusion standardises by moments of its data: 1 and 3 here."""
    ladder = Ladder(condition=X, target=SIZES, rungs=[
        {"use": "diffusion", "width": 8, "depth": 1},
        {"use": "diffusion", "width": 8, "depth": 1, "sample": {"steps": 2}},
    ])  # fmt: skip
    target = {"coarse": tf.ones([2, 2, 2, 1]), "fine": 3 * tf.ones([2, 4, 4, 1])}
    losses = ladder.losses({**batch(2), "target": target}, noise=batch(2)["noise"])
    assert set(losses["main"]) == {"error_0", "error_1"}
    ladder.absorb(losses["statistics"])
    for rung, mean in zip(ladder.rungs, (1.0, 3.0), strict=True):
        np.testing.assert_allclose(rung.moments.mean, mean, atol=1e-6)
    assert not hasattr(ladder, "field_log_prob")  # diffusion has none
    with pytest.raises(UserError, match="the rung of coarse, Diffusion, has no method resample"):
        ladder.resample({"label": batch(2)["condition"]["label"]}, target, seed=0)


def test_an_empty_batch_loses_nothing() -> None:
    for value, weight in codes().losses(batch(0), noise=batch(0)["noise"])["main"].values():
        assert value.shape == weight.shape == (0,)


@pytest.mark.parametrize(
    ("rungs", "said"),
    [
        ([SMALL] * 3, "3 rungs for a Y′ of top, bottom"),
        ([], "0 rungs"),
        ([{"use": "transfomer"}], "did you mean 'transformer'"),
        ([{**SMALL, "widht": 8}], "widht"),
    ],
)
def test_other_rungs_are_refused(rungs: list, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Ladder(condition=X, target=CODES, rungs=rungs)
