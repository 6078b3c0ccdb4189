"""What may be copied from the condition, and attention that goes forward."""

import numpy as np
import pytest
from clocks import REP, X, Y, letters, numbers, probabilities, stacked, strings
from tiny import built, equal

from regenkit.layers.guided_attention import off_diagonal
from regenkit.models.transformer import Transformer
from regenkit.quiet import tensorflow as tf
from regenkit.spec import END, Spec, tokens

SLOTS = Spec({"slot": tokens(("c", "?", "a"), axis="word"), "digit": X["digit"]})
"""A field with two labels in common with Y, as other tokens, and one with none."""


def slots(*rows: list[int], size: int | None = None) -> dict[str, np.ndarray]:
    return {**stacked(rows, "slot", "mask word", size), **numbers(*rows, size=size)}


@pytest.fixture(scope="module")
def copying() -> Transformer:
    return built(SLOTS, Y, spread=0.2, depth=1, copy=True)


def test_probabilities_still_sum_to_one(copying: Transformer) -> None:
    for row in ([3, 1, 2], [2]):
        assert sum(probabilities(copying, slots(row), 4).values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.exhaustive(minutes=0.2)
def test_a_token_is_likelier_where_it_can_be_copied(copying: Transformer) -> None:
    """With the vocabulary silenced it is what stands in the condition, by its label, if anything can be copied."""
    gate = copying.told.copying["letter"].gate
    before = gate.bias.numpy()
    gate.bias.assign([60.0])
    try:
        drawn = copying.sample(slots([3], [1, 2], [2]), seed=0, length=30)["letter"]
        assert set(drawn[0]) == {1} and set(drawn[1]) == {3}, "the third label is “a”, the first is “c”"
        assert len(set(drawn[2])) > 1
        np.testing.assert_allclose(
            sum(probabilities(copying, slots([3, 1]), 3)[string] for string in strings(3, 3) if 2 in string), 0,
            atol=1e-6,
        )  # fmt: skip
    finally:
        gate.bias.assign(before)


@pytest.mark.exhaustive(minutes=0.2)
def test_copying_heeds_no_padding_and_no_neighbour(copying: Transformer) -> None:
    rows, target = [[3, 1, 2], [1], [2, 3]], letters([1, 3], [3, 3, 1], [2])
    together = copying.log_prob(slots(*rows), target).numpy()
    np.testing.assert_allclose(copying.log_prob(slots(*rows, size=8), target), together, rtol=1e-5)
    drawn = copying.sample(slots(*rows), seed=2, length=7)
    assert equal(drawn, copying.sample(slots(*rows, size=8), seed=2, length=7))
    np.testing.assert_array_equal(copying.resample(slots(*rows), drawn, seed=2)["letter"], drawn["letter"])
    for place, row in enumerate(rows):
        one = {name: value[place : place + 1] for name, value in target.items()}
        np.testing.assert_allclose(copying.log_prob(slots(row), one)[0], together[place], rtol=1e-5)
    best = copying.sample(slots(*rows), seed=0, beam_size=9, max_length=3)
    for place, row in enumerate(rows):
        every = probabilities(copying, slots(row), 3)
        assert every[tuple(best["letter"][place][best["mask"][place]].tolist())] == pytest.approx(
            max(every.values()), rel=1e-4
        )


def test_a_soft_condition_is_copied_from_too(copying: Transformer) -> None:
    condition, target = slots([3, 1, 2]), letters([1, 3])
    soft = {**condition, "slot": tf.one_hot(condition["slot"] - 1, 3)}
    np.testing.assert_allclose(copying.log_prob(soft, target), copying.log_prob(condition, target), rtol=1e-5)


def test_attention_that_goes_forward_is_a_loss_of_training_alone() -> None:
    model = built(X, Y, depth=2, monotonic=2.0, dropout=0.0)
    batch = {"condition": numbers([1, 2, 3], [2]), "target": letters([1, 2, 3, 1], [3])}
    assert set(model.losses(batch, noise=None)["main"]) == {"letter", END}
    losses = model.losses(batch, noise=tf.constant([[1, 0], [1, 1]]))["main"]
    value, weight = losses["monotonic"]
    np.testing.assert_array_equal(weight, [4, 1])
    assert (value.numpy() > 0).all() and (value.numpy() < 2 * weight.numpy()).all()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model.losses(batch, noise=tf.constant([[1, 0], [1, 1]]))["main"]["monotonic"][0])
    slope = tape.gradient(loss, model.told.across[0].query.kernel.value)
    assert np.abs(slope.numpy()).max() > 0


def test_the_diagonal_costs_nothing_and_what_is_far_from_it_most() -> None:
    known, steps = np.ones((1, 5), bool), np.array([4], np.int32)
    diagonal, back, nowhere = np.eye(4)[None], np.eye(4)[None, ::-1], np.zeros((1, 4, 4))
    cost = [
        off_diagonal(tf.constant(np.pad(weights, [(0, 0), (0, 0), (1, 0)]), tf.float32), known, steps).numpy()[0]
        for weights in (diagonal, back)
    ]
    null = off_diagonal(tf.constant(np.pad(nowhere, [(0, 0), (0, 0), (1, 0)], constant_values=1), tf.float32), known,
                        steps).numpy()[0]  # fmt: skip
    assert cost[0] == pytest.approx(0, abs=1e-6) and 2 < cost[1] < null == pytest.approx(4)


def test_where_they_are_not_allowed_is_said() -> None:
    with pytest.raises(ValueError, match=r"copy: no field .* right are such fields"):
        Transformer(condition=X, target=Y, copy=True)
    with pytest.raises(ValueError, match="copy: no field"):
        Transformer(condition=Y, target=Spec({"letter2": Y["letter"]}), copy=True)
    for condition in (X | REP, Y, Spec({"mode": tokens(3, scalar=True)})):
        with pytest.raises(ValueError, match=r"monotonic: right is a condition"):
            Transformer(condition=condition, target=Spec({"other": tokens(3)}), monotonic=1.0)
