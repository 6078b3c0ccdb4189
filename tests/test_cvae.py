"""The conditional variational auto-encoder: what it refuses, learns and draws."""

from pathlib import Path

import numpy as np
import pytest
from toy_job import weights
from toy_pictures import (
    CAPTION,
    CODES,
    GENERATOR,
    LABEL,
    LATENT,
    PIXELS,
    RENDERER,
    VECTOR,
    batch_of,
    built,
    check_examples_stand_alone,
    learn,
)  # fmt: skip
from toy_watch import difference

from regenkit.distribute import make_strategy
from regenkit.models.cvae import CVAE
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit.training.train import computing_in

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
SMALL = {"width": 8, "latent_dim": 4}


PAIRS = [(LABEL, PIXELS), (CODES | LABEL, LATENT), (CAPTION, VECTOR)]


@pytest.mark.exhaustive(minutes=0.2)
@pytest.mark.parametrize(("condition", "target"), PAIRS)
def test_examples_stand_alone(condition: Spec, target: Spec) -> None:
    check_examples_stand_alone(built(CVAE, condition, target, **SMALL), condition, target)


def test_targets_that_it_can_not_predict() -> None:
    for target in (CODES, CAPTION, PIXELS | LATENT, Spec()):
        with pytest.raises(ValueError, match="one continuous field of fixed shape"):
            CVAE(condition=LABEL, target=target)
    with pytest.raises(ValueError, match="code of the condition is a grid"):
        CVAE(condition=CODES, target=VECTOR)


def test_the_bound_is_below_the_density() -> None:
    """Of two-dimensional vectors, whose density is known by averaging over many z of the prior."""
    target = Spec({"vector": Field(kind="continuous", shape=(2,))})
    model = built(CVAE, LABEL, target, width=8, latent_dim=2)
    model.variance.assign(0.5)
    batch = batch_of(LABEL, target, 16)
    bound = float(tf.reduce_mean(model.field_log_prob(batch["condition"], batch["target"])["vector"]))
    many = {"label": tf.repeat(batch["condition"]["label"], 400)}
    seeds = tf.stack([tf.zeros([6400], tf.int32), tf.range(6400)], 1)
    mean = tf.reshape(model.drawn(many, seeds, tf.constant(1.0)), [16, 400, 2])
    square = tf.reduce_sum((batch["target"]["vector"][:, None] - mean) ** 2, 2)
    density = float(tf.reduce_mean(tf.reduce_logsumexp(-square - np.log(np.pi * 400), 1)))
    assert bound < density + 0.1, (bound, density)


def test_a_large_map_is_averaged_in_half_precision_too() -> None:
    """A mean of its 16,384 places that is reckoned in float16 is half of what it should be."""
    picture = Spec({"picture": Field(kind="continuous", shape=(128, 128, 1))})
    pixels = Spec({"pixels": Field(kind="continuous", shape=(128, 128, 1))})
    found, weights = {}, None
    for precision in ("float32", "float16"):
        with computing_in(precision):
            model = built(CVAE, picture, pixels, **SMALL)
        weights = weights or [each + np.float32(0.1) for each in model.get_weights()]
        model.set_weights(weights)
        seen = model.known({"picture": np.ones((1, 128, 128, 1), np.float32)}, tf.constant(1), None)
        found[precision] = model._gaussian(model.prior, model.prior_out, *seen)[0]
    np.testing.assert_allclose(found["float16"], found["float32"], rtol=0.02)


def test_free_bits_cost_nothing_and_only_in_training() -> None:
    model = built(CVAE, LABEL, PIXELS, **SMALL, free_bits=100.0)
    batch = batch_of(LABEL, PIXELS, 3)
    in_training = model.losses(batch, noise=batch["noise"])["main"]["divergence"][0]
    np.testing.assert_allclose(in_training, 4 * 100.0 / 64, rtol=1e-5)
    assert (model.losses(batch, noise=None)["main"]["divergence"][0].numpy() < 4 * 100.0 / 64).all()


@pytest.mark.exhaustive
def test_it_learns_on_two_replicas_as_on_one(tmp_path: Path) -> None:
    """And what it learns: which quarter is bright, how large its error is; temperature 0 is the likeliest z."""

    def build() -> CVAE:
        return CVAE(condition=LABEL, target=PIXELS, **SMALL)

    alone, _ = learn(tmp_path / "one", build)
    both, _ = learn(tmp_path / "two", build, strategy=make_strategy("mirrored"))
    assert difference(weights(alone), weights(both)) < 1e-5
    model, result = learn(tmp_path / "longer", build, steps=150, learning_rate=1e-2, validate_every=150,
                          checkpoint_every=150, batch_size=16, steps_per_call=50)  # fmt: skip
    assert result["validation"] < 1.0
    drawn = model.sample({"label": np.arange(1, 5, dtype=np.int32)}, seed=0, temperature=0.0)["pixels"]
    quarters = drawn.reshape(4, 2, 4, 2, 4).mean((2, 4)).reshape(4, 4)
    assert (quarters.argmax(1) == np.arange(4)).all(), quarters
    assert 0.005 < float(model.variance.numpy()) < 0.2


@pytest.mark.exhaustive
def test_a_renderer_of_codes(tmp_path: Path) -> None:
    model, result = learn(tmp_path, lambda: CVAE(condition=CODES, target=PIXELS, **SMALL), RENDERER)
    assert result["steps"] == 20 and np.isfinite(result["validation"])
    assert GENERATOR[1].spec == model.target
