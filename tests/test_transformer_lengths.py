"""What may be asked of a transformer that draws the length, on which conditions, and that it learns on two replicas."""

import numpy as np
import pytest
from clocks import CODES, GRID, REP, X, Y, letters, model_of, numbers, picture, repeated, stacked, words
from tiny import built, equal

from regenkit.distribute import make_strategy
from regenkit.models.transformer import Transformer
from regenkit.quiet import tensorflow as tf
from regenkit.spec import END, Spec, tokens
from regenkit.stage import DrawsLength, HasLikelihood, PredictsSteps, Resamples, Stage, Trainable

# --- what may be asked for -------------------------------------------------------------------------------------------


def test_a_length_may_be_asked_for_and_nothing_is_drawn_of_none() -> None:
    model, condition = model_of("X to Y"), numbers([1, 2], [3])
    for length in (0, 1, 7):
        drawn = model.sample(condition, seed=1, length=length)
        assert drawn["letter"].shape == drawn["mask"].shape == (2, length) and drawn["mask"].all()
    assert model.sample(condition, seed=1, max_length=0)["letter"].shape == (2, 0)
    with pytest.raises(ValueError, match=r"say length=… or max_length=…"):
        model.sample(condition, seed=1)
    coded = model_of("codes to Y")
    with pytest.raises(ValueError, match="here the condition says how long"):
        coded.sample(stacked([[1]], "code", "mask y 4"), seed=0, length=3)


def test_an_empty_target_is_a_target() -> None:
    model = model_of("X to Y")
    found = model.field_log_prob(numbers([1], [2]), letters([], []))
    assert (found["letter"].numpy() == 0).all() and (found[END].numpy() < 0).all()
    losses = model.losses({"condition": numbers([1]), "target": letters([])}, noise=tf.constant([[1, 2]]))["main"]
    assert np.isfinite(losses[END][0]).all() and losses[END][1].numpy() == 1


def test_what_is_given_is_kept_and_ends_no_sooner() -> None:
    model, condition = model_of("X to Y"), numbers([1, 2], [3])
    fixed = np.array([[0, 0, 0, 2], [1, 0, 0, 0]], np.int32)
    for seed in range(8):
        drawn = model.sample(condition, seed=seed, given={"letter": fixed}, max_length=6)
        assert drawn["mask"][0, :4].all() and drawn["letter"][0, 3] == 2 and drawn["letter"][1, 0] == 1
        some = model.sample(condition, seed=seed, given={"letter": np.array([True, False, True])}, max_length=6)
        assert set(some["letter"][some["mask"]]) <= {1, 3}
    with pytest.raises(ValueError, match="a token at step 4, after the last step there may be"):
        model.sample(condition, seed=0, given={"letter": fixed}, max_length=3)
    coded = model_of("codes to Y")
    for seed in range(4):
        drawn = coded.sample(stacked([[1]], "code", "mask y 4"), seed=seed, given={"letter": fixed[:1]})
        assert drawn["mask"][0].tolist() == [True] * 4 and drawn["letter"][0, 3] == 2


def test_guidance_compares_with_an_absent_condition() -> None:
    model, condition = model_of("X to Y"), numbers([1, 2], [3])
    blind = model.sample({**condition, "digit": np.zeros_like(condition["digit"])}, seed=2, max_length=9)
    assert equal(model.sample(condition, seed=2, guidance=0.0, max_length=9), blind)
    plain, strong = (model.sample(condition, seed=2, guidance=by, max_length=9) for by in (1.0, 5.0))
    assert not equal(plain, strong)


def test_noise_of_training_is_each_example_s_own() -> None:
    model = built(X | REP, Y, spread=0.2, condition_dropout=0.3, history_noise=0.3, dropout=0.3, depth=1)
    rows = [[1, 2, 3], [2], [3, 1]]
    batch = {"condition": {**numbers(*rows), **words(*rows)}, "target": letters(*rows)}
    seeds = tf.constant([[7, 0], [7, 1], [7, 2]])
    whole = model.losses(batch, noise=seeds)["main"]
    again = model.losses(batch, noise=seeds)["main"]
    parts = [model.losses({side: {name: value[place : place + 1] for name, value in fields.items()}
                           for side, fields in batch.items()}, noise=seeds[place : place + 1])["main"]
             for place in range(3)]  # fmt: skip
    for name, (value, weight) in whole.items():
        np.testing.assert_array_equal(value, again[name][0])
        np.testing.assert_allclose(value, [part[name][0].numpy()[0] for part in parts], rtol=1e-4)
        np.testing.assert_array_equal(weight, [part[name][1].numpy()[0] for part in parts])


# --- conditions ------------------------------------------------------------------------------------------------------


@pytest.mark.exhaustive(minutes=0.1)
def test_grids_and_vectors_are_read_entry_by_entry() -> None:
    model = built(GRID, Y, spread=0.2, depth=1)
    condition, target = picture(2), letters([1, 2], [3])
    before = model.log_prob(condition, target).numpy()
    for name, value in condition.items():
        for place in np.ndindex(value.shape[1:3]):
            changed = value.copy()
            changed[(0, *place)] = changed[(0, *place)] % 3 + 1
            after = model.log_prob({**condition, name: changed}, target).numpy()
            assert after[0] != before[0] and after[1] == pytest.approx(before[1], rel=1e-5), (name, place)
    assert model.sample(condition, seed=0, length=4)["letter"].all()


def test_scalars_alone_are_a_condition() -> None:
    model = built(Spec({"mode": tokens(3, scalar=True)}), Y, spread=0.2, depth=1)
    condition = {"mode": np.array([1, 3], np.int32)}
    drawn = model.sample(condition, seed=0, length=5)
    assert drawn["letter"].shape == (2, 5)
    assert np.ptp(model.log_prob(repeated({"mode": np.array([1, 2, 3], np.int32)}, 1), letters([1], [1], [1]))) > 1e-3


def test_what_it_is() -> None:
    model = built(X, Y)
    for protocol in (Stage, Trainable, DrawsLength, HasLikelihood, Resamples, PredictsSteps):
        assert isinstance(model, protocol)
    assert model.draws_length and built(CODES, Y).draws_length and not built(Y, Spec({"a": tokens(2)})).draws_length
    with pytest.raises(ValueError, match=r"these are on several .*use ladder"):
        Transformer(condition=X, target=Y | REP)


@pytest.mark.exhaustive(minutes=0.3)
def test_two_replicas_learn_what_one_does() -> None:
    rows = [[1, 2, 3], [2], [3, 1], [2, 2]]
    batch = {"condition": {**numbers(*rows), **words(*rows)}, "target": letters([1, 2], [], [3], [2, 2, 1])}
    seeds = np.array([[7, place] for place in range(4)], np.int32)

    def trained(cuts: list[slice]) -> list[np.ndarray]:
        strategy = make_strategy("mirrored" if len(cuts) > 1 else "none")  # of this process
        with strategy.scope():
            model = built(X | REP, Y, depth=1, dropout=0.2, history_noise=0.2)

        def update(part: dict, noise: tf.Tensor) -> None:
            with tf.GradientTape() as tape:
                found = model.losses(part, noise=noise)["main"]
                total = tf.add_n([tf.reduce_sum(value) / weights[name] for name, (value, _) in found.items()])
            slopes = tape.gradient(total, [variable.value for variable in model.trainable_variables])
            together = tf.distribute.get_replica_context().all_reduce("sum", list(map(tf.convert_to_tensor, slopes)))
            for variable, slope in zip(model.trainable_variables, together, strict=True):
                variable.assign(variable - 0.1 * slope)

        updates = tf.function(lambda *given: strategy.run(update, args=given), autograph=False)
        weights = {name: tf.reduce_sum(weight) for name, (_, weight) in model.losses(batch, noise=None)["main"].items()}
        for step in range(5):
            parts = [
                ({side: {name: value[cut] for name, value in fields.items()} for side, fields in batch.items()},
                 tf.constant(seeds[cut] + np.int32([step, 0])))
                for cut in cuts
            ]  # fmt: skip
            updates(*(
                strategy.experimental_distribute_values_from_function(
                    lambda context, place=place, parts=parts: parts[context.replica_id_in_sync_group][place]
                )
                for place in range(2)
            ))  # fmt: skip
        return [variable.numpy() for variable in model.variables]

    for one, two in zip(trained([slice(0, 4)]), trained([slice(0, 1), slice(1, 4)]), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)
