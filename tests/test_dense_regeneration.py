"""DejaVu's auxiliary stage: what its loss moves, its controls and schedules, and that nothing of it stays."""

from typing import Any

import numpy as np
import pytest
from toy_pictures import batch_of, shaken

from regenkit import Spec
from regenkit.models.assisted import Assisted
from regenkit.plugins import host
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field
from regenkit.stage import STATISTICS, HasGroups
from regenkit_dense.networks.prediction import DensePrediction, unit
from regenkit_dense.regeneration.maps import gated, joined, shuffled
from regenkit_dense.regeneration.stage import Regeneration

SIZE = 16
X = Spec({"pixels": Field(kind="continuous", shape=(SIZE, SIZE, 3), levels=256)})
Y = Spec({"classes": Field(vocabulary=3, shape=(SIZE, SIZE)), "depth": Field(kind="continuous", shape=(SIZE, SIZE, 1))})
SMALL: dict[str, Any] = {"width": 8, "depth": 1}


def auxiliary(**options: Any) -> Regeneration:
    model: Regeneration = (
        host()
        .find("renderer", "dense/regeneration")
        .load()(condition=X | Y, target=X, **{**SMALL, "redaction": ("pixels",), **options})
    )
    return model


def assisted(weight: float = 0.5, network: str = "dense/unet", **options: Any) -> Assisted:
    keras.utils.set_random_seed(0)
    size = {"width": 8} if network == "dense/unet" else {"width": 32, "depth": 1, "features": 8}
    generator = host().find("generator", network).load()(condition=X, target=Y, **size)
    parts = {"generator": generator, "auxiliary": auxiliary(**options)}
    model: Assisted = shaken(Assisted(parts=parts, specs={"x": X, "y": Y, "rep": Y}, settings=weight))
    return model


def batch(size: int = 3) -> Any:
    found = batch_of(X, Y, size)
    found["target"]["depth"] = tf.abs(found["target"]["depth"]) + 0.1
    return found


def slopes(model: Assisted, prefix: str) -> dict[str, float]:
    """The greatest slope that the terms of this beginning have by the weights of each part."""
    data = batch()
    with tf.GradientTape(persistent=True) as tape:
        losses = model.losses(data, noise=data["noise"])["main"]
        chosen = [tf.reduce_sum(value) for name, (value, _) in losses.items() if name.startswith(prefix)]
        assert chosen, f"there is no term {prefix} among {', '.join(losses)}"
        total = tf.add_n(chosen)
    found = {}
    for name, part in model.parts.items():
        each = [tape.gradient(total, variable.value) for variable in part.trainable_variables]
        found[name] = max((float(tf.reduce_max(tf.abs(one))) for one in each if one is not None), default=0.0)
    return found


MODULES: dict[str, dict[str, Any]] = {
    "forward": {},
    "recursive": {"module": "recursive", "turns": 2},
    "attention": {"module": "attention", "width": 24},
    "perceptually": {"error": "mse", "redaction": ("low_pass", "grey")},
    "diffusion": {"module": {"use": "diffusion", "width": 8}},
}


@pytest.mark.exhaustive(minutes=0.4)
@pytest.mark.parametrize("name", MODULES)
def test_regeneration_moves_the_network_and_the_module_and_the_task_the_network_alone(name: str) -> None:
    model = assisted(**MODULES[name])
    moved = slopes(model, "auxiliary_")
    assert moved["generator"] > 1e-7 and moved["auxiliary"] > 1e-5
    for term in ("classes", "depth"):
        own = slopes(model, term)
        assert own["generator"] > 1e-5 and own["auxiliary"] == 0


@pytest.mark.parametrize("name", [name for name in MODULES if name in ("forward", "attention")])
def test_half_precision_trains_and_does_not_round_what_is_kept(name: str) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model, still = assisted(**MODULES[name]), auxiliary(**MODULES[name], strength=0.0)
    finally:
        keras.config.set_dtype_policy(before)
    data = batch()
    losses = model.losses(data, noise=data["noise"])["main"]
    assert all(value.dtype == tf.float32 and np.isfinite(value).all() for value, _ in losses.values())
    drawn = still.sample({**data["condition"], **data["target"]}, seed=1)["pixels"]  # it begins by adding nothing
    np.testing.assert_array_equal(drawn, data["condition"]["pixels"])


@pytest.mark.exhaustive(minutes=0.2)
def test_controls_take_the_gradient_or_the_places() -> None:
    assert slopes(assisted(maps="detached"), "auxiliary_")["generator"] == 0
    assert slopes(assisted(maps="detached"), "auxiliary_")["auxiliary"] > 1e-4
    values = batch()["target"]
    maps = joined({"classes": values["classes"], "depth": values["depth"]}, Y)
    assert maps.shape == (3, SIZE, SIZE, 4)
    moved = shuffled(maps, batch()["noise"])
    for one, other in zip(maps.numpy(), moved.numpy(), strict=True):
        assert np.abs(one - other).mean() > 0.1
        flat = [each.reshape(-1, 4) for each in (one, other)]
        np.testing.assert_array_equal(*(each[np.lexsort(each.T)] for each in flat))
    assert not np.array_equal(
        np.argsort(moved[0, ..., 3].numpy().ravel()), np.argsort(moved[1, ..., 3].numpy().ravel())
    )


def test_where_nothing_is_taken_there_is_nothing_to_rebuild_and_where_all_is_the_maps_are_all_there_is() -> None:
    data = batch()
    for redaction, exact in (("none", True), ("total", False)):
        model = auxiliary(redaction=(redaction,), module="forward")  # it begins by adding nothing
        drawn = model.sample({**data["condition"], **data["target"]}, seed=1)["pixels"]
        wanted = data["condition"]["pixels"] if exact else np.zeros_like(drawn)
        np.testing.assert_allclose(drawn, wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (Y, "it reads classes, depth and no pixels"),
        (X, "Y′ has no map"),
        (X | Spec({"code": Field(vocabulary=5, shape=(4, 4))}), r"code of Y′ has the shape \(4, 4\), and the picture"),
        (X | Spec({"words": Field(vocabulary=5, shape=(None,))}), "words of Y′ has the shape"),
        (X | Spec({"vector": Field(kind="continuous", shape=(5,))}), "vector of Y′ has the shape"),
    ],
)
def test_what_it_cannot_rebuild_a_picture_from_is_refused(condition: Spec, said: str) -> None:
    with pytest.raises(ValueError, match=f"{said}.*as an auxiliary stage it rebuilds"):
        Regeneration(condition=condition, target=X)


def test_a_gate_lets_a_share_of_the_gradient_through() -> None:
    maps = tf.constant([[1.0, 2.0]])
    for share in (0.0, 0.25, 1.0):
        with tf.GradientTape() as tape:
            tape.watch(maps)
            value = tf.reduce_sum(gated(maps, share) ** 2)
        np.testing.assert_allclose(value, 5)
        np.testing.assert_allclose(tape.gradient(value, maps), share * 2 * maps)


@pytest.mark.exhaustive(minutes=0.4)
def test_schedules_rise_with_the_steps_made() -> None:
    model = assisted(strength_steps=4, warmup_steps=4, strength=1.0)
    data, errors, reached = batch(), [], []
    for _ in range(5):
        found = model.losses(data, noise=data["noise"])
        errors.append(float(tf.reduce_mean(found["main"]["auxiliary_pixels"][0])))
        reached.append(slopes(model, "auxiliary_")["generator"])
        model.absorb(found[STATISTICS])
    assert reached[0] == 0 and reached[4] > reached[1] > 0
    assert errors[4] > errors[0] and int(model.auxiliary.steps) == 5
    assert STATISTICS not in model.losses(data, noise=None), "evaluation makes no step"


@pytest.mark.exhaustive(minutes=0.3)
def test_agreement_with_itself_moves_both() -> None:
    moved = slopes(assisted(cycle=1.0), "auxiliary_cycle")
    assert moved["generator"] > 1e-6 and moved["auxiliary"] > 1e-7


@pytest.mark.exhaustive(minutes=0.5)
@pytest.mark.parametrize("network", ["dense/unet", "dense/vit"])
def test_attention_is_shared_and_stays_with_the_network(network: str) -> None:
    model = assisted(network=network, module="attention", shared_attention=True)
    alone = assisted(network=network)
    mine = {id(variable) for variable in model.auxiliary.trainable_variables}
    block = model.generator.trunk.attention
    assert not mine & {id(variable) for variable in block.trainable_variables}
    assert len(model.generator.trainable_variables) == len(alone.generator.trainable_variables)
    data = batch()
    with tf.GradientTape() as tape:
        losses = model.losses(data, noise=data["noise"])["main"]
        total = tf.reduce_sum(losses["auxiliary_pixels"][0])
    slope = tape.gradient(total, block.query_key_value.kernel.value)
    assert float(tf.reduce_max(tf.abs(slope))) > 1e-6


@pytest.mark.exhaustive(minutes=0.5)
def test_an_adversary_has_an_optimiser_of_its_own() -> None:
    model = assisted(module={"use": "gan", "width": 8})
    assert isinstance(model, HasGroups) and list(model.groups()) == ["main", "auxiliary_discriminator"]
    data = batch()
    losses = model.losses(data, noise=data["noise"])
    assert set(losses) - {STATISTICS} == {"main", "auxiliary_discriminator"}
    assert {"classes", "depth", "auxiliary_adversarial"} <= set(losses["main"])


@pytest.mark.exhaustive(minutes=0.5)
def test_examples_stand_alone() -> None:
    model, data = assisted(module="recursive", redaction=("blocks", "low_pass"), maps="shuffled"), batch(4)
    whole = model.losses(data, noise=data["noise"])["main"]
    for rows in (slice(0, 1), slice(1, 4)):
        part = tf.nest.map_structure(lambda value, rows=rows: value[rows], data)
        for term, pair in model.losses(part, noise=part["noise"])["main"].items():
            for one, other in zip(pair, whole[term], strict=True):
                np.testing.assert_allclose(one, other[rows], rtol=1e-3, atol=1e-3)


def structure(model: DensePrediction) -> list[tuple[str, tuple[str, ...]]]:
    """Of the graph that draws, each operation and what it reads."""
    graph = tf.function(lambda pixels: model._answers({"pixels": pixels}), autograph=False).get_concrete_function(
        tf.TensorSpec((None, SIZE, SIZE, 3), tf.float32)
    )
    return [(each.type, tuple(str(one.shape) for one in each.inputs)) for each in graph.graph.get_operations()]


@pytest.mark.exhaustive(minutes=0.5)
def test_what_draws_is_the_same_graph_with_and_without_it() -> None:
    alone = host().find("generator", "dense/unet").load()(condition=X, target=Y, width=8)
    for options in ({}, {"module": "attention", "shared_attention": True}):
        helped = assisted(**options).generator
        assert structure(helped) == structure(alone)
        assert [variable.shape for variable in helped.variables] == [variable.shape for variable in alone.variables]


@pytest.mark.parametrize(("options", "said"), [
    ({"shared_attention": True}, "shared_attention wants module: attention, not forward"),
    ({"module": {"use": "diffusion", "width": 8}, "cycle": 1.0}, "cycle: a renderer's losses show no picture to judge"),
    ({"module": "attention", "width": 15}, "multiple of 2"),
])  # fmt: skip
def test_what_cannot_be_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        auxiliary(**options)


def test_classes_are_wanted_for_the_loss_by_classes_and_colours_for_grey() -> None:
    load = host().find("renderer", "dense/regeneration").load()
    depth = Y.without(["classes"])
    with pytest.raises(ValueError, match="class_supervision wants classes, and Y′ has depth"):
        load(condition=X | depth, target=X, class_supervision=0.1)
    grey = Spec({"pixels": Field(kind="continuous", shape=(SIZE, SIZE, 1))})
    with pytest.raises(ValueError, match="takes colours, and these pictures have none"):
        load(condition=grey | depth, target=grey, redaction=("grey",))
    vectors = unit(tf.constant([[3.0, 0.0, 4.0]]))
    np.testing.assert_allclose(vectors, [[0.6, 0, 0.8]], rtol=1e-5)
