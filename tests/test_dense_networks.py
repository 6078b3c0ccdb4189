"""Networks of dense maps: their losses, what is not known, and that no example knows of another."""

from typing import Any

import numpy as np
import pytest
from toy_pictures import batch_of, cut, shaken

from regenkit import Spec
from regenkit.plugins import host
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field
from regenkit.stage import HasLikelihood, Predicts
from regenkit_dense.networks import losses
from regenkit_dense.networks.prediction import DensePrediction, unit

SIZE = 16
X = Spec({"pixels": Field(kind="continuous", shape=(SIZE, SIZE, 3), levels=256)})
Y = Spec({
    "classes": Field(vocabulary=3, shape=(SIZE, SIZE)),
    "depth": Field(kind="continuous", shape=(SIZE, SIZE, 1)),
    "normals": Field(kind="continuous", shape=(SIZE, SIZE, 3)),
})  # fmt: skip
NETWORKS: dict[str, dict[str, Any]] = {
    "dense/unet": {"width": 8},
    "dense/vit": {"width": 32, "depth": 1, "features": 8},
}


def built(name: str, target: Spec = Y, **options: Any) -> DensePrediction:
    keras.utils.set_random_seed(0)
    model: DensePrediction = shaken(host().find("generator", name).load()(condition=X, target=target, **options))
    return model


def batch(size: int = 3) -> Any:
    found = batch_of(X, Y, size)
    found["target"]["depth"] = tf.abs(found["target"]["depth"]) + 0.1
    found["target"]["normals"] = unit(found["target"]["normals"])
    return found


@pytest.mark.parametrize("name", ["dense/unet", pytest.param("dense/vit", marks=pytest.mark.exhaustive(minutes=0.2))])
def test_what_is_not_known_counts_nowhere(name: str) -> None:
    model, data = built(name, dice=0.5, **NETWORKS[name]), batch()
    rows = np.arange(SIZE) < 5
    hidden = {key: tf.where(tf.reshape(rows, [1, SIZE] + [1] * (value.shape.rank - 2)), value, tf.zeros_like(value))
              for key, value in data["target"].items()}  # fmt: skip
    before = model.losses({**data, "target": hidden}, noise=None)["main"]
    other = {key: tf.where(value == 0, tf.zeros_like(value), value) for key, value in hidden.items()}
    after = model.losses({**data, "target": other}, noise=None)["main"]
    assert set(before) == {"classes", "classes_dice", "depth", "normals"}
    for term, (value, weight) in before.items():
        np.testing.assert_array_equal(value, after[term][0])
        np.testing.assert_array_equal(weight, 5 * SIZE if term in ("classes", "normals") else 1)
    nothing = {key: tf.zeros_like(value) for key, value in data["target"].items()}
    for value, weight in model.losses({**data, "target": nothing}, noise=None)["main"].values():
        assert not np.any(value) and not np.any(weight)


@pytest.mark.parametrize("name", ["dense/unet", pytest.param("dense/vit", marks=pytest.mark.exhaustive(minutes=0.2))])
def test_examples_stand_alone_and_the_parts_of_a_batch_add_up(name: str) -> None:
    model, data = built(name, **NETWORKS[name]), batch(3)
    whole = model.losses(data, noise=data["noise"])["main"]
    drawn = model.sample(data["condition"], seed=1)
    for rows in (slice(0, 1), slice(1, 3)):
        part = model.losses(cut(data, rows), noise=data["noise"][rows])["main"]
        for term, pair in part.items():
            for one, other in zip(pair, whole[term], strict=True):
                np.testing.assert_allclose(one, other[rows], rtol=2e-4, atol=2e-4)
        for key, value in model.sample(cut(data["condition"], rows), seed=2).items():
            np.testing.assert_allclose(value, drawn[key][rows], atol=1e-4)
    assert {key: value.dtype for key, value in drawn.items()} == {"classes": np.int32, "depth": np.float32,
                                                                  "normals": np.float32}  # fmt: skip
    assert drawn["classes"].min() >= 1 and drawn["depth"].min() > 0
    np.testing.assert_allclose(np.linalg.norm(drawn["normals"], axis=-1), 1, atol=1e-3)


def test_the_likelihood_is_that_of_the_cross_entropy() -> None:
    model, data = built("dense/unet", Y.without(["depth", "normals"]), width=8), batch()
    assert isinstance(model, HasLikelihood) and isinstance(model, Predicts)
    value, _ = model.losses(data, noise=None)["main"]["classes"]
    np.testing.assert_allclose(-model.field_log_prob(data["condition"], data["target"])["classes"], value, rtol=1e-5)
    assert not isinstance(built("dense/unet", width=8), HasLikelihood)


def test_normals_begin_towards_the_camera() -> None:
    keras.utils.set_random_seed(0)
    model, data = host().find("generator", "dense/unet").load()(condition=X, target=Y, width=8), batch()
    np.testing.assert_allclose(model.sample(data["condition"], seed=0)["normals"][..., 2], 1, atol=1e-5)
    with tf.GradientTape() as tape:
        value, weight = model.losses(data, noise=data["noise"])["main"]["normals"]
        mean = tf.reduce_sum(value) / tf.reduce_sum(weight)
    slopes = [
        each for each in tape.gradient(mean, [each.value for each in model.trainable_variables]) if each is not None
    ]
    assert 1e-3 < float(tf.linalg.global_norm(slopes)) < 10


def test_losses_by_hand() -> None:
    random = np.random.default_rng(0)
    logits = tf.constant(random.normal(size=(2, 4, 4, 3)), tf.float32)
    classes = random.integers(0, 4, (2, 4, 4))
    nll = -np.log(tf.nn.softmax(logits).numpy())
    wanted = [sum(nll[b, i, j, classes[b, i, j] - 1] for i in range(4) for j in range(4) if classes[b, i, j])
              for b in range(2)]  # fmt: skip
    np.testing.assert_allclose(losses.cross_entropy(logits, tf.constant(classes, tf.int32))[0], wanted, rtol=1e-5)
    sure = tf.one_hot(classes - 1, 3) * 100.0
    assert losses.dice(sure, tf.constant(classes, tf.int32))[0].numpy().max() < 1e-4
    assert losses.dice(-sure, tf.constant(classes, tf.int32))[0].numpy().min() > 0.99
    true = tf.constant(random.uniform(1, 5, (2, 4, 4, 1)), tf.float32)
    assert losses.scale_invariant(tf.math.log(true), true)[0].numpy().max() < 1e-10
    value = losses.scale_invariant(tf.math.log(2 * true), true)[0]
    np.testing.assert_allclose(value, 0.5 * np.log(2) ** 2, rtol=1e-4)  # λ = 1 / 2 halves what is of the scale alone
    vectors = unit(tf.constant(random.normal(size=(2, 4, 4, 3)), tf.float32))
    np.testing.assert_allclose(losses.cosine(-vectors, vectors)[0], 32, rtol=1e-4)


def test_what_a_network_does_not_know_is_refused() -> None:
    grey = Spec({"shade": Field(kind="continuous", shape=(SIZE, SIZE, 2))})
    for target, said in ((grey, "is no map that this network knows"),
                         (Spec({"classes": Field(vocabulary=2, shape=(8, 8))}), "the picture")):  # fmt: skip
        with pytest.raises(ValueError, match=said):
            built("dense/unet", target, width=8)
    with pytest.raises(ValueError, match="multiple of 8"):
        built("dense/unet", width=9)
    with pytest.raises(ValueError, match="patch 3; right is 2, 4, 8 or 16"):
        built("dense/vit", patch=3)
    with pytest.raises(ValueError, match="divides by 16"):
        host().find("generator", "dense/fpn").load()(
            condition=Spec({"pixels": Field(kind="continuous", shape=(24, 24, 3))}), target=Y, width=8
        )


def test_a_weight_of_a_loss_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"dice 0\.5: it weighs a loss of classes, and Y has depth; leave it out"):
        built("dense/unet", Spec({"depth": Y["depth"]}), dice=0.5, width=8)
