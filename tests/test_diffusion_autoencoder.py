"""The diffusion autoencoder: what its vector keeps, what its noise keeps, and that both together are the picture.

That losses, replicas and an interruption do with it as with any learned Y′: `test_image_autoencoders`.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_cli import regenkit
from test_image_run import RECIPE, shapes
from toy_pictures import CODES, PIXELS, batch_of

from regenkit import Spec
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.train_settings import TrainSettings
from regenkit.spec import Field
from regenkit.training.state import State
from regenkit.training.step import TrainStep
from regenkit_image.converter.diffusion_autoencoder import DiffusionAutoencoder

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
LEARNED = pytest.mark.exhaustive(minutes=0.5)  # of a model that was trained for 800 steps
COUNT = 6


def make(target: Spec = PIXELS, **options: Any) -> DiffusionAutoencoder:
    options = {"latent_dim": 4, "factor": 2, "encoder_width": 8, "width": 16, **options}
    return DiffusionAutoencoder(condition=Spec(), target=target, **options)


@pytest.fixture(scope="module")
def y() -> np.ndarray:
    """Pictures without detail that a few numbers could not hold."""
    coarse = np.random.default_rng(3).uniform(-0.9, 0.9, (COUNT, 3, 3, 1))
    return np.asarray(tf.image.resize(coarse, (8, 8)), np.float32)


@pytest.fixture(scope="module")
def model(y: np.ndarray) -> DiffusionAutoencoder:
    """Trained on these alone."""
    keras.utils.set_random_seed(0)
    settings = TrainSettings(warmup_steps=20, steps=800, learning_rate=8e-3, ema=0.0)
    state = State(made := make(), settings)
    seeds = np.random.default_rng(0).integers(0, 2**31, (50 * COUNT, 2)).astype(np.int32)
    data = {"condition": {}, "target": {"pixels": np.tile(y, (50, 1, 1, 1))}, "noise": seeds}
    batches = tf.data.Dataset.from_tensor_slices(data).batch(5 * COUNT, drop_remainder=True).repeat()
    TrainStep(state, tf.distribute.get_strategy(), settings)(iter(batches), tf.constant(800))
    return made


@pytest.fixture(scope="module")
def semantic(model: DiffusionAutoencoder, y: np.ndarray) -> np.ndarray:
    return np.asarray(model.encode({}, {"pixels": y})["semantic"])


def error(one: np.ndarray, other: np.ndarray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean((one - other) ** 2)))


@LEARNED
def test_y_prime_is_standardised(model: DiffusionAutoencoder, semantic: np.ndarray) -> None:
    assert semantic.shape == (COUNT, 4) and semantic.dtype == np.float32
    model.spec.check({"semantic": semantic[0]}, "an example")
    np.testing.assert_allclose(semantic.mean(0), 0, atol=0.2)
    np.testing.assert_allclose(semantic.std(0), 1, atol=0.2)


@LEARNED
def test_a_picture_comes_back_from_its_vector_alone(
    model: DiffusionAutoencoder, y: np.ndarray, semantic: np.ndarray
) -> None:
    drawn = [model.sample({"semantic": semantic}, seed=seed)["pixels"] for seed in range(3)]
    apart = np.array([[[error(one, other) for other in y] for one in each] for each in drawn]).mean(0)
    assert (apart.argmin(1) == np.arange(COUNT)).all()
    assert np.diag(apart).mean() < 0.5 * apart[~np.eye(COUNT, dtype=bool)].mean()


@LEARNED
def test_from_vector_and_noise_it_comes_back_the_nearer_the_more_steps(
    model: DiffusionAutoencoder, y: np.ndarray, semantic: np.ndarray
) -> None:
    errors = []
    for steps in (10, 40, 160):
        noise = model.invert(y, semantic, steps)
        assert noise.shape == y.shape and noise.dtype == np.float32
        errors.append(error(model.decode(semantic, noise, steps), y))
    assert errors[1] < 0.5 * errors[0] and errors[2] < 0.5 * errors[1]
    assert errors[2] < 0.1 * error(model.sample({"semantic": semantic}, seed=0, steps=160)["pixels"], y)
    assert error(model.decode(semantic[::-1], noise, 160), y) > 0.2  # the noise alone is not the picture


@LEARNED
def test_a_step_is_of_second_order(model: DiffusionAutoencoder, semantic: np.ndarray) -> None:
    noise = np.random.default_rng(0).normal(size=(COUNT, 8, 8, 1)).astype(np.float32)
    found = [model.decode(semantic, noise, steps) for steps in (64, 128, 512)]
    assert error(found[1], found[2]) < 0.35 * error(found[0], found[2])


@LEARNED
def test_one_seed_one_picture_whatever_stands_beside_it(model: DiffusionAutoencoder, semantic: np.ndarray) -> None:
    rep = {"semantic": semantic}
    drawn = model.sample(rep, seed=5)["pixels"]
    assert drawn.shape == (COUNT, 8, 8, 1) and drawn.dtype == np.float32 and np.abs(drawn).max() <= 1
    np.testing.assert_array_equal(drawn, model.sample(rep, seed=5)["pixels"])
    np.testing.assert_allclose(drawn[:2], model.sample({"semantic": semantic[:2]}, seed=5)["pixels"], atol=1e-4)
    assert error(drawn, model.sample(rep, seed=6)["pixels"]) > 1e-3
    typical = [model.sample(rep, seed=seed, temperature=0.0)["pixels"] for seed in (5, 6)]
    np.testing.assert_array_equal(*typical)
    assert model.sample({"semantic": semantic[:0]}, seed=5)["pixels"].shape == (0, 8, 8, 1)


@LEARNED
def test_evaluation_is_the_same_every_time_and_there_is_no_density(model: DiffusionAutoencoder) -> None:
    batch = batch_of(Spec(), PIXELS, 3)
    terms = [model.losses(batch, noise=None) for _ in range(2)]
    assert [*terms[0]] == ["main"] and [*terms[0]["main"]] == ["error"]
    np.testing.assert_array_equal(*(each["main"]["error"][0] for each in terms))
    assert not hasattr(model, "field_log_prob")


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        (PIXELS, {"latent_dim": 17}, "latent_dim 17; right are 1 to 16, the decoder's width"),
        (PIXELS, {"factor": 16}, "factor 16 does not divide pictures of 8 × 8 evenly; right are 2, 4"),
        (PIXELS, {"width": 20}, "width is 20; right is a multiple of 8"),
        (
            Spec({"it": Field(kind="continuous", shape=(64, 64, 3))}),
            {"width": 48},
            "of a patch, 48 numbers, .* 96 or more",
        ),
        (CODES, {}, "one field of pixels, not code"),
        (Spec({"it": Field(kind="continuous", shape=(8, 8))}), {}, "takes \\(height, width, channels\\)"),
    ],
)
def test_what_is_refused(target: Spec, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make(target, **options)


@pytest.mark.exhaustive
def test_a_recipe_with_its_own_decoder_as_renderer(tmp_path: Path) -> None:
    """Vectors drawn from a label by an MLP, rendered by the converter's decoder; as a user types it."""
    shapes(tmp_path / "shapes")
    lines = RECIPE.replace("image/downsample, factor: 4", "image/diffusion_autoencoder, latent_dim: 4, width: 8")
    own = "renderer: {use: converter}"
    lines = lines.replace("renderer: {use: diffusion, width: 8, depth: 1, sample: {steps: 2}}", own)
    (tmp_path / "shapes.yaml").write_text(lines)
    assert "done; samples" in regenkit("train", "shapes.yaml", cwd=tmp_path).stdout
    made = []
    for name in ("one.png", "two.png"):
        regenkit("generate", "runs/shapes/1", "--input", "square", "--seed", "3", "--output", name, cwd=tmp_path)
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    regenkit("convert", "runs/shapes/1", "one.png", "--output", "one.yaml", cwd=tmp_path)
    assert "semantic" in (tmp_path / "one.yaml").read_text()
