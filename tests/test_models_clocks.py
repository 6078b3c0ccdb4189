"""Models other than the transformer on several clocks: right, or refused by name."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from clocks import REP, X, Y, letters, mask_of, numbers, words

from regenkit.layers.conditioner import Conditioner
from regenkit.layers.hops import Alongside
from regenkit.models.gaussian import Gaussian
from regenkit.models.joint import Joint
from regenkit.models.ladder import Ladder
from regenkit.models.transformer import Transformer
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.train_settings import JointSettings
from regenkit.spec import END, Field, Spec, tokens
from regenkit.training.train import computing_in

SMALL: dict[str, Any] = {"width": 16, "depth": 1, "heads": 2, "dropout": 0.0}
FACE = Spec({"pose": Field(kind="continuous", shape=(None, 2), hop=Fraction(4))})
HEARD = Spec({"mel": Field(kind="continuous", shape=(None, 3), hop=Fraction(1)),
              "code": Field(vocabulary=5, hop=Fraction(6))})  # fmt: skip


def heard(lengths: list[int], size: int) -> dict[str, np.ndarray]:
    """A mel every step, a code every six, and the masks of both and of the pose, every four."""
    random = np.random.default_rng(0)
    there, coded = mask_of(lengths, size), mask_of([-(-length // 6) for length in lengths], -(-size // 6))
    posed = mask_of([-(-length // 4) for length in lengths], -(-size // 4))
    mel = np.array([np.pad(random.normal(size=(length, 3)), [(0, size - length), (0, 0)]) for length in lengths])
    return {"mel": mel.astype(np.float32), "code": 2 * coded.astype(np.int32), "mask": there, "mask y 6": coded,
            "mask y 4": posed}  # fmt: skip


def test_a_gaussian_hears_finer_and_coarser_fields_and_no_padding() -> None:
    model = Gaussian(condition=HEARD, target=FACE, **SMALL)
    short, long = heard([13, 6], 13), heard([13, 6], 24)
    pose = np.random.default_rng(1).normal(size=(2, 4, 2)).astype(np.float32)
    found = model.field_log_prob(short, {"pose": pose})["pose"].numpy()
    padded = model.field_log_prob(long, {"pose": np.pad(pose, [(0, 0), (0, 2), (0, 0)])})["pose"]
    np.testing.assert_allclose(padded, found, rtol=1e-5)
    assert model.sample(short, seed=0)["pose"].shape == (2, 4, 2)
    for name in HEARD:
        changed = {**short, name: np.roll(short[name], 1, axis=-1) if name == "mel" else 2 * short[name]}
        assert abs(model.field_log_prob(changed, {"pose": pose})["pose"].numpy() - found).min() > 1e-5


def test_a_gaussian_minds_how_its_mean_changes() -> None:
    """An error that stays the same costs no more; one that jumps does, within an example alone."""
    keras.utils.set_random_seed(0)
    model = Gaussian(condition=HEARD, target=FACE, velocity=2.0, **SMALL)
    condition = {name: tf.constant(value) for name, value in heard([13, 6], 13).items()}
    ((mean, log_scale),) = model.predict_steps(condition).values()
    there = condition["mask y 4"].numpy()
    jumps = np.where(np.arange(4) % 2, 1.0, -1.0)[None, :, None]

    def change(error: np.ndarray) -> np.ndarray:
        terms = model.losses({"condition": condition, "target": {"pose": mean + error}}, noise=None)["main"]
        assert set(terms) == {"pose", "pose change"}
        nll, weight = terms["pose"]
        np.testing.assert_allclose(nll, -model.field_log_prob(condition, {"pose": mean + error})["pose"], rtol=1e-5)
        np.testing.assert_array_equal(weight, there.sum(1))
        return terms["pose change"][0].numpy()

    np.testing.assert_allclose(change(np.full((2, 4, 2), 3.0, np.float32)), 0, atol=1e-5)
    both = (there[:, 1:] & there[:, :-1])[..., None]
    np.testing.assert_allclose(change(np.broadcast_to(jumps, (2, 4, 2)).astype(np.float32)),
                               np.sum(4 * np.exp(-2 * log_scale.numpy()[:, 1:]) * both, (1, 2)), rtol=1e-4)  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (X, "cannot say how long pose is.*along the same axis.*y"),
        (HEARD | X, "reads its condition step by step: digit"),
    ],
)
def test_a_gaussian_says_what_it_cannot_read(condition: Spec, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Gaussian(condition=condition, target=FACE, **SMALL)
    with pytest.raises(ValueError, match="on several"):
        Gaussian(condition=HEARD, target=FACE | {"mel2": HEARD["mel"]}, **SMALL)


def test_a_ladder_draws_clock_by_clock() -> None:
    """Words, as many as it likes; then letters, as many as it likes."""
    model = Ladder(condition=X, target=REP | Y, rungs=[{"use": "transformer", **SMALL}])
    assert model.draws_length
    condition, target = numbers([1, 2], [3]), {**words([1, 2], [3]), **letters([1, 2, 2], [3])}
    by_field = model.field_log_prob(condition, target)
    assert set(by_field) == {"word", "letter", END}
    losses = model.losses({"condition": condition, "target": target}, noise=None)["main"]
    assert set(losses) == {"word_0", "end_0", "letter_1", "end_1"}
    np.testing.assert_allclose(by_field[END], -(losses["end_0"][0] + losses["end_1"][0]), rtol=1e-5)
    drawn = model.sample(condition, seed=1, max_length=5)
    assert set(drawn) == {"word", "letter", "mask", "mask word"}
    np.testing.assert_array_equal(drawn["letter"] > 0, drawn["mask"])
    again = model.resample(condition, {**target}, seed=1)
    np.testing.assert_array_equal(again["letter"] > 0, target["mask"])


def test_joint_training_trains_no_length() -> None:
    generator = Transformer(condition=X, target=Spec({"code": tokens(3)}), **SMALL)
    renderer = Transformer(condition=Spec({"code": tokens(3)}), target=Y, **SMALL)
    specs = {"x": X, "y": Y, "rep": Spec({"code": tokens(3)})}
    with pytest.raises(ValueError, match="draws the length of what it makes"):
        Joint(parts={"generator": generator, "renderer": renderer}, specs=specs, settings=JointSettings())


def test_an_entry_of_zeros_is_heard_where_the_mask_says_that_it_is_one() -> None:
    spec = Spec({"mel": Field(kind="continuous", shape=(None, 3), axis="x")})
    layer = Conditioner(spec, 16)
    layer.build()
    mel = np.random.default_rng(0).normal(size=(1, 4, 3)).astype(np.float32)
    mel[0, 2:] = 0
    read = [layer({"mel": mel, "mask x": mask_of([length], 4)}, tf.constant(1))[0].numpy() for length in (2, 4)]
    assert np.abs(read[0] - read[1]).max() > 1e-4
    padded = layer({"mel": np.pad(mel, [(0, 0), (0, 3), (0, 0)]), "mask x": mask_of([4], 7)}, tf.constant(1))[0]
    np.testing.assert_allclose(padded, read[1], atol=1e-5)
    silent = {"mel": np.zeros_like(mel), "mask x": mask_of([4], 4)}
    np.testing.assert_allclose(
        layer(silent, tf.constant(1))[0], layer({**silent, "mask x": mask_of([0], 4)}, tf.constant(1))[0], atol=1e-6
    )


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_mean_of_many_finer_entries_is_one_in_half_precision_too(precision: str) -> None:
    entries = np.random.default_rng(0).uniform(0.5, 1.5, (1, 800, 3)).astype(np.float32)
    fine, coarse = (Field(kind="continuous", shape=(None, 3), hop=Fraction(hop)) for hop in (1, 400))
    with computing_in(precision):
        layer = Alongside(fine, coarse, 3)
    found = layer(tf.cast(entries, precision), tf.ones([1, 800], tf.bool), tf.constant(2))
    np.testing.assert_allclose(tf.cast(found, tf.float32), entries.reshape(1, 2, 400, 3).mean(2), rtol=0.01)


def test_a_long_condition_is_averaged_in_half_precision_too() -> None:
    spec = Spec({"code": tokens(3, axis="x")})
    condition = {"code": np.random.default_rng(0).integers(1, 4, (1, 3000)).astype(np.int32)}
    found, weights = {}, None
    for precision in ("float32", "float16"):
        with computing_in(precision):
            layer = Conditioner(spec, 16)
            layer.build()
        layer.norms["code"].beta.assign(tf.fill([16], 3.0))
        weights = weights or layer.get_weights()
        layer.set_weights(weights)
        found[precision] = tf.cast(layer(condition, tf.constant(1))[0], tf.float32)
    np.testing.assert_allclose(found["float16"], found["float32"], rtol=0.02)
