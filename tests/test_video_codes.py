"""Codes over space and time, a grid of three axes, and the models that draw it; each as on one device as on two."""

from typing import Any

import numpy as np
import pytest
from grids import trained
from hypothesis import given
from hypothesis import strategies as st
from toy_pictures import shaken
from toy_watch import difference

from regenkit import Spec
from regenkit.models.maskgit import MaskGIT
from regenkit.models.transformer import Transformer
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import tokens
from regenkit_video.converter.fsq import fsq
from regenkit_video.converter.vqvae import vqvae
from regenkit_video.data.motion import moved, path
from regenkit_video.modality.clip import spec
from regenkit_video.networks.diffusion import FramesAsChannels
from regenkit_video.networks.spacetime import folded, unfolded

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
Y, X = spec(4, 16, 1), Spec({"label": tokens(2, scalar=True)})
SMALL: dict[str, Any] = {"condition": Spec(), "target": Y, "time_factor": 2, "width": 8}
MODELS = {"vqvae": lambda: vqvae(**SMALL, codebook_size=16), "fsq": lambda: fsq(**SMALL, levels=(4, 4))}


def clips(count: int = 6) -> np.ndarray:
    """Squares and bars that move."""
    found = []
    for number in range(count):
        image = np.full((6, 6), 230, np.uint8)
        image[:, 2 + 4 * (number % 2) :] = 0
        found.append(moved(image, path(number, 4, 10, (0.5, 2)).places, 16) / 127.5 - 1)
    return np.float32(found)


@given(st.sampled_from([(1, 2), (2, 2), (2, 4), (4, 1)]), st.integers(0, 99))
def test_folding_loses_nothing(block: tuple[int, int], seed: int) -> None:
    x = tf.constant(np.random.default_rng(seed).normal(size=(2, 4, 8, 8, 3)), tf.float32)
    small = folded(x, block)
    assert small.shape == (2, 4 // block[0], 8 // block[1], 8 // block[1], 3 * block[0] * block[1] ** 2)
    np.testing.assert_array_equal(unfolded(small, block), x)


@pytest.mark.parametrize("name", MODELS)
def test_codes_are_as_the_spec_says_and_its_density_is_a_gaussian_about_what_it_shows(name: str) -> None:
    keras.utils.set_random_seed(0)
    model, frames = MODELS[name](), tf.constant(clips())
    losses = model.losses({"condition": {}, "target": {"frames": frames}}, noise=tf.ones([6, 2], tf.int32))
    model.absorb(losses["statistics"])
    code = model.encode({}, {"frames": frames})["code"]
    assert code.shape == (6, 2, 4, 4) and int(tf.reduce_min(code)) >= 1
    model.spec.check({"code": code.numpy()[0]}, "an example")
    shown = model.sample({"code": code}, seed=0)["frames"]
    assert shown.shape == frames.shape and np.abs(shown).max() <= 1
    np.testing.assert_allclose(model.sample({"code": code[:1]}, seed=5)["frames"][0], shown[0], atol=1e-5)
    log_prob = model.field_log_prob({"code": code}, {"frames": frames})["frames"]
    variance = float(model.variance)
    squares = np.square(model._decode(code).numpy() - frames).sum((1, 2, 3, 4))
    expected = -0.5 * (squares / variance + shown[0].size * np.log(2 * np.pi * variance))
    np.testing.assert_allclose(log_prob, expected, rtol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_losses_statistics_and_gradients_are_sums_over_examples(name: str) -> None:
    """So they do not depend on how a batch is cut among replicas."""
    keras.utils.set_random_seed(0)
    model, frames = MODELS[name](), tf.constant(clips(5))
    seeds = tf.stack([tf.range(5), tf.range(5) + 7], 1)

    def found(rows: slice) -> Any:
        with tf.GradientTape() as tape:
            losses = model.losses({"condition": {}, "target": {"frames": frames[rows]}}, noise=seeds[rows])
            total = tf.add_n([tf.reduce_sum(value) for value, _ in losses["main"].values()])
        slopes = tape.gradient(total, [each.value for each in model.trainable_variables])
        assert all(slope is not None for slope in slopes)
        return tf.nest.flatten((losses["statistics"], slopes))

    for one, two, three in zip(*(found(rows) for rows in (slice(0, 5), slice(0, 2), slice(2, 5))), strict=True):
        np.testing.assert_allclose(one, two + three, rtol=1e-3, atol=2e-3)


@pytest.mark.exhaustive(minutes=0.5)
@pytest.mark.parametrize("name", MODELS)
def test_two_replicas_learn_as_one(name: str) -> None:
    one, two = (trained(lambda: shaken(MODELS[name]()), Spec(), Y, strategy) for strategy in ("none", "mirrored"))
    assert difference(one, two) < 1e-5


@pytest.mark.parametrize("kind", [Transformer, MaskGIT])
def test_a_grid_of_three_axes_is_drawn(kind: Any) -> None:
    keras.utils.set_random_seed(0)
    code = MODELS["vqvae"]().spec
    model = kind(condition=X, target=code, width=16, depth=1, heads=2, dropout=0.0)
    condition = {"label": tf.constant([1, 2, 2])}
    drawn = model.sample(condition, seed=3)["code"]
    assert drawn.shape == (3, 2, 4, 4) and drawn.min() >= 1 and drawn.max() <= 16
    np.testing.assert_array_equal(drawn, model.sample(condition, seed=3)["code"])
    seeds = tf.constant([[1, 2], [3, 4], [5, 6]])
    batch = {"condition": condition, "target": {"code": tf.constant(drawn)}}
    ((value, weight),) = model.losses(batch, noise=seeds)["main"].values()
    assert value.shape == weight.shape == (3,) and np.isfinite(value).all()


def test_diffusion_of_frames_as_channels() -> None:
    keras.utils.set_random_seed(0)
    model = FramesAsChannels(condition=X, target=Y, width=8, depth=1)
    frames = tf.constant(np.random.default_rng(0).uniform(-1, 1, (3, 4, 16, 16, 1)), tf.float32)
    flat = model._flat(frames)
    assert flat.shape == (3, 16, 16, 4)
    np.testing.assert_array_equal(flat[0, 5, 7], frames[0, :, 5, 7, 0])
    condition = {"label": tf.constant([1, 2, 2])}
    losses = model.losses({"condition": condition, "target": {"frames": frames}}, noise=tf.ones([3, 2], tf.int32))
    model.absorb(losses["statistics"])
    drawn = model.sample(condition, seed=0, steps=2)["frames"]
    assert drawn.shape == (3, 4, 16, 16, 1) and np.isfinite(drawn).all()
    np.testing.assert_array_equal(drawn, model.sample(condition, seed=0, steps=2)["frames"])


@pytest.mark.parametrize(("options", "said"), [({"time_factor": 8}, "time_factor 8 does not divide 4 frames"),
                                               ({"target": spec(4, 12, 1), "factor": 8}, "factor 8 does not divide"),
                                               ({"target": X}, "one field of frames, not label")])  # fmt: skip
def test_what_does_not_fit_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        vqvae(**{**SMALL, **options})
