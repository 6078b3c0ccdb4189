"""What stands on EfficientNet-lite0: the feature pyramid, the perceptual error and the loss by classes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fetching import fetched
from toy_pictures import batch_of, shaken

from regenkit import Spec
from regenkit.errors import UserError
from regenkit.models.assisted import Assisted
from regenkit.pipeline.draft import without_values
from regenkit.plugins import host
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field

SIZE = 16
X = Spec({"pixels": Field(kind="continuous", shape=(SIZE, SIZE, 3), levels=256)})
Y = Spec({"classes": Field(vocabulary=3, shape=(SIZE, SIZE))})


@pytest.fixture(scope="module")
def weights() -> None:
    (source,) = host().find("converter", "image/efficientnet").sources
    fetched(source)


def fpn() -> Any:
    return host().find("generator", "dense/fpn").load()(condition=X, target=Y, width=8)


@pytest.mark.exhaustive(minutes=0.5)
@pytest.mark.usefixtures("weights")
def test_the_pyramid_s_network_is_frozen_and_no_part_of_it() -> None:
    with without_values():  # as a stage is counted before it is built
        drafted = fpn()
    model, data = fpn(), batch_of(X, Y, 2)
    assert [each.shape for each in drafted.variables] == [each.shape for each in model.variables]
    assert sum(int(np.prod(each.shape)) for each in model.variables) < 20_000
    with tf.GradientTape() as tape:
        value, _ = model.losses(data, noise=None)["main"]["classes"]
        total = tf.reduce_sum(value)
    slopes = tape.gradient(total, [each.value for each in model.trainable_variables])
    assert all(slope is not None for slope in slopes)
    drawn = model.sample(data["condition"], seed=0)["classes"]
    other = model.sample({"pixels": -data["condition"]["pixels"]}, seed=0)["classes"]
    assert drawn.shape == (2, SIZE, SIZE) and (drawn != other).any()


@pytest.mark.exhaustive(minutes=0.5)
@pytest.mark.usefixtures("weights")
def test_features_of_the_rebuilt_picture_teach_the_network_that_makes_the_maps() -> None:
    auxiliary = (
        host()
        .find("renderer", "dense/regeneration")
        .load()(condition=X | Y, target=X, width=8, depth=1, perceptual=0.5, class_supervision=0.5)
    )
    generator = host().find("generator", "dense/unet").load()(condition=X, target=Y, width=8)
    model = shaken(Assisted(parts={"generator": generator, "auxiliary": auxiliary}, specs={"x": X}, settings=1.0))
    data = batch_of(X, Y, 2)
    for term in ("auxiliary_perceptual", "auxiliary_classes"):
        with tf.GradientTape(persistent=True) as tape:
            value, weight = model.losses(data, noise=data["noise"])["main"][term]
            total = tf.reduce_sum(value)
        for part in (generator, auxiliary):
            slopes = [tape.gradient(total, each.value) for each in part.trainable_variables]
            assert max(float(tf.reduce_max(tf.abs(each))) for each in slopes if each is not None) > 1e-8, (
                term,
                part.name,
            )
        assert (weight.numpy() == 1).all()
    hidden = {**data, "target": {"classes": tf.zeros_like(data["target"]["classes"])}}
    value, weight = model.losses(hidden, noise=data["noise"])["main"]["auxiliary_classes"]
    assert not value.numpy().any() and not weight.numpy().any(), "a picture without labels has no shares to tell"


def test_weights_that_are_not_here_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from regenkit_image.networks import efficientnet

    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path))
    efficientnet.network.cache_clear()
    with pytest.raises(UserError, match="regenkit data fetch"):
        fpn()


@pytest.mark.exhaustive(minutes=0.5)
@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_what_stands_on_it_trains_under_half_precision(policy: str) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        auxiliary = (
            host()
            .find("renderer", "dense/regeneration")
            .load()(condition=X | Y, target=X, width=8, depth=1, perceptual=0.5, class_supervision=0.5)
        )
        model = shaken(Assisted(parts={"generator": fpn(), "auxiliary": auxiliary},
                                specs={"x": X, "y": Y, "rep": Y}, settings=0.5))  # fmt: skip
    finally:
        keras.config.set_dtype_policy(before)
    data = batch_of(X, Y, 2)
    found = model.losses(data, noise=data["noise"])["main"]
    assert {"classes", "auxiliary_pixels", "auxiliary_perceptual", "auxiliary_classes"} <= set(found)
    assert all(value.dtype == tf.float32 and np.isfinite(value).all() for value, _ in found.values())
