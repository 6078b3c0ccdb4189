"""The normalising flow: an inverse, a determinant and a density that are what they are said to be."""

from pathlib import Path

import numpy as np
import pytest
from toy_job import weights
from toy_pictures import (
    CAPTION,
    CODES,
    LABEL,
    LATENT,
    PIXELS,
    VECTOR,
    batch_of,
    built,
    check_examples_stand_alone,
    learn,
    prepared,
)  # fmt: skip
from toy_watch import difference

from regenkit.distribute import make_strategy
from regenkit.models.normalizing_flow import NormalizingFlow
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
SMALL = {"width": 8, "depth": 2}
PLANE = Spec({"point": Field(kind="continuous", shape=(2,))})
LONG = pytest.mark.exhaustive(minutes=0.2)
CASES = [pytest.param(LABEL, PIXELS, marks=LONG), (CODES | LABEL, LATENT), pytest.param(CAPTION, VECTOR, marks=LONG)]


@pytest.mark.exhaustive(minutes=0.2)
@pytest.mark.parametrize(("condition", "target"), CASES)
def test_examples_stand_alone(condition: Spec, target: Spec) -> None:
    check_examples_stand_alone(built(NormalizingFlow, condition, target, **SMALL), condition, target)


@pytest.mark.parametrize(
    ("condition", "target"),
    [*CASES, (CODES, Spec({"picture": Field(kind="continuous", shape=(16, 16, 1))})), (LABEL, PLANE)],
)
def test_it_is_inverted(condition: Spec, target: Spec) -> None:
    model = built(NormalizingFlow, condition, target, **SMALL)
    batch = batch_of(condition, target, 3)
    value = batch["target"][model.field]
    found, _ = model.encode(batch["condition"], value)
    assert sum(int(np.prod(each.shape[1:])) for each in found) == model.size
    np.testing.assert_allclose(model.decode(batch["condition"], found), value, atol=1e-5)


@pytest.mark.parametrize(("condition", "target"), [(CODES, LATENT), (LABEL, VECTOR), (LABEL, PIXELS)])
def test_its_determinant_is_that_of_its_derivative(condition: Spec, target: Spec) -> None:
    model = built(NormalizingFlow, condition, target, **SMALL)
    batch = batch_of(condition, target, 2)
    value = batch["target"][model.field]

    @tf.function(autograph=False)
    def derivative(value: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(value)
            found, determinant = model.encode(batch["condition"], value)
            flat = tf.concat([tf.reshape(each, [2, -1]) for each in found], 1)
        return tape.batch_jacobian(flat, value), determinant

    matrix, determinant = derivative(value)
    expected = np.linalg.slogdet(np.float64(matrix).reshape(2, model.size, model.size))[1]
    np.testing.assert_allclose(determinant, expected, rtol=1e-4, atol=1e-3)


def test_its_density_integrates_to_one() -> None:
    """Over a plane, for two conditions."""
    model = built(NormalizingFlow, LABEL, PLANE, **SMALL)
    axis = np.linspace(-15, 15, 301, dtype=np.float32)
    points = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    densities = []
    for label in (1, 3):
        condition = {"label": tf.fill([len(points)], label)}
        densities.append(np.exp(model.field_log_prob(condition, {"point": tf.constant(points)})["point"]))
        assert densities[-1].sum() * (axis[1] - axis[0]) ** 2 == pytest.approx(1, abs=2e-3)
    assert np.abs(densities[0] - densities[1]).max() > 1e-4


def test_targets_that_it_can_not_predict() -> None:
    with pytest.raises(ValueError, match="one number a place"):
        NormalizingFlow(condition=LABEL, target=Spec({"depth": Field(kind="continuous", shape=(7, 7, 1))}))
    with pytest.raises(ValueError, match="one continuous field of fixed shape"):
        NormalizingFlow(condition=LABEL, target=CODES)


@pytest.mark.exhaustive
def test_it_learns_on_two_replicas_as_on_one(tmp_path: Path) -> None:
    """And what it learns; the bits of 256 levels, of which noise takes 60."""

    def build() -> NormalizingFlow:
        return NormalizingFlow(condition=LABEL, target=PIXELS, **SMALL)

    alone, _ = learn(tmp_path / "one", build)
    both, _ = learn(tmp_path / "two", build, strategy=make_strategy("mirrored"))
    assert difference(weights(alone), weights(both)) < 1e-5
    model, result = learn(tmp_path / "longer", build, steps=400, learning_rate=1e-2, validate_every=400,
                          checkpoint_every=400, batch_size=16, steps_per_call=50)  # fmt: skip
    bits = (result["validation"] - np.log(2 / 255)) / np.log(2)
    assert np.log2(60) < bits < 7.5, bits
    sides = [prepared().example(index)[0] for index in range(len(prepared().split))]
    pairs = [(each["x"]["label"], each["y"]["pixels"]) for each in sides if each["x"] and each["y"]]
    labels, pixels = np.array([label for label, _ in pairs]), np.stack([picture for _, picture in pairs])
    likely = [model.field_log_prob({"label": np.full(len(pairs), label, np.int32)}, {"pixels": pixels})["pixels"]
              for label in range(1, 5)]  # fmt: skip
    heard = (np.argmax(likely, 0) + 1 == labels).mean()
    assert heard > 0.6, heard  # by chance 0.25; its samples are not sure of their quarter yet
