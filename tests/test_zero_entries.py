"""A condition's entries of zeros are there where its mask says so, in drawing and in penalties as in losses."""

from typing import Any

import numpy as np
import pytest
from toy_pictures import CODES, PIXELS, built

from regenkit import Spec
from regenkit.models.cvae import CVAE
from regenkit.models.diffusion import Diffusion
from regenkit.models.gan import GAN
from regenkit.models.maskgit import MaskGIT
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field

PITCH = Spec({"pitch": Field(kind="continuous", shape=(None, 2))})
(MASK,) = (clock.mask for clock in PITCH.clocks)


def of(entries: int, count: int = 2) -> dict[str, tf.Tensor]:
    """Conditions of four entries, of which two are zeros; the mask knows so many."""
    pitch = tf.constant([[[1.0, -1.0], [0.5, 2.0], [0, 0], [0, 0]]] * count)
    return {"pitch": pitch, MASK: tf.constant([[number < entries for number in range(4)]] * count)}


@pytest.mark.parametrize(
    ("model", "target", "options"),
    [
        pytest.param(Diffusion, PIXELS, {"steps": 2, "guidance": 2.0}, marks=pytest.mark.exhaustive(minutes=0.2)),
        pytest.param(MaskGIT, CODES, {"steps": 1, "temperature": 8.0}, marks=pytest.mark.exhaustive(minutes=0.1)),
        (CVAE, PIXELS, {}),
    ],
)  # fmt: skip
def test_a_model_draws_by_the_mask(model: type, target: Spec, options: dict[str, Any]) -> None:
    count = 200 if model is MaskGIT else 2  # of the few tokens of one example none may be another
    network = built(model, PITCH, target, width=8)

    def drawn(condition: dict[str, tf.Tensor]) -> np.ndarray:
        (value,) = network.sample(condition, seed=0, **options).values()
        return value

    assert np.any(drawn(of(2, count)) != drawn(of(4, count)))
    # where there is no mask, zeros are absent
    np.testing.assert_allclose(drawn({"pitch": of(2, count)["pitch"]}), drawn(of(2, count)), atol=1e-5)


def test_a_gradient_is_penalised_under_the_condition_that_is_judged() -> None:
    model, random = built(GAN, PITCH, PIXELS, width=8), np.random.default_rng(0)
    picture = tf.constant(random.normal(size=(40, 8, 8, 1)), tf.float32)
    seeds = tf.stack([tf.zeros([40], tf.int32), tf.range(40)], 1)
    found = model._gradient_penalty(of(4, 40), (picture, picture), seeds).numpy()
    with tf.GradientTape() as tape:
        tape.watch(picture)
        judged = model._judge(of(4, 40), picture)
    slope = np.square(tape.gradient(judged, picture)).sum((1, 2, 3))
    counted = found > 0
    assert 0 < counted.sum() < 40
    np.testing.assert_allclose(found[counted], (model.penalty / 0.25 * slope)[counted], rtol=1e-3)
