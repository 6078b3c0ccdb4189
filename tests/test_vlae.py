"""The variational lossy autoencoder: its probabilities, its bound, its free bits, and that its parts add up."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from grids import trained
from toy_job import weights
from toy_pictures import PIXELS, batch_of, cut, learn, prepared, shaken
from toy_watch import difference, stopping_at

from regenkit import Spec
from regenkit.errors import Interrupted
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field
from regenkit.stages import Side
from regenkit_image.converter.vlae import Vlae

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
SMALL: dict[str, Any] = {"latent_dim": 3, "window": (3, 1), "levels": 4, "width": 8, "pixel_width": 8,
                         "flow_steps": 2, "flow_width": 8}  # fmt: skip
RICH: dict[str, Any] = {"prior": "flow", "posterior": "iaf", "soft_free_bits": 0.05}
"""What has the most to go wrong."""
TINY = Spec({"pixels": Field(kind="continuous", shape=(2, 2, 1), levels=256)})
Y = (Side(spec=Spec(), source={}), Side(spec=PIXELS, source={"pixels": "y"}))
LOOP: dict[str, Any] = {"between": Y, "sample_every": 5}


def make(target: Spec = PIXELS, **options: Any) -> Any:
    return Vlae(condition=Spec(), target=target, **{**SMALL, **options})


@pytest.fixture(scope="module")
def model() -> Any:
    """One with flows on both sides, a few updates of its statistics old."""
    keras.utils.set_random_seed(0)
    made = shaken(make(**RICH))
    for seed in range(4):
        batch = batch_of(Spec(), PIXELS, 8, seed)
        made.absorb(made.losses(batch, noise=batch["noise"])["statistics"])
    return made


def pixels(count: int = 6) -> np.ndarray:
    return batch_of(Spec(), PIXELS, count)["target"]["pixels"].numpy()


# --- likelihoods ------------------------------------------------------------------------------------------------------


KINDS = [("gaussian", "gaussian"), ("flow", "iaf")]


@pytest.mark.exhaustive(minutes=0.2)
@pytest.mark.parametrize(("prior", "posterior"), KINDS)
def test_pictures_have_a_probability_of_1_together_and_samples_estimate_each(prior: str, posterior: str) -> None:
    """All 16 pictures of 2 × 2, black and white; z is one number, over which P(x | z) p(z) is summed finely."""
    keras.utils.set_random_seed(1)
    model = shaken(make(TINY, latent_dim=1, levels=2, prior=prior, posterior=posterior), spread=0.8)
    model.head.bias.assign(np.float32([0, 2.5] + [0] * model.context))  # wide enough a posterior for the tails
    for variable in model.posterior.trainable_variables if model.posterior else ():
        variable.assign(0.3 * variable)
    every = np.float32(2 * ((np.arange(16)[:, None] >> np.arange(4)) & 1) - 1).reshape(16, 2, 2, 1)
    ends = tf.constant([[-7.0], [7.0]])  # of ε
    grid = np.linspace(*np.sort(model.prior.inverse(ends) if prior == "flow" else ends, 0), 400, dtype=np.float32)
    density = np.exp(model._log_prior(tf.constant(grid))) * (grid[1, 0] - grid[0, 0])
    np.testing.assert_allclose(density.sum(), 1, atol=1e-4)
    given_z = np.stack([
        np.exp(model.log_prob({"latent": model.standard(tf.constant(grid))}, np.repeat(each[None], len(grid), 0)))
        for each in every
    ])  # fmt: skip
    exact = given_z @ density
    np.testing.assert_allclose(exact.sum(), 1, atol=1e-4)
    assert given_z.std(1).max() > 0.01  # z has a say
    estimates = np.exp([model.log_evidence(every, samples=600, seed=seed) for seed in range(12)])
    error = estimates.std(0, ddof=1) / 12**0.5
    assert (np.abs(estimates.mean(0) - exact) < 4.5 * error + 1e-6).all(), (estimates.mean(0) - exact) / error
    assert (error < 0.2 * exact).all(), error / exact


def test_the_bound_rises_with_samples_from_the_one_that_is_judged(model: Any) -> None:
    y = pixels(64)
    one, some, many = ([model.log_evidence(y, samples=samples, seed=seed) for seed in range(3)]
                       for samples in (1, 8, 64))  # fmt: skip
    assert np.mean(one) + 0.05 < np.mean(some) < np.mean(many) - 0.01, [np.mean(each) for each in (one, some, many)]
    terms = model.losses({"condition": {}, "target": {"pixels": tf.constant(y)}}, noise=None)["main"]
    judged = -(terms["pixels"][0] + terms["divergence"][0])
    off = np.mean(one, 0) - judged.numpy()
    assert abs(off.mean()) < 4 * off.std() / 8, (off.mean(), off.std())
    with pytest.raises(ValueError, match="samples is 0; right"):
        model.log_evidence(y, samples=0)


def test_a_density_is_a_probability_spread_over_the_levels_cell(model: Any) -> None:
    """What `evaluate` makes of it are bits of the picture's own 256 levels: here 64 to a cell, all as likely."""
    y = pixels()
    rep = model.encode({}, {"pixels": y})
    density = model.field_log_prob(rep, {"pixels": tf.constant(y)})["pixels"].numpy()
    bits = -density / np.log(2) + 64 * np.log2(255 / 2)
    np.testing.assert_allclose(bits, -model.log_prob(rep, y) / np.log(2) + 64 * np.log2(256 / 4), rtol=1e-5)


# --- the protocol -----------------------------------------------------------------------------------------------------


def test_its_y_prime_is_a_vector_and_a_seed_is_a_picture(model: Any) -> None:
    y = pixels()
    rep = {name: value.numpy() for name, value in model.encode({}, {"pixels": y}).items()}
    model.spec.check({name: value[0] for name, value in rep.items()}, "an example")
    np.testing.assert_allclose(model.encode({}, {"pixels": y[2:3]})["latent"][0], rep["latent"][2], atol=1e-5)
    drawn = model.sample(rep, seed=1)["pixels"]
    assert drawn.shape == y.shape and drawn.dtype == np.float32
    np.testing.assert_allclose(np.unique(drawn), [-1, -1 / 3, 1 / 3, 1], atol=1e-6)
    np.testing.assert_array_equal(drawn[:2], model.sample({"latent": rep["latent"][:2]}, seed=1)["pixels"])
    assert (drawn != model.sample(rep, seed=2)["pixels"]).any()
    assert (drawn != model.sample({"latent": -rep["latent"]}, seed=1)["pixels"]).any()
    likeliest = (model.sample(rep, seed=seed, temperature=0)["pixels"] for seed in (1, 2))
    np.testing.assert_array_equal(*likeliest)
    assert model.sample({"latent": rep["latent"][:0]}, seed=1)["pixels"].shape == (0, 8, 8, 1)


def test_what_is_imagined_is_drawn_from_the_prior(model: Any) -> None:
    latent = model.imagine(2000, seed=1)["latent"]
    np.testing.assert_allclose(latent[:5], model.imagine(5, seed=1)["latent"], atol=1e-5)
    epsilon, _ = model.prior.forward(model.standard.unnormalize(latent))
    np.testing.assert_allclose(np.mean(epsilon, 0), 0, atol=0.1)
    np.testing.assert_allclose(np.cov(epsilon, rowvar=False), np.eye(3), atol=0.12)


def test_losses_statistics_and_gradients_are_sums_over_examples(model: Any) -> None:
    batch = batch_of(Spec(), PIXELS, 5)

    def losses(part: Any, noise: Any) -> Any:
        with tf.GradientTape() as tape:
            found = dict(model.losses(part, noise=noise))
            statistics = found.pop("statistics", {})
            total = sum(tf.reduce_sum(value) for value, _ in found["main"].values())
        return found["main"], statistics, tape.gradient(total, [each.value for each in model.trainable_variables])

    for noise in (batch["noise"], None):
        whole = losses(batch, noise)
        parts = [losses(cut(batch, rows), None if noise is None else noise[rows])
                 for rows in (slice(0, 2), slice(2, 5))]  # fmt: skip
        for term, (value, weight) in whole[0].items():
            rest = np.concatenate([part[0][term][0] for part in parts])
            np.testing.assert_allclose(value, rest, rtol=1e-4, atol=1e-4)
            np.testing.assert_array_equal(weight, [64.0] * 5)
        assert bool(whole[1]) == (noise is not None)
        for which in (1, 2):
            summed = tf.nest.map_structure(lambda *values: sum(values), *(part[which] for part in parts))
            for one, other in zip(tf.nest.flatten(whole[which]), tf.nest.flatten(summed), strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-3, atol=2e-3)
    assert all(np.any(slope) for slope in losses(batch, batch["noise"])[2])


def test_half_precision_judges_in_float32(model: Any) -> None:
    batch = batch_of(Spec(), PIXELS, 8)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = make(**RICH)
    finally:
        keras.config.set_dtype_policy("float32")
    half.set_weights(model.get_weights())
    terms, expected = (each.losses(batch, noise=batch["noise"])["main"] for each in (half, model))
    for term, (value, _) in terms.items():
        assert value.dtype == tf.float32
        np.testing.assert_allclose(value, expected[term][0], rtol=0.1, atol=1.0)
    drawn = half.sample(half.encode({}, batch["target"]), seed=1)["pixels"]
    assert drawn.dtype == np.float32 and np.isin(np.rint(3 * drawn), [-3, -1, 1, 3]).all()


# --- free bits --------------------------------------------------------------------------------------------------------


def test_with_none_free_the_estimate_counts_below_0_as_well() -> None:
    """It is of one z, and clipped it would be no bound."""
    keras.utils.set_random_seed(0)
    batch = batch_of(Spec(), PIXELS, 64)
    value, _ = make().losses(batch, noise=batch["noise"])["main"]["divergence"]
    assert float(tf.reduce_min(value)) < 0


def test_bits_that_are_free_move_nothing() -> None:
    model = make(free_bits=1e4)
    batch = batch_of(Spec(), PIXELS, 3)
    with tf.GradientTape() as tape:
        value, _ = model.losses(batch, noise=batch["noise"])["main"]["divergence"]
    np.testing.assert_array_equal(value, [64e4] * 3)
    slopes = tape.gradient(value, [each.value for each in model.trainable_variables], unconnected_gradients="zero")
    assert not any(np.any(slope) for slope in slopes)
    judged, _ = model.losses(batch, noise=None)["main"]["divergence"]
    assert float(tf.reduce_max(judged)) < 1e4  # nothing is free then


def test_soft_free_bits_weigh_the_divergence_so_that_it_comes_to_lambda(model: Any) -> None:
    batch, before = batch_of(Spec(), PIXELS, 3), model.get_weights()
    found = []
    for gamma in (1.0, 0.5):
        model.gamma.assign(gamma)
        found.append(model.losses(batch, noise=batch["noise"])["main"]["divergence"][0])
    np.testing.assert_allclose(0.5 * found[0], found[1], rtol=1e-5)
    zeros = {"first": tf.zeros([3]), "second": tf.ones([3]), "latents": tf.constant(10.0)}
    for share, factor in ((1.06, 1.1), (1.04, 1.0), (1.01, 1.0), (0.99, 0.9)):
        model.gamma.assign(0.5)
        told = {**zeros, "divergence": tf.constant(10 * 64 * RICH["soft_free_bits"] * share)}
        model.absorb(told)
        np.testing.assert_allclose(model.gamma, 0.5 * factor, rtol=1e-5)
        for _ in range(80):
            model.absorb(told)
        assert 0 < float(model.gamma) <= 1
    model.set_weights(before)


# --- options, replicas, training --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"window": (4, 2)}, r"window is \[4, 2\]; right are 0, or \[A, B\]"),
        ({"window": (1, 0)}, "of a pixel at least"),
        ({"window": (3, 8)}, "it reaches beyond"),
        ({"colourless": True}, "pictures have one channel; leave it out"),
        ({"free_bits": 0.1, "soft_free_bits": 0.1}, "one of them should be 0"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make(**options)


def test_pictures_of_other_levels_and_of_colours_without_a_window_are_refused() -> None:
    three = Spec({"pixels": Field(kind="continuous", shape=(8, 8, 1), levels=3)})
    colour = Spec({"pixels": Field(kind="continuous", shape=(8, 8, 3), levels=256)})
    with pytest.raises(ValueError, match="levels is 2, and the pictures have 3"):
        make(three, levels=2)
    with pytest.raises(ValueError, match="there is no window; leave it out"):
        make(colour, window=0, colourless=True)


@pytest.mark.exhaustive
def test_two_replicas_end_with_the_weights_of_one() -> None:
    """With flows, moments of latents, and γ, which every replica moves alike."""
    one, two = (trained(lambda: shaken(make(**RICH)), Spec(), PIXELS, strategy) for strategy in ("none", "mirrored"))
    assert difference(one, two) < 1e-5
    gamma = next(index for index, each in enumerate(make(**RICH).variables) if "gamma" in each.path)
    assert 0 < one[gamma] < 1


@pytest.mark.exhaustive
def test_an_interrupted_training_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole = learn(tmp_path / "whole", lambda: make(**RICH), **LOOP)[0]
    with pytest.raises(Interrupted):
        learn(tmp_path / "cut", lambda: make(**RICH), sample=stopping_at(10), **LOOP)
    again = learn(tmp_path / "cut", lambda: make(**RICH), **LOOP)[0]
    assert difference(weights(again), weights(whole)) == 0


@pytest.mark.exhaustive
@pytest.mark.parametrize("window", [0, (3, 1)])
def test_pictures_come_back(window: Any, tmp_path: Path) -> None:
    """The squares are four kinds of picture under noise: one of a trained model shows each as its kind."""
    options = {**LOOP, "steps": 400, "sample_every": 0, "learning_rate": 3e-3, "validate_every": 400,
               "checkpoint_every": 400, "steps_per_call": 50}  # fmt: skip
    model = learn(tmp_path, lambda: make(window=window, latent_dim=4), **options)[0]
    data = prepared()
    y = np.stack([data.example(int(index))[0]["y"]["pixels"] for index in data.indices("validation")[:12]])
    rep = {"latent": model.encode({}, {"pixels": y})["latent"].numpy()}
    for temperature in (0.0, 1.0):
        error = np.mean((model.sample(rep, seed=0, temperature=temperature)["pixels"] - y) ** 2)
        assert error < 0.3 * y.var(), (temperature, error, y.var())
    other = model.sample({"latent": rep["latent"][::-1]}, seed=0)["pixels"]
    assert np.mean((other - y) ** 2) > 3 * error
