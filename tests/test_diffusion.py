"""Diffusion and flow matching: their identities, their sampler, and what a stage has to keep to."""

from typing import Any

import numpy as np
import pytest
from grids import trained

from regenkit.layers.moments import Moments
from regenkit.models.diffusion import Diffusion
from regenkit.models.diffusion_schedule import Objective, alpha_sigma, denoised, steps_of, training_target, weight
from regenkit.models.transformer_heads import check_target
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec, tokens
from regenkit.training.losses import losses_of

OBJECTIVES: list[Objective] = ["epsilon", "velocity", "flow", "clean"]
LABEL = Spec({"label": tokens(3, scalar=True)})
PIXELS = Spec({"pixels": Field(kind="continuous", shape=(8, 8, 1))})
VECTOR = Spec({"place": Field(kind="continuous", shape=(2,)), "size": Field(kind="continuous", shape=())})
LOW = Spec({"low": Field(kind="continuous", shape=(4, 4, 1)), "code": Field(vocabulary=5, shape=(2, 2))})
SMALL: dict[str, Any] = {"width": 16, "depth": 1}


def stage(network: str = "auto", *, spread: float = 0.1, **options: Any) -> Diffusion:
    """Tiny, its weights spread, so that everything depends on everything."""
    keras.utils.set_random_seed(1)
    options = {"condition": LABEL, "target": VECTOR if network == "mlp" else PIXELS, **SMALL, **options}
    if network == "dit":
        options["width"] = 32
    model = Diffusion(network=network, **options)
    random = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(variable.numpy() + random.normal(0, spread, variable.shape))
    return model


def batch_of(model: Diffusion, count: int, seed: int = 0) -> dict[str, Any]:
    random = np.random.default_rng(seed)

    def side(spec: Spec) -> dict[str, np.ndarray]:
        return {
            name: random.integers(1, field.vocabulary + 1, (count, *field.shape)).astype(np.int32)
            if field.vocabulary else np.float32(random.normal(2, 3, (count, *field.shape)))
            for name, field in spec.items()
        }  # fmt: skip

    noise = np.stack([np.full(count, 7), np.arange(count)], 1).astype(np.int32)
    return {"condition": side(model.condition), "target": side(model.target), "noise": noise}


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_data_comes_back_from_what_is_wanted(objective: Objective) -> None:
    random = np.random.default_rng(0)
    clean, noise = (tf.constant(random.normal(size=[99])) for _ in range(2))
    alpha, sigma = alpha_sigma(objective, tf.constant(np.linspace(0.0, 0.99, 99)))
    x = alpha * clean + sigma * noise
    prediction = training_target(objective, clean, noise, alpha, sigma)
    np.testing.assert_allclose(denoised(objective, x, prediction, alpha, sigma), clean, atol=1e-10)


def test_an_error_in_clean_data_weighs_as_one_in_the_velocity() -> None:
    random = np.random.default_rng(0)
    clean, noise, prediction = (tf.constant(random.normal(size=[99])) for _ in range(3))
    alpha, sigma = alpha_sigma("clean", tf.constant(np.linspace(0.05, 1.0, 99)))
    velocity = (alpha * (alpha * clean + sigma * noise) - prediction) / sigma
    error = weight("clean", sigma) * (prediction - training_target("clean", clean, noise, alpha, sigma)) ** 2
    np.testing.assert_allclose(error, (velocity - training_target("velocity", clean, noise, alpha, sigma)) ** 2)


@pytest.mark.parametrize("size, width, objective", [(16, 16, "velocity"), (64, 32, "clean"), (64, 96, "velocity")])
def test_noise_of_a_large_patch_would_not_pass_through_a_narrow_network(
    size: int, width: int, objective: Objective
) -> None:
    target = Spec({"pixels": Field(kind="continuous", shape=(size, size, 3))})
    model = Diffusion(condition=Spec({"label": tokens(3, scalar=True)}), target=target, width=width, depth=1)
    assert model.objective == objective


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_sampler_with_a_true_denoiser_draws_the_data(objective: Objective) -> None:
    """Of x_0 ~ N(3, 0.5²) the best x_0 given x_t has a closed form."""
    mean, deviation = 3.0, 0.5
    x = before = np.random.default_rng(0).normal(size=100_000)
    steps = steps_of(objective, 30)
    alphas, sigmas = (scale.numpy() for scale in alpha_sigma(objective, tf.constant(steps.time)))
    for alpha, sigma, keep, take, ahead in zip(alphas, sigmas, *steps[1:], strict=True):
        gain = alpha * deviation**2 / (alpha**2 * deviation**2 + sigma**2)
        clean = mean + gain * (x - alpha * mean)
        x, before = keep * x + take * (clean + ahead * (clean - before)), clean
    assert abs(x.mean() - mean) < 0.03 and abs(x.std() - deviation) < 0.01, (x.mean(), x.std())


def test_moments_are_those_of_all_data_however_they_come() -> None:
    data = np.float32(np.random.default_rng(0).normal(50, [0.01, 3.0], [600, 4, 2]))
    moments = Moments(2)
    moments.build()
    for part in np.split(data, [1, 10, 300]):
        moments.absorb(moments.statistics(tf.constant(part)))
    np.testing.assert_allclose(moments.mean, data.mean((0, 1)), rtol=1e-5)
    np.testing.assert_allclose(np.sqrt(moments.variance), data.std((0, 1)), rtol=1e-3)
    np.testing.assert_allclose(moments.unnormalize(moments.standard(tf.constant(data))), data, rtol=1e-5)


@pytest.mark.parametrize("network", ["unet", "dit", "mlp"])
def test_an_example_is_judged_and_drawn_alike_in_any_company(network: str) -> None:
    model = stage(network)
    batch = batch_of(model, 5)
    whole = model.losses(batch, noise=None)["main"]["error"][0]
    alone = {key: {name: value[1:2] for name, value in batch[key].items()} for key in ("condition", "target")}
    np.testing.assert_allclose(model.losses(alone, noise=None)["main"]["error"][0], whole[1:2], rtol=1e-4)
    drawn = model.sample(batch["condition"], seed=3, guidance=2.0)
    for name, field in model.target.items():
        assert drawn[name].shape == (5, *field.shape) and drawn[name].dtype == np.float32
    few = model.sample({name: value[:2] for name, value in batch["condition"].items()}, seed=3, guidance=2.0)
    other = model.sample(batch["condition"], seed=4, guidance=2.0)
    for name in model.target:
        np.testing.assert_allclose(few[name], drawn[name][:2], atol=1e-3)
        assert np.abs(other[name] - drawn[name]).max() > 0.1
    (sampler,) = model.__dict__["_samplers"].values()
    assert sampler.experimental_get_tracing_count() == 1


def test_a_condition_that_is_a_grid_is_seen_where_it_is() -> None:
    model = stage(condition=LOW, patch=2)
    batch = batch_of(model, 1)["condition"]
    before = model.sample(batch, seed=0)["pixels"]
    batch["low"][0, 0, 0] += 10.0
    changed = np.abs(model.sample(batch, seed=0)["pixels"] - before)[0, :, :, 0]
    assert changed[:2, :2].mean() > 2 * changed[6:, 6:].mean() > 0


@pytest.mark.parametrize("network", ["unet", "dit", "mlp"])
def test_no_examples_have_no_gradient(network: str) -> None:
    model = stage(network)
    batch = batch_of(model, 0)
    with tf.GradientTape() as tape:
        losses, statistics = losses_of(model, batch, noise=tf.constant(batch["noise"]))
        total = tf.reduce_sum(losses["main"]["error"][0])
    for slope in tape.gradient(total, [variable.value for variable in model.trainable_variables]):
        assert slope is None or not np.any(tf.convert_to_tensor(slope))
    assert all(not np.any(value) for value in statistics.values())
    assert losses_of(model, batch, noise=None)[0]["main"]["error"][0].shape == (0,)


@pytest.mark.exhaustive(minutes=0.5)
@pytest.mark.parametrize("target", [VECTOR, PIXELS])
def test_one_replica_and_two(target: Spec) -> None:
    def build() -> Diffusion:
        return Diffusion(condition=LABEL, target=target, **SMALL)

    one, two = (trained(build, LABEL, target, strategy) for strategy in ("none", "mirrored"))
    for mine, other in zip(one, two, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5)


def test_half_precision_learns_as_well() -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = stage()
    finally:
        keras.config.set_dtype_policy(before)
    batch = batch_of(model, 4)
    half = model.losses(batch, noise=tf.constant(batch["noise"]))["main"]["error"][0]
    full = stage().losses(batch, noise=tf.constant(batch["noise"]))["main"]["error"][0]
    assert half.dtype == tf.float32
    np.testing.assert_allclose(half, full, rtol=0.05)


@pytest.mark.parametrize("objective", [
    "velocity", *(pytest.param(other, marks=pytest.mark.exhaustive(minutes=0.2)) for other in ("epsilon", "flow")),
    pytest.param("clean", marks=pytest.mark.exhaustive(minutes=0.2)),
])  # fmt: skip
def test_it_learns_where_each_label_lies(objective: Objective) -> None:
    """Three clusters of vectors, of scales far apart."""
    model = stage("mlp", objective=objective, spread=0.0, width=48, depth=2)
    centre = np.float32([[100, -0.02, 1], [300, 0.01, 2], [200, 0.03, 3]])
    spread = np.float32([10, 0.002, 0.1])
    random = np.random.default_rng(0)
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(5e-3, 400))

    @tf.function(autograph=False)
    def step(label: tf.Tensor, place: tf.Tensor, noise: tf.Tensor) -> None:
        batch = {"condition": {"label": label}, "target": {"place": place[:, :2], "size": place[:, 2]}}
        with tf.GradientTape() as tape:
            losses = model.losses(batch, noise=noise)
            error = tf.reduce_mean(losses["main"]["error"][0])
        optimizer.apply(tape.gradient(error, [v.value for v in model.trainable_variables]), model.trainable_variables)
        model.absorb(losses["statistics"])

    for number in range(400):
        label = random.integers(0, 3, 128)
        place = np.float32(centre[label] + spread * random.normal(size=[128, 3]))
        noise = np.stack([np.full(128, number), np.arange(128)], 1).astype(np.int32)
        step(tf.constant(label + 1, tf.int32), tf.constant(place), tf.constant(noise))
    label = np.repeat(np.int32([1, 2, 3]), 200)
    drawn = model.sample({"label": label}, seed=0, steps=20)
    found = np.concatenate([drawn["place"], drawn["size"][:, None]], 1)
    for number in range(3):
        cluster = (found[label == number + 1] - centre[number]) / spread
        assert np.abs(np.median(cluster, 0)).max() < 1, np.median(cluster, 0)
        low, high = np.percentile(cluster, [16, 84])
        assert 1 < high - low < 4, (low, high)  # of a Gaussian 2


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(ValueError, match="letters is tokens: use transformer"):
        Diffusion(condition=LABEL, target=Spec({"letters": Field(vocabulary=3, shape=(4,))}))
    steps = Spec({"mel": Field(kind="continuous", shape=(None, 4))})
    with pytest.raises(ValueError, match="mel has no fixed shape: use gaussian, where it is a vector a step"):
        Diffusion(condition=LABEL, target=steps)
    for target, use in ((VECTOR, "diffusion"), (steps, "gaussian, where")):
        with pytest.raises(ValueError, match=f"the transformer predicts tokens; .* is continuous: use {use}"):
            check_target(target)
    with pytest.raises(ValueError, match="vectors want mlp"):
        stage("unet", target=VECTOR)
    with pytest.raises(ValueError, match="patch 3 must divide"):
        stage(patch=3)
    with pytest.raises(ValueError, match="patch 2: vectors have no places"):
        stage(target=VECTOR, patch=2)
    with pytest.raises(ValueError, match="with a condition_dropout above 0"):
        stage(condition_dropout=0.0).sample({"label": np.int32([1])}, seed=0, guidance=2.0)
    with pytest.raises(ValueError, match="nothing can be given"):
        stage().sample({"label": np.int32([1])}, seed=0, given={"pixels": np.zeros([1, 8, 8, 1])})
