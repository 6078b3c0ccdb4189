"""MaskGIT: what is masked, what is predicted from what is left, and that a few passes fill every place."""

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
from tiny import equal

from regenkit.models.maskgit import MaskGIT, share_masked
from regenkit.models.transformer import Transformer
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec


def built(condition: Spec, target: Spec, **options: Any) -> MaskGIT:
    options = {"width": 16, "depth": 2, "heads": 2, **options}
    return strong(lambda: MaskGIT(condition=condition, target=target, **options))


# --- what is masked --------------------------------------------------------------------------------------------------


def test_the_schedule_falls_from_all_to_none() -> None:
    share = share_masked(tf.linspace(0.0, 1.0, 50)).numpy()
    assert share[0] == 1 and abs(share[-1]) < 1e-6 and (np.diff(share) < 0).all()


def test_masks_follow_the_schedule_and_each_examples_seed() -> None:
    model = built(LABEL, LEVELS)
    noise = tf.constant(seeds(4000))
    (masked,) = model._masks(noise)
    assert masked.shape == (4000, 12)
    counts = masked.numpy().sum(1)
    assert counts.min() == 1 and counts.max() == 12
    assert counts.mean() == pytest.approx(12 * 2 / np.pi + 0.5, abs=0.25), "the mean of the cosine, rounded up"
    assert np.ptp(masked.numpy().mean(0)) < 0.05, "every place alike"
    np.testing.assert_array_equal(model._masks(noise[7:9])[0], masked[7:9])


def test_the_one_masked_token_has_a_distribution_and_the_others_are_not_looked_at() -> None:
    """Where one token is masked, the loss is −log P(it | the rest): its exponentials sum to 1 over the vocabulary."""
    target = Spec({"code": Field(vocabulary=5, shape=(1, 2))})
    model = built(LABEL, target, dropout=0.0)
    noise = seeds(100)
    masked = model._masks(tf.constant(noise))[0].numpy()
    single = np.flatnonzero(masked.sum(1) == 1)[:8]
    both = np.flatnonzero(masked.all(1))[:8]
    for example in single:
        grids = np.repeat([[[2, 4]]], 5, 0).astype(np.int32)
        grids[:, 0, masked[example].argmax()] = np.arange(1, 6)
        value, weight = loss_of(model, {"label": np.full(5, 3, np.int32)}, {"code": grids}, noise[[example] * 5])
        np.testing.assert_array_equal(weight, 1)
        assert np.exp(-value).sum() == pytest.approx(1, abs=1e-5)
    grids = np.stack(np.meshgrid(range(1, 6), range(1, 6)), -1).reshape(25, 1, 2).astype(np.int32)
    for example in both:
        value, _ = loss_of(model, {"label": np.full(25, 3, np.int32)}, {"code": grids}, noise[[example] * 25])
        assert np.exp(-value).sum() == pytest.approx(1, abs=1e-5)
    assert len(single) == len(both) == 8


def test_an_example_does_not_depend_on_its_neighbours_and_there_may_be_none() -> None:
    model = built(LABEL | PICTURE, LEVELS, dropout=0.3, condition_dropout=0.3)
    given, target = values(model.condition, 5), values(LEVELS, 5, 1)
    for noise in (None, seeds(5)):
        value, weight = loss_of(model, given, target, noise)
        assert (value > 0).all() and (weight >= 1).all()
        assert noise is not None or len(set(weight)) == 1, "judged by the same patterns"
        for part in (slice(2, 3), slice(0, 0)):
            alone = loss_of(model, rows(given, part), rows(target, part), None if noise is None else noise[part])
            np.testing.assert_allclose(alone[0], value[part], rtol=1e-5)
            np.testing.assert_array_equal(alone[1], weight[part])


@pytest.mark.exhaustive
def test_two_replicas_end_with_the_weights_of_one() -> None:
    def build() -> MaskGIT:
        return MaskGIT(condition=LABEL, target=CODE, width=16, depth=1, heads=2, condition_dropout=0.2)

    one, two = (trained(build, LABEL, CODE, strategy) for strategy in ("none", "mirrored"))
    assert max(abs(a - b).max() for a, b in zip(one, two, strict=True)) < 1e-5


def test_levels_of_a_quantiser_begin_otherwise() -> None:
    field = Field(vocabulary=7, shape=(2, 3))
    for family in (MaskGIT, Transformer):
        model = family(condition=LABEL, target=Spec({"level1": field, "level2": field}), width=16, depth=1, heads=2)
        layers = model.embeddings if family is MaskGIT else model.target_embeddings
        assert (layers["level1"].embeddings.numpy() != layers["level2"].embeddings.numpy()).all()


# --- drawing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 3, 20])
def test_every_place_is_filled(steps: int) -> None:
    model, given = built(LABEL, LEVELS), values(LABEL, 3)
    drawn = model.sample(given, seed=4, steps=steps)
    for name, field in LEVELS.items():
        assert drawn[name].shape == (3, 2, 3) and drawn[name].dtype == np.int32
        assert drawn[name].min() >= 1 and drawn[name].max() <= field.vocabulary
    assert equal(drawn, model.sample(given, seed=4, steps=steps))
    assert not equal(drawn, model.sample(given, seed=5, steps=steps))
    assert equal(model.sample(rows(given, slice(0, 1)), seed=4, steps=steps), rows(drawn, slice(0, 1)))


def test_one_pass_at_temperature_zero_takes_the_likeliest_token_of_each_place() -> None:
    model, given = built(LABEL, LEVELS), values(LABEL, 3)
    drawn = model.sample(given, seed=4, temperature=0.0, steps=1)
    masked = {name: tf.zeros([3, 6], tf.int32) for name in LEVELS}
    known = model.known({name: tf.constant(value) for name, value in given.items()}, tf.constant(3))
    for name, logits in model._predict(known, masked).items():
        np.testing.assert_array_equal(drawn[name].reshape(3, 6), 1 + logits.numpy().argmax(-1))
    assert not equal(model.sample(given, seed=4, temperature=0.0, steps=3), drawn), "later passes see the earlier ones"


def test_what_is_given_is_kept_and_seen() -> None:
    model, given = built(LABEL, LEVELS), values(LABEL, 3)
    fixed = np.zeros((3, 2, 3), np.int32)
    fixed[:, 0], fixed[1, 1, 2] = [7, 1, 3], 5
    odd = np.array([True, False, True, False])
    drawn = model.sample(given, seed=0, given={"level1": fixed, "level2": odd})
    assert (drawn["level1"][fixed > 0] == fixed[fixed > 0]).all() and set(drawn["level2"].ravel()) <= {1, 3}
    assert drawn["level1"].all()
    free, tied = (model.sample(given, seed=0, temperature=0.0, given=each) for each in ({}, {"level1": fixed}))
    assert (free["level2"] != tied["level2"]).any(), "the other tokens follow what is given"
    assert equal(model.sample(given, seed=0, given={"level1": drawn["level1"], "level2": drawn["level2"]}), drawn)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_is_seen_from_everywhere_and_may_be_absent(condition: str) -> None:
    model = built(CONDITIONS[condition], CODE, depth=1)
    given, masked = values(model.condition, 2), {"code": tf.zeros([2, 6], tf.int32)}

    def logits(given: dict[str, np.ndarray]) -> np.ndarray:
        known = model.known({name: tf.constant(value) for name, value in given.items()}, tf.constant(2))
        return model._predict(known, masked)["code"].numpy()

    plain = logits(given)
    for name, value in given.items():
        changed = value.copy().reshape(2, -1)
        changed[:, -1] = changed[:, -1] % 3 + 1 if model.condition[name].vocabulary else -changed[:, -1]
        assert (logits({**given, name: changed.reshape(value.shape)}) != plain).any(-1).all(), name
        hidden = logits({**given, name: np.zeros_like(value)})
        assert np.isfinite(hidden).all() and (hidden != plain).any(-1).all()


def test_the_padding_of_a_caption_changes_nothing() -> None:
    model, short = built(CAPTION, CODE), values(CAPTION, 2, steps=4)
    long = {"caption": np.pad(short["caption"], [(0, 0), (0, 9)])}
    assert equal(model.sample(short, seed=0), model.sample(long, seed=0))
    (sampler,) = model._samplers.values()
    assert sampler.experimental_get_tracing_count() == 1


def test_guidance_goes_from_without_the_condition_to_with_it() -> None:
    model, given = built(LABEL, CODE, condition_dropout=0.1), values(LABEL, 8)
    plain, blind = model.sample(given, seed=0), model.sample({"label": np.zeros(8, np.int32)}, seed=0)
    assert not equal(plain, blind)
    assert equal(model.sample(given, seed=0, guidance=0.0), blind)
    assert equal(model.sample(given, seed=0, guidance=1.0 + 1e-6), plain)  # by the guided graph, and yet nothing


def test_what_it_cannot_draw_is_said() -> None:
    with pytest.raises(ValueError, match=r"several \(top \(1, 2\), bottom \(2, 3\)\)"):
        MaskGIT(condition=LABEL, target=SIZES)
    cases = ((NAMED, "kind", "transformer"), (PICTURE, "picture", "diffusion"), (CAPTION, "caption", "transformer"))
    for target, name, other in cases:
        with pytest.raises(ValueError, match=f"{name} is none: use {other}"):
            MaskGIT(condition=LABEL, target=target)
    with pytest.raises(ValueError, match=r"with a condition_dropout above 0"):
        built(LABEL, CODE).sample(values(LABEL, 1), seed=0, guidance=2.0)
