"""Beam search finds the likeliest sequence where the beam holds all beginnings, and is one search for each example."""

import itertools

import numpy as np
import pytest
from clocks import CASES, letters, model_of, numbers, probabilities, repeated, stacked
from tiny import LETTERS, TARGETS, built, condition_of, equal

from regenkit.spec import Field, Spec, tokens

ROWS = [[1, 3, 2], [2], [3, 3, 1, 1]]


def drawn(found: dict[str, np.ndarray], place: int) -> tuple[int, ...]:
    return tuple(found["letter"][place][found["mask"][place]].tolist())


@pytest.mark.parametrize("name", ["X to Y", "Y′ to Y"])
@pytest.mark.parametrize(("beams", "most"), [(3, 2), (27, 4)], ids=["as wide as the vocabulary", "all beginnings"])
def test_it_finds_the_mode_of_all_strings(name: str, beams: int, most: int) -> None:
    model, condition = model_of(name), CASES[name][2](*ROWS)
    found = model.sample(condition, seed=0, beam_size=beams, max_length=most)
    for place, row in enumerate(ROWS):
        every = probabilities(model, CASES[name][2](row), most)
        assert every[drawn(found, place)] == pytest.approx(max(every.values()), rel=1e-4)


def test_a_length_penalty_prefers_what_is_longer() -> None:
    model, condition = model_of("X to Y"), numbers(*ROWS)
    for penalty in (0.0, 0.6, 2.0):
        found = model.sample(condition, seed=0, beam_size=27, max_length=4, length_penalty=penalty)
        for place, row in enumerate(ROWS):
            scores = {string: np.log(probability) / ((5 + len(string)) / 6) ** penalty
                      for string, probability in probabilities(model, numbers(row), 4).items()}  # fmt: skip
            assert scores[drawn(found, place)] == pytest.approx(max(scores.values()), rel=1e-4)


def test_codes_say_how_long_it_is_up_to_the_last() -> None:
    model, condition = model_of("codes to Y"), stacked([[1], [4]], "code", "mask y 4")
    found = model.sample(condition, seed=0, beam_size=40)
    for place in range(2):
        every = [string for size in range(1, 5) for string in itertools.product((1, 2, 3), repeat=size)]
        one = {name: value[place : place + 1] for name, value in condition.items()}
        scores = model.log_prob(repeated(one, len(every)), letters(*every)).numpy()
        assert scores[every.index(drawn(found, place))] == pytest.approx(scores.max(), rel=1e-4)


@pytest.mark.parametrize("target", TARGETS)
def test_several_fields_a_step_are_one_search(target: Spec) -> None:
    """The wider beam is the likelier; one that holds every beginning finds what enumeration finds."""
    small = Spec({name: tokens(2, scalar=field.scalar) for name, field in target.items()})
    model, condition = built(LETTERS, small, depth=1), condition_of(2, [2, 1])
    found = model.sample(condition, seed=0, beam_size=32)
    for place, steps in enumerate([2, 1]):
        one = {name: value[place : place + 1, :steps] if value.ndim > 1 else value[place : place + 1]
               for name, value in condition.items()}  # fmt: skip
        count = sum(1 if field.scalar else steps for field in small.values())
        every = np.array([*itertools.product((1, 2), repeat=count)], np.int32)
        values, start = {}, 0
        for name, field in small.items():
            size = 1 if field.scalar else steps
            values[name] = every[:, start] if field.scalar else every[:, start : start + size]
            start += size
        best = model.log_prob(repeated(one, len(every)), values).numpy().max()
        mine = {name: value[place : place + 1, :steps] if value.ndim > 1 else value[place : place + 1]
                for name, value in found.items()}  # fmt: skip
        assert model.log_prob(one, mine).numpy()[0] == pytest.approx(best, rel=1e-4)


def test_a_grid_is_searched_as_well() -> None:
    target = Spec({"top": Field(vocabulary=2, shape=(1, 2)), "bottom": Field(vocabulary=2, shape=(2, 2))})
    model = built(Spec({"mode": tokens(3, scalar=True)}), target, depth=1)
    every = np.array([*itertools.product((1, 2), repeat=6)], np.int32)
    values = {"top": every[:, :2].reshape(-1, 1, 2), "bottom": every[:, 2:].reshape(-1, 2, 2)}
    condition = {"mode": np.array([2], np.int32)}
    best = model.log_prob(repeated(condition, len(every)), values).numpy().max()
    found = model.sample(condition, seed=0, beam_size=64)
    assert {name: value.shape for name, value in found.items()} == {"top": (1, 1, 2), "bottom": (1, 2, 2)}
    assert model.log_prob(condition, found).numpy()[0] == pytest.approx(best, rel=1e-4)


def test_a_search_does_not_depend_on_its_neighbours_nor_on_chunks() -> None:
    model, options = model_of("X to Y"), {"seed": 0, "beam_size": 3, "length": 40}
    together, wide = (model.sample(numbers(*ROWS, size=size), **options) for size in (None, 9))
    assert equal(together, wide)
    for place, row in enumerate(ROWS):
        alone = model.sample(numbers(row), **options)
        np.testing.assert_array_equal(alone["letter"][0], together["letter"][place])


def test_a_beam_of_one_takes_the_likeliest_token_each_time() -> None:
    model, condition = model_of("X to Y"), numbers(*ROWS)
    one = model.sample(condition, seed=0, beam_size=1, length=35)
    assert equal(one, model.sample(condition, seed=9, temperature=0.0, length=35))
    assert equal(one, model.sample(condition, seed=4, beam_size=1, length=35, temperature=3.0, top_p=0.1, top_k=2))


def test_what_is_given_is_kept_and_searched_around() -> None:
    model, condition = model_of("X to Y"), numbers([1, 2])
    fixed = np.array([[0, 3, 0]], np.int32)
    found = model.sample(condition, seed=0, beam_size=27, max_length=4, given={"letter": fixed})
    every = {string: probability for string, probability in probabilities(model, condition, 4).items()
             if len(string) > 1 and string[1] == 3}  # fmt: skip
    assert every[drawn(found, 0)] == pytest.approx(max(every.values()), rel=1e-4)


def test_guidance_guides_a_search_too() -> None:
    model, condition = model_of("X to Y"), numbers(*ROWS)
    blind = model.sample({**condition, "digit": np.zeros_like(condition["digit"])}, seed=0, beam_size=3, max_length=5)
    assert equal(model.sample(condition, seed=0, beam_size=3, max_length=5, guidance=0.0), blind)
