"""Learned Y′ of pictures: what every one of them keeps, whatever is between its encoder and its decoder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from grids import trained
from toy_job import weights
from toy_pictures import PIXELS, batch_of, cut, learn, prepared, shaken
from toy_watch import difference, stopping_at

from regenkit import Spec, UserError
from regenkit.errors import Interrupted
from regenkit.pipeline.editing import parsed, text_of
from regenkit.pipeline.learned import Learned
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field
from regenkit.stages import Side
from regenkit_image.converter.autoencoder import autoencoder
from regenkit_image.converter.diffusion_autoencoder import DiffusionAutoencoder
from regenkit_image.converter.fsq import fsq
from regenkit_image.converter.rvq import rvq
from regenkit_image.converter.vae import vae
from regenkit_image.converter.vqgan import vqgan
from regenkit_image.converter.vqvae import vqvae
from regenkit_image.converter.vqvae2 import vqvae2

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
Y = (Side(spec=Spec(), source={}), Side(spec=PIXELS, source={"pixels": "y"}))
SMALL: dict[str, Any] = {"factor": 2, "width": 8}
MODELS: dict[str, tuple[Callable[..., Any], dict[str, Any], dict[str, tuple[int, ...]]]] = {
    "autoencoder": (autoencoder, {"noise": 0.2, "latent_dim": 3}, {"latent": (4, 4, 3)}),
    "vae": (vae, {"free_bits": 0.5, "latent_dim": 3}, {"latent": (4, 4, 3)}),
    "vqvae": (vqvae, {"codebook_size": 24}, {"code": (4, 4)}),
    "fsq": (fsq, {"levels": (4, 3, 5)}, {"code": (4, 4)}),
    "rvq": (rvq, {"codebook_size": 12, "num_quantizers": 3}, {"code1": (4, 4), "code2": (4, 4), "code3": (4, 4)}),
    "vqgan": (vqgan, {"codebook_size": 24, "disc_start": 2}, {"code": (4, 4)}),
    "vqvae2": (vqvae2, {"codebook_size": 24}, {"top": (2, 2), "bottom": (4, 4)}),
    "diffusion_autoencoder": (
        DiffusionAutoencoder,
        {"latent_dim": 5, "encoder_width": 8},
        {"semantic": (5,)},
    ),
}
SHOW = [name for name in MODELS if name != "diffusion_autoencoder"]
"""Those whose decoder shows one picture of a Y′; what draws one has tests of its own."""
LOOP: dict[str, Any] = {"between": Y, "sample_every": 5}


def make(name: str, target: Spec = PIXELS, **options: Any) -> Any:
    model, own, _ = MODELS[name]
    return model(condition=Spec(), target=target, **{**SMALL, **own, **options})


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    """One of each, a few updates of their statistics old."""
    found = {}
    for index, name in enumerate(MODELS):
        keras.utils.set_random_seed(index)
        found[name] = model = shaken(make(name))
        for seed in range(6):
            batch = batch_of(Spec(), PIXELS, 8, seed)
            model.absorb(model.losses(batch, noise=batch["noise"])["statistics"])
    return found


def pixels(count: int = 6) -> np.ndarray:
    data = prepared()
    return np.stack([data.example(int(index))[0]["y"]["pixels"] for index in data.indices("validation")[:count]])


def rep_of(model: Any, y: np.ndarray) -> dict[str, np.ndarray]:
    return {name: np.asarray(value) for name, value in model.encode({}, {"pixels": y}).items()}


def in_half(name: str, policy: str) -> Any:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return make(name)
    finally:
        keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", MODELS)
def test_it_learns_under_half_precision(name: str, policy: str) -> None:
    model, batch = in_half(name, policy), batch_of(Spec(), PIXELS, 4, 0)
    losses = model.losses(batch, noise=batch["noise"])
    model.absorb(losses.pop("statistics"))
    assert all(np.isfinite(value).all() for group in losses.values() for value, _ in group.values())
    assert all(np.isfinite(variable.numpy()).all() for variable in model.variables)


@pytest.mark.exhaustive(minutes=0.2)
@pytest.mark.parametrize("name", ["autoencoder", "vae"])
def test_its_y_prime_is_not_rounded_under_half_precision(name: str, models: dict) -> None:
    half = in_half(name, "mixed_bfloat16")
    half.set_weights(models[name].get_weights())
    rep, whole = (rep_of(model, pixels())["latent"] for model in (half, models[name]))
    assert rep.dtype == np.float32
    np.testing.assert_allclose(rep, whole, atol=0.1)


@pytest.mark.parametrize("name", SHOW)
def test_its_y_prime_is_as_its_spec_says_and_is_decoded_example_by_example(models: dict, name: str) -> None:
    model, y = models[name], pixels()
    rep = rep_of(model, y)
    assert {name: field.shape for name, field in model.spec.items()} == MODELS[name][2]
    for index in range(len(y)):
        model.spec.check({name: value[index] for name, value in rep.items()}, "an example")
        for field, value in rep.items():
            np.testing.assert_allclose(rep_of(model, y[index : index + 1])[field][0], value[index], atol=1e-5)
    assert all(value.min() >= 1 for name, value in rep.items() if model.spec[name].vocabulary)
    shown = model.sample(rep, seed=0)["pixels"]
    assert shown.shape == y.shape and shown.dtype == np.float32 and np.abs(shown).max() <= 1
    np.testing.assert_array_equal(shown, model.sample(rep, seed=1, temperature=0.3)["pixels"])
    first = model.sample({name: value[:1] for name, value in rep.items()}, seed=0)["pixels"]
    np.testing.assert_allclose(first, shown[:1], atol=1e-5)
    assert np.abs(shown[0] - shown[1]).max() > 1e-3  # another Y′, another picture


@pytest.mark.parametrize("name", [name for name in SHOW if name != "vqgan"])
def test_its_density_is_a_gaussian_about_what_it_shows(models: dict, name: str) -> None:
    model = models[name]
    rep = rep_of(model, pixels())
    mean, scale = np.asarray(model.decode(rep)), 0.5 * np.ones(1)
    variance = float(model.reconstruction.variance)
    assert 1e-3 < variance < 4
    y = np.float32(mean + scale)
    log_prob = model.field_log_prob(rep, {"pixels": tf.constant(y)})["pixels"]
    expected = -0.5 * 64 * (0.25 / variance + np.log(2 * np.pi * variance))
    np.testing.assert_allclose(log_prob, np.full(len(y), expected), rtol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_losses_statistics_and_gradients_are_sums_over_examples(models: dict, name: str) -> None:
    """So they do not depend on how a batch is cut among replicas."""
    model, batch = models[name], batch_of(Spec(), PIXELS, 5)
    groups = getattr(model, "groups", lambda: {"main": model.trainable_variables})()

    def losses(part: Any, noise: Any) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            found = dict(model.losses(part, noise=noise))
            statistics = found.pop("statistics", {})
            totals = {group: sum(tf.reduce_sum(value) for value, _ in terms.values())
                      for group, terms in found.items()}  # fmt: skip
        slopes = {group: tape.gradient(total, [each.value for each in groups[group]])
                  for group, total in totals.items()} if noise is not None else {}  # fmt: skip
        return found, statistics, slopes

    for training in (True, False):
        noise = batch["noise"] if training else None
        whole, statistics, slopes = losses(batch, noise)
        parts = [losses(cut(batch, rows), noise[rows] if training else None)
                 for rows in (slice(0, 2), slice(2, 5))]  # fmt: skip
        for group, terms in whole.items():
            for term, (value, weight) in terms.items():
                assert value.shape == weight.shape == (5,) and value.dtype == weight.dtype == tf.float32
                rest = np.concatenate([part[0][group][term][0] for part in parts])
                np.testing.assert_allclose(value, rest, rtol=1e-4, atol=1e-4)
        assert bool(statistics) == bool(slopes) == training
        for everything, which in ((statistics, 1), (slopes, 2)):
            summed = tf.nest.map_structure(lambda *values: sum(values), *(part[which] for part in parts))
            for one, other in zip(tf.nest.flatten(everything), tf.nest.flatten(summed), strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)
    for group, variables in groups.items():
        moved = sum(float(tf.reduce_max(tf.abs(slope))) > 0 for slope in losses(batch, batch["noise"])[2][group])
        assert moved >= len(variables) - 1, (group, moved)  # what a hinge says of real and shown may cancel in a bias


def test_y_prime_as_text_comes_back_and_a_code_that_is_none_is_refused(models: dict) -> None:
    model = models["rvq"]
    learned = Learned(y=PIXELS, latent=model.spec, version=1, stage=lambda _: model, folder=None, again=lambda _: None)
    rep = learned.convert({"pixels": pixels()[0]})
    again, _ = parsed(learned, text_of(learned, rep, {}))
    assert all((again[name] == rep[name]).all() for name in rep)
    rep["code2"] = rep["code2"].copy()
    rep["code2"][1, 2] = 13
    with pytest.raises(UserError, match=r"code2 holds .*13, its tokens are 1…12"):
        parsed(learned, text_of(learned, rep, {}))


@pytest.mark.parametrize(
    ("name", "shape", "factor", "said"),
    [
        ("vqvae", (28, 28, 1), 8, "right are 2, 4"),
        ("vqvae2", (28, 28, 1), 4, "right are 2"),
        ("vae", (30, 20, 3), 4, "right are 2"),
        ("fsq", (9, 9, 1), 2, "none does"),
        ("autoencoder", (28, 28), 2, "takes \\(height, width, channels\\)"),
    ],
)
def test_what_cannot_be_halved_is_refused(name: str, shape: tuple, factor: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make(name, Spec({"it": Field(kind="continuous", shape=shape)}), factor=factor)


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="one field of pixels, not code"):
        make("vqvae", Spec({"code": Field(vocabulary=3, shape=(8, 8))}))
    with pytest.raises(ValueError, match=r"levels is \[8, 2\]; right are"):
        make("fsq", levels=(8, 2))
    with pytest.raises(ValueError, match=r"that is 1,099,511,627,776 codes; right are at most 2,147,483,647"):
        make("fsq", levels=(256,) * 5)


@pytest.mark.exhaustive(minutes=0.5)
@pytest.mark.parametrize("name", MODELS)
def test_two_replicas_end_with_the_weights_of_one(name: str) -> None:
    """Codebooks that revive their dead, moments of latents, two optimisers and the weight between their terms."""
    # shaken: where a block begins as the identity, a slope may be rounding alone, and Adam makes it a step
    one, two = (trained(lambda: shaken(make(name)), Spec(), PIXELS, strategy) for strategy in ("none", "mirrored"))
    assert difference(one, two) < 1e-5


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["vae", "vqgan", "diffusion_autoencoder"])
def test_an_interrupted_training_ends_as_if_it_had_not_been(name: str, tmp_path: Path) -> None:
    whole = learn(tmp_path / "whole", lambda: make(name), **LOOP)[0]
    with pytest.raises(Interrupted):
        learn(tmp_path / "cut", lambda: make(name), sample=stopping_at(10), **LOOP)
    again = learn(tmp_path / "cut", lambda: make(name), **LOOP)[0]
    assert difference(weights(again), weights(whole)) == 0


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", SHOW)
def test_pictures_come_back(name: str, tmp_path: Path) -> None:
    """The squares are four kinds of picture under noise: a trained model shows each as its kind."""
    model = learn(tmp_path, lambda: make(name), **{**LOOP, "steps": 300, "sample_every": 0, "learning_rate": 3e-3,
                  "validate_every": 300, "checkpoint_every": 300, "steps_per_call": 50})[0]  # fmt: skip
    y = pixels(12)
    rep = rep_of(model, y)
    error = np.mean((model.sample(rep, seed=0)["pixels"] - y) ** 2)
    assert error < 0.1 * y.var(), error
    other = model.sample({field: value[::-1] for field, value in rep.items()}, seed=0)["pixels"]
    assert np.mean((other - y) ** 2) > 3 * error
