"""The transformer on grids: a distribution over all of them, drawn row by row, given conditions of every kind."""

import itertools
from typing import Any

import numpy as np
import pytest
from grids import (
    CAPTION,
    CODE,
    CONDITIONS,
    LABEL,
    LEVELS,
    NAMED,
    PICTURE,
    SIZES,
    loss_of,
    rows,
    seeds,
    strong,
    trained,
    values,
)  # fmt: skip
from tiny import equal, stepwise

from regenkit.models.transformer import Transformer
from regenkit.quiet import keras
from regenkit.spec import Field, Spec, tokens

TARGETS = {"one field": CODE, "two levels": LEVELS, "two sizes": SIZES, "a scalar": NAMED}


def built(condition: Spec, target: Spec, **options: Any) -> Transformer:
    options = {"width": 16, "depth": 2, "heads": 2, **options}
    return strong(lambda: Transformer(condition=condition, target=target, **options))


def order(model: Transformer) -> list[tuple[str, Any]]:
    """(field, its index without the batch) of every token, in the order in which they are drawn."""
    found = []
    for place, (name, field) in enumerate(model.target.items()):
        first, _ = model.span(name, None)
        found += [(first + step, place, name, index) for step, index in enumerate(np.ndindex(field.shape))]
    return [(name, index) for *_, name, index in sorted(found)]


@pytest.mark.parametrize(
    "target",
    [
        {"code": Field(vocabulary=3, shape=(2, 2))},
        {"one": Field(vocabulary=2, shape=(1, 2)), "two": Field(vocabulary=3, shape=(1, 2))},
        {"top": Field(vocabulary=3, shape=(1, 1)), "bottom": Field(vocabulary=2, shape=(2, 2))},
        {"code": Field(vocabulary=2, shape=(3,)), "kind": tokens(3, scalar=True)},
    ],
)
def test_the_probabilities_of_all_grids_sum_to_one(target: dict[str, Field]) -> None:
    model = built(LABEL, Spec(target))
    sizes = [int(np.prod(field.shape)) for field in target.values()]
    tokens_of = [range(1, (field.vocabulary or 0) + 1) for field, size in zip(target.values(), sizes, strict=True)
                 for _ in range(size)]  # fmt: skip
    everything = np.array(list(itertools.product(*tokens_of)), np.int32)
    parts = np.split(everything, np.cumsum(sizes)[:-1], axis=1)
    grids = {name: part.reshape(-1, *field.shape) for (name, field), part in zip(target.items(), parts, strict=True)}
    by_field = model.field_log_prob({"label": np.full(len(everything), 2, np.int32)}, grids)
    scores = sum(value.numpy() for value in by_field.values())
    assert np.exp(scores).sum() == pytest.approx(1, abs=1e-5)
    assert np.ptp(scores) > 1


@pytest.mark.parametrize("target", TARGETS)
def test_a_later_token_never_changes_what_came_before(target: str) -> None:
    model = built(LABEL, TARGETS[target])
    condition, grids = values(LABEL, 2), values(model.target, 2, 1)

    def all_scores(grids: dict[str, np.ndarray]) -> np.ndarray:
        found = stepwise(model, condition, grids)
        flat = {name: value[:, slice(*model.span(name, None))].reshape(2, *model.target[name].shape)
                for name, value in found.items()}  # fmt: skip
        return np.array([flat[name][(slice(None), *index)] for name, index in order(model)])

    plain = all_scores(grids)
    for place, (name, index) in enumerate(order(model)):
        changed = {key: value.copy() for key, value in grids.items()}
        where = (slice(None), *index)
        changed[name][where] = changed[name][where] % model.target[name].vocabulary + 1
        found = all_scores(changed)
        np.testing.assert_array_equal(found[:place], plain[:place])
        assert (found[place:] != plain[place:]).all(), "and what comes after knows all that came before"


LONG = pytest.mark.exhaustive(minutes=0.1)
PAIRS = [
    ("label", "one field"),
    ("coarse", "two sizes"),
    pytest.param("caption", "two levels", marks=LONG),
    pytest.param("picture", "a scalar", marks=LONG),
]


@pytest.mark.parametrize(("condition", "target"), PAIRS)
def test_what_is_drawn_is_what_the_teacher_forced_network_draws(condition: str, target: str) -> None:
    model = built(CONDITIONS[condition], TARGETS[target], condition_dropout=0.1, depth=1)
    given = values(model.condition, 3)
    for guidance in (1.0, 2.0):  # one graph each
        drawn = model.sample(given, seed=4, guidance=guidance)
        for name, field in model.target.items():
            assert drawn[name].shape == (3, *field.shape) and drawn[name].dtype == np.int32
            assert drawn[name].min() >= 1 and drawn[name].max() <= field.vocabulary
        assert equal(model.resample(given, drawn, seed=4, guidance=guidance), drawn)
    assert equal(model.sample(rows(given, slice(0, 1)), seed=4, guidance=2.0), rows(drawn, slice(0, 1)))
    assert not equal(model.sample(given, seed=5, guidance=2.0), drawn)
    likeliest = model.sample(given, seed=4, temperature=0.0)
    for name, logits in model.predict_steps(given, likeliest).items():
        best = 1 + logits.numpy()[:, slice(*model.span(name, None))].argmax(-1)
        np.testing.assert_array_equal(best.reshape(likeliest[name].shape), likeliest[name])


def test_guidance_goes_from_without_the_condition_to_with_it() -> None:
    model = built(LABEL, CODE, condition_dropout=0.1, depth=1)
    given = values(LABEL, 8)
    plain, blind = model.sample(given, seed=0), model.sample({"label": np.zeros(8, np.int32)}, seed=0)
    assert not equal(plain, blind)
    assert equal(model.sample(given, seed=0, guidance=0.0), blind)
    assert equal(model.sample(given, seed=0, guidance=1.0 + 1e-6), plain)  # by the guided graph, and yet nothing


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_is_seen_from_everywhere(condition: str) -> None:
    model = built(CONDITIONS[condition], CODE, depth=1)
    given, target = values(model.condition, 2), values(CODE, 2, 1)
    plain = stepwise(model, given, target)["code"]
    for name, value in given.items():
        changed = value.copy().reshape(2, -1)
        changed[:, -1] = changed[:, -1] % 3 + 1 if model.condition[name].vocabulary else -changed[:, -1]
        found = stepwise(model, {**given, name: changed.reshape(value.shape)}, target)["code"]
        assert (found != plain).all(), name
        hidden = stepwise(model, {**given, name: np.zeros_like(value)}, target)["code"]
        assert np.isfinite(hidden).all() and (hidden != plain).all(), f"an example without {name}"


def test_the_padding_of_a_caption_changes_nothing() -> None:
    model, target = built(CAPTION, CODE), values(CODE, 2)
    short = values(CAPTION, 2, steps=4)
    long = {"caption": np.pad(short["caption"], [(0, 0), (0, 9)])}
    np.testing.assert_allclose(model.log_prob(short, target), model.log_prob(long, target), rtol=1e-5)
    assert equal(model.sample(short, seed=0), model.sample(long, seed=0))


def test_what_is_given_is_kept() -> None:
    model, given = built(LABEL, LEVELS), values(LABEL, 3)
    fixed = np.zeros((3, 2, 3), np.int32)
    fixed[:, 0], fixed[1, 1, 2] = [7, 1, 3], 5
    odd = np.array([True, False, True, False])
    drawn = model.sample(given, seed=0, given={"level1": fixed, "level2": odd})
    assert (drawn["level1"][fixed > 0] == fixed[fixed > 0]).all() and set(drawn["level2"].ravel()) == {1, 3}
    by_place = np.ones((3, 2, 3, 4), bool)
    by_place[:, 1, 1, :3] = False
    assert (model.sample(given, seed=0, given={"level2": by_place})["level2"][:, 1, 1] == 4).all()
    with pytest.raises(ValueError, match="its tokens are 1…7"):
        model.sample(given, seed=0, given={"level1": fixed + 3})


def test_an_example_does_not_depend_on_its_neighbours_and_there_may_be_none() -> None:
    model = built(LABEL | PICTURE, LEVELS, dropout=0.3, condition_dropout=0.3)
    given, target = values(model.condition, 5), values(LEVELS, 5, 1)
    for noise in (None, seeds(5)):
        value, weight = loss_of(model, given, target, noise)
        np.testing.assert_array_equal(weight, 12)
        part = slice(2, 3)
        alone, _ = loss_of(model, rows(given, part), rows(target, part), None if noise is None else noise[part])
        np.testing.assert_allclose(value[part], alone, rtol=1e-5)
        none = slice(0, 0)
        value, weight = loss_of(
            model, rows(given, none), rows(target, none), None if noise is None else noise[none]
        )  # fmt: skip
        assert value.shape == weight.shape == (0,)


@pytest.mark.exhaustive
def test_two_replicas_end_with_the_weights_of_one() -> None:
    def build() -> Transformer:
        return Transformer(condition=LABEL, target=CODE, width=16, depth=1, heads=2, condition_dropout=0.2)

    one, two = (trained(build, LABEL, CODE, strategy) for strategy in ("none", "mirrored"))
    assert max(abs(a - b).max() for a, b in zip(one, two, strict=True)) < 1e-5


@pytest.mark.exhaustive(minutes=0.2)
def test_half_precision_is_half_as_precise() -> None:
    given, target = values(LABEL | PICTURE, 3), values(CODE, 3, 1)
    whole = built(LABEL | PICTURE, CODE).log_prob(given, target).numpy()
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = built(LABEL | PICTURE, CODE)
    finally:
        keras.config.set_dtype_policy(before)
    np.testing.assert_allclose(half.log_prob(given, target), whole, rtol=0.05)
    assert half.sample(given, seed=0)["code"].all()


def test_what_it_cannot_draw_is_said() -> None:
    with pytest.raises(ValueError, match="has both"):
        Transformer(condition=LABEL, target=CODE | {"high": tokens(7)})
    with pytest.raises(ValueError, match=r"with a condition_dropout above 0"):
        built(LABEL, CODE).sample(values(LABEL, 1), seed=0, guidance=2.0)
    with pytest.raises(ValueError, match="picture of the condition is a grid"):
        Transformer(condition=PICTURE, target=Spec({"kind": tokens(3, scalar=True)}))
