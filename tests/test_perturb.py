"""Y′ is perturbed as often as asked and as the generator errs, by the example's seed alone, and never where absent."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import runs
from hypothesis import given
from hypothesis import strategies as st
from runs import PLAIN, SMALL
from scipy import stats
from toy_job import lookup, train, transformer, weights
from toy_watch import Watch, difference, stopping_at

from regenkit.distribute import make_strategy
from regenkit.errors import Interrupted, UserError
from regenkit.pipeline import Pipeline
from regenkit.quiet import tensorflow as tf
from regenkit.recipe import load
from regenkit.run.rep_noise import by_share, confusion, perturbation
from regenkit.spec import Field, Spec, tokens
from regenkit.training.perturb import Perturb

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def seeds(count: int, step: int = 77) -> tf.Tensor:
    return tf.stack([tf.fill([count], step), tf.range(count)], 1)


def shared(share: float) -> Perturb:
    return Perturb(share={"low": (share, 8)}, confusion={}, deviation={})


def by_table(table: Any) -> Perturb:
    return Perturb(share={}, confusion={"low": np.array(table, np.float64)}, deviation={})


def within(hits: int, count: int, share: float) -> bool:
    """Whether so many hits are no surprise at this rate: 1 in 10,000."""
    return bool(stats.binomtest(hits, count, share).pvalue > 1e-4)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_a_share_of_tokens_is_replaced_by_uniform_draws(share: float) -> None:
    before = np.full((200, 100), 3, np.int32)
    after = shared(share)({"low": before}, seeds(200))["low"].numpy()
    changed = after != before
    assert within(int(changed.sum()), changed.size, share * 7 / 8)  # one draw in eight is the token itself
    assert after.min() >= 1 and after.max() <= 8
    if share:
        others = np.bincount(after[changed], minlength=9)[[1, 2, 4, 5, 6, 7, 8]]
        assert stats.chisquare(others).pvalue > 1e-4


def test_tokens_are_confused_as_the_table_says() -> None:
    table = [[0.7, 0.3, 0.0], [0.0, 1.0, 0.0], [0.1, 0.2, 0.7]]
    before = np.int32(np.random.default_rng(0).integers(0, 4, (300, 100)))
    after = by_table(table)({"low": before}, seeds(300))["low"].numpy()
    for true, row in enumerate(table, 1):
        drawn = after[before == true]
        assert all(within(int((drawn == token).sum()), len(drawn), p) for token, p in enumerate(row, 1))
    assert not after[before == 0].any()


@given(st.integers(2, 40), st.integers(0, 2**31 - 1))
def test_any_confusion_draws_only_what_it_allows(size: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    table = random.dirichlet(np.full(size, 0.05), size)
    table[table < 1e-3] = 0
    table /= table.sum(1, keepdims=True)
    before = np.int32(random.integers(1, size + 1, (20, 30)))
    after = by_table(table)({"low": before}, seeds(20, seed))["low"].numpy()
    assert (table[before - 1, after - 1] > 0).all()


@pytest.mark.parametrize("perturb", [shared(0.5), by_table(np.full((8, 8), 1 / 8))], ids=["share", "confusion"])
def test_noise_is_of_the_example_not_of_the_batch_or_its_padding(perturb: Perturb) -> None:
    before = np.int32(np.random.default_rng(1).integers(1, 9, (10, 40)))
    before[:, 30:] = 0
    whole = perturb({"low": before}, seeds(10))["low"].numpy()
    assert (whole[:, 30:] == 0).all() and (whole[:, :30] != before[:, :30]).any()
    np.testing.assert_array_equal(perturb({"low": before[4:7, :30]}, seeds(10)[4:7])["low"], whole[4:7, :30])
    assert (perturb({"low": before}, seeds(10, 78))["low"].numpy() != whole).any()
    assert perturb({"low": before[:0]}, seeds(10)[:0])["low"].shape == (0, 40)


def test_gaussian_noise_has_its_deviation_and_leaves_padding() -> None:
    before = np.ones((50, 40, 3), np.float32)
    before[:, 30:] = 0
    before[0, 0] = [0, 2, 0]  # an entry with some zeros is there
    perturb = Perturb(share={}, confusion={}, deviation={"mel": 0.2})
    added = perturb({"mel": before, "mask": None}, seeds(50))["mel"].numpy() - before
    assert (added[:, 30:] == 0).all() and (added[:, :30] != 0).all()
    assert stats.kstest(added[:, :30].ravel() / 0.2, "norm").pvalue > 1e-3


def test_fields_do_not_share_their_noise() -> None:
    perturb = Perturb(share={"a": (0.5, 4), "b": (0.5, 4)}, confusion={}, deviation={})
    same = np.ones((40, 50), np.int32)
    found = perturb({"a": same, "b": same}, seeds(40))
    one, other = (found[name].numpy() != 1 for name in "ab")
    assert within(int((one & other).sum()), one.size, (3 / 8) ** 2)


def test_counts_are_smoothed_towards_what_is_usually_predicted() -> None:
    true, drawn = np.array([1, 1, 1, 1, 2, 0, 3]), np.array([1, 1, 1, 2, 2, 0, 0])
    found = confusion(true, drawn, 3)
    np.testing.assert_allclose(found.sum(1), 1)
    usual = np.array([4, 3, 1]) / 8
    np.testing.assert_allclose(found[0], (np.array([3, 1, 0]) + usual) / 5)
    np.testing.assert_allclose(found[2], usual)  # its only true token was not predicted: nothing is known of it


def test_a_share_of_a_continuous_field_is_of_its_standard_deviation() -> None:
    spec = Spec({"mel": Field(kind="continuous", shape=(None, 2), hop=Fraction(1)), "low": tokens(4)})
    random = np.random.default_rng(0)
    examples = [{"mel": random.normal(5, 3, (40, 2)), "low": np.ones(40, np.int32)} for _ in range(50)]
    found = by_share(spec, 0.1, examples)
    assert found.deviation == {"mel": pytest.approx(0.3, rel=0.05)}
    assert found.share == {"low": (0.1, 4)} and not found.confusion


# --- in the loop -----------------------------------------------------------------------------------------------------

LETTERS = Perturb(share={"letter": (0.3, 5)}, confusion={}, deviation={})


@pytest.mark.exhaustive(minutes=0.2)
def test_none_of_it_changes_nothing_and_some_does(table: tuple[Path, Watch], tmp_path: Path) -> None:
    nothing = Perturb(share={"letter": (0.0, 5)}, confusion={}, deviation={})
    model, result = train(tmp_path / "none", build=lookup, perturb=nothing)
    assert difference(weights(model), table[1].steps[-1]) == 0
    other, perturbed = train(tmp_path / "some", build=lookup, perturb=LETTERS)
    assert difference(weights(other), table[1].steps[-1]) > 1e-3
    assert perturbed["validation"] > result["validation"]  # without noise there, or it would be worse by far


@pytest.mark.exhaustive(minutes=0.3)
def test_interrupted_or_on_two_devices_the_noise_is_the_same(tmp_path: Path) -> None:
    whole, _ = train(tmp_path / "whole", build=lookup, perturb=LETTERS)
    with pytest.raises(Interrupted):
        train(tmp_path / "parts", build=lookup, perturb=LETTERS, sample=stopping_at(10), sample_every=5)
    resumed, _ = train(tmp_path / "parts", build=lookup, perturb=LETTERS)
    assert difference(weights(resumed), weights(whole)) == 0
    two, _ = train(tmp_path / "two", build=lookup, perturb=LETTERS, strategy=make_strategy("mirrored"))
    assert difference(weights(two), weights(whole)) < 1e-5
    parts, _ = train(tmp_path / "accumulated", build=transformer, perturb=LETTERS, steps=2, accumulate=1)
    assert np.isfinite(weights(parts)[0]).all()


def test_errors_of_a_generator_are_counted_on_pairs_or_refused(tmp_path: Path) -> None:
    model = f"{{use: transformer, {SMALL}}}"
    text = f"dataset: {{use: toy/data}}\nconverter: {{use: toy/parity}}\ngenerator: {model}\nrenderer: {model}\n"
    with runs.at_home(tmp_path, runs.Stopper("none")):
        Path("toy.yaml").write_text(f"{text}train: {{{PLAIN}, renderer: {{rep_noise: generator}}}}\n")
        pipeline = Pipeline(load(Path("toy.yaml")), tmp_path / "run")
        prepared = pipeline.prepare(lambda *_: None)
        unpaired = replace(prepared, paired=prepared.paired & (prepared.split != "validation"))
        with pytest.raises(UserError, match=r"toy.yaml: train.renderer.rep_noise: .* there are none; right is a share"):
            perturbation(pipeline, unpaired, "generator", make_strategy("none"))
