"""The transformer on several clocks: its end is an event, and it looks at nothing that is padding on any of them."""

import itertools
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from clocks import CASES, Fields, X, Y, letters, model_of, numbers, probabilities, repeated, stacked, strings
from tiny import built, equal

from regenkit.models.transformer import Transformer
from regenkit.spec import END, Spec, tokens

QUICK = ("X to Y", "two clocks of X to Y", "codes to Y")
LONG = pytest.mark.exhaustive(minutes=0.2)


@pytest.fixture(params=[pytest.param(name, marks=() if name in QUICK else LONG) for name in CASES])
def case(request: pytest.FixtureRequest) -> tuple[Transformer, Callable[..., Fields], Callable[..., Fields]]:
    return model_of(request.param), *CASES[request.param][2:]


# --- a distribution --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["X to Y", "Y′ to Y", "two clocks of X to Y"])
def test_all_strings_of_any_length_sum_to_one(name: str) -> None:
    found = probabilities(model_of(name), CASES[name][2]([1, 3, 2]), 5)
    assert len(found) == sum(3**size for size in range(6))
    assert sum(found.values()) == pytest.approx(1, abs=1e-5)
    assert sum(sorted(found.values())[-10:]) < 0.99, "it is no single string"


def test_all_strings_of_codes_sum_to_one() -> None:
    """Two codes of hop 4 are five to eight letters; nothing else has a probability."""
    model, condition = model_of("codes to Y"), stacked([[1, 5]], "code", "mask y 4")
    total = 0.0
    for size in range(5, 9):
        every = letters(*itertools.product((1, 2, 3), repeat=size))
        total += np.exp(model.log_prob(repeated(condition, 3**size), every).numpy()).sum()
    assert total == pytest.approx(1, abs=1e-5)


def test_all_strings_sum_to_one_where_there_are_several_fields_and_a_scalar() -> None:
    model = built(X, Spec({"key": tokens(2, scalar=True), "high": tokens(2), "low": tokens(2)}), spread=0.2)
    condition, total = numbers([2, 1]), 0.0
    for size in range(4):
        every = np.array([*itertools.product((1, 2), repeat=1 + 2 * size)], np.int32)
        target = {"key": every[:, 0], "high": every[:, 1 : 1 + size], "low": every[:, 1 + size :],
                  "mask": np.ones((len(every), size), bool)}  # fmt: skip
        nll = {name: value.numpy() for name, (value, _) in
               model._field_nll(repeated(condition, len(every)), target, None).items()}  # fmt: skip
        if size == 3:
            nll[END][:, -1] = 0
        total += np.exp(-sum(value.sum(1) for value in nll.values())).sum()
    assert total == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", ["X to Y", "Y′ to Y", "codes to Y"])
def test_what_is_drawn_is_as_frequent_as_it_is_likely(name: str) -> None:
    model, one, count = model_of(name), CASES[name][2]([2, 1]), 6000
    if model.lengths.drawn:
        expected = probabilities(model, one, 3)
    else:
        every = [string for string in strings(3, 4) if string]
        scores = model.log_prob(repeated(one, len(every)), letters(*every)).numpy()
        expected = dict(zip(every, np.exp(scores), strict=True))
    drawn = model.sample(repeated(one, count), seed=3, **({"max_length": 3} if model.lengths.drawn else {}))
    found = Counter(tuple(row[there].tolist()) for row, there in zip(drawn["letter"], drawn["mask"], strict=True))
    assert set(found) <= set(expected)
    for string, probability in expected.items():
        spread = (count * probability * (1 - probability)) ** 0.5
        assert abs(found[string] - count * probability) < 5 * spread + 1, string


def test_a_likelihood_says_what_the_end_costs(case: tuple) -> None:
    model, of_condition, of_target = case
    condition, target = of_condition([1, 3], [2]), of_target([1, 2, 3], [3])
    by_field = {name: value.numpy() for name, value in model.field_log_prob(condition, target).items()}
    assert set(by_field) == {*model.target, END} and (by_field[END] < 0).all()
    losses = model.losses({"condition": condition, "target": target}, noise=None)["main"]
    for name, (value, weight) in losses.items():
        np.testing.assert_allclose(value, -by_field[name], rtol=1e-5)
        if name != END:
            np.testing.assert_array_equal(weight, [3, 1])
        elif model.lengths.drawn:
            np.testing.assert_array_equal(weight, [4, 2])  # before each step, and after the last
        else:
            np.testing.assert_array_equal(weight, [3, 1])  # before the second to the fourth of a code's four steps


# --- neighbours and padding ------------------------------------------------------------------------------------------


def test_a_batch_of_one_and_of_many_and_padding_on_any_clock_agree(case: tuple) -> None:
    model, of_condition, of_target = case
    rows = {"condition": [[1, 3, 2, 1], [2], [3, 3]], "target": [[1, 2, 3], [1], [2, 2, 1, 3]]}
    together = model.log_prob(of_condition(*rows["condition"]), of_target(*rows["target"])).numpy()
    padded = model.log_prob(of_condition(*rows["condition"], size=9), of_target(*rows["target"], size=7))
    np.testing.assert_allclose(padded, together, rtol=1e-5)
    options = {"seed": 4, **({"max_length": 6} if model.lengths.drawn else {})}
    drawn = model.sample(of_condition(*rows["condition"]), **options)
    wide = model.sample(of_condition(*rows["condition"], size=9), **options)
    assert equal(drawn, wide)
    for place in range(3):
        one = of_condition(rows["condition"][place])
        alone = model.log_prob(one, of_target(rows["target"][place])).numpy()
        np.testing.assert_allclose(alone[0], together[place], rtol=1e-5)
    first = model.sample(of_condition(rows["condition"][0]), **options)
    for name, value in first.items():
        np.testing.assert_array_equal(value[0], drawn[name][0, : value.shape[1]])
        assert not drawn[name][0, value.shape[1] :].any()


def test_every_clock_of_the_condition_is_heard(case: tuple) -> None:
    model, of_condition, of_target = case
    condition, target = of_condition([1, 3], [2]), of_target([1, 2, 3], [3])
    before = model.log_prob(condition, target).numpy()
    for name in model.condition:
        changed = condition[name].copy()
        changed[0, 0] = changed[0, 0] % 3 + 1
        after = model.log_prob({**condition, name: changed}, target).numpy()
        assert abs(after[0] - before[0]) > 1e-3, name
        np.testing.assert_allclose(after[1], before[1], rtol=1e-5)


def test_the_past_never_depends_on_the_future(case: tuple) -> None:
    model, of_condition, of_target = case
    condition, (name,) = of_condition([1, 3]), model.target
    target = of_target([1, 2, 3, 1])
    plain = {key: value.numpy() for key, (value, _) in model._field_nll(condition, target, None).items()}
    for step in range(4):
        changed = {**target, name: target[name].copy()}
        changed[name][0, step] = changed[name][0, step] % 3 + 1
        found = {key: value.numpy() for key, (value, _) in model._field_nll(condition, changed, None).items()}
        np.testing.assert_array_equal(found[name][:, :step], plain[name][:, :step])
        np.testing.assert_array_equal(found[END][:, : step + 1], plain[END][:, : step + 1])
        if step < 3:
            assert (found[name][:, step + 1 :] != plain[name][:, step + 1 :]).any()


def test_an_absent_condition_is_one_of_no_entries(case: tuple) -> None:
    model, of_condition, of_target = case
    condition, target = of_condition([1, 3], [2]), of_target([1, 2, 3], [3])
    absent = {name: np.zeros_like(value) for name, value in condition.items()}
    found = model.log_prob(absent, target).numpy()
    assert np.isfinite(found).all()
    if model.lengths.drawn:
        hidden = {**condition, **{name: np.zeros_like(condition[name]) for name in model.condition}}
        np.testing.assert_allclose(model.log_prob(hidden, target), found, rtol=1e-5)
        none = {name: value[:, :0] for name, value in absent.items()}
        np.testing.assert_allclose(model.log_prob(none, target), found, rtol=1e-5)
        assert model.sample(none, seed=0, length=3)[model.lengths.clock.mask].all()
    else:
        assert (model.field_log_prob(absent, target)[END].numpy() == 0).all()


# --- one step at a time ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [3, 40])
def test_the_cache_is_as_good_as_recomputation(case: tuple, steps: int) -> None:
    """Each token, and each end, is the one that the whole prefix chooses; so is what the same seed draws again."""
    model, of_condition, _ = case
    condition, (name,) = of_condition([1, 3, 2], [2]), model.target
    options = {"max_length": steps} if model.lengths.drawn else {}
    drawn = model.sample(condition, seed=0, temperature=0.0, **options)
    logits = model.logits_of(condition, drawn, None)[name].numpy()
    there = drawn[model.lengths.clock.mask]
    best = 1 + logits.argmax(-1)
    assert (np.take_along_axis(logits, drawn[name][..., None] - 1, -1)[..., 0] > logits.max(-1) - 1e-4)[there].all()
    assert best.shape == drawn[name].shape
    nll, known = (value.numpy() for value in model._field_nll(condition, drawn, None)[END])
    assert (nll[known > 0] < np.log(2) + 1e-4).all() or (there.sum(1) == steps).any()
    again = model.sample(condition, seed=5, **options)
    redrawn = model.resample(condition, again, seed=5)
    np.testing.assert_array_equal(redrawn[name], again[name])


def test_it_is_traced_once_and_stops_when_all_have_ended() -> None:
    model = built(X, Y, spread=0.2, depth=1)
    for rows, most in (([[1]], 5), ([[1, 2], [3]], 70), ([[3, 2, 1]], 1)):
        model.sample(numbers(*rows), seed=0, max_length=most)
    (sampler,) = model._samplers.values()
    assert sampler.experimental_get_tracing_count() == 1
    short = model.sample(numbers([1], [2]), seed=0, max_length=200)
    assert 0 < short["mask"].shape[1] < 200
    assert equal(short, model.sample(numbers([1], [2]), seed=0, max_length=5000))
