"""The dispersive loss: its forms against their formulas, and one value however a batch is cut among replicas."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from grids import trained
from hypothesis import given
from hypothesis import strategies as st
from processes import PATIENCE, assert_alike, end, regenkit, weights
from test_image_run import shapes
from toy_pictures import ZERO, shaken
from toy_watch import difference

from regenkit.distribute import make_strategy
from regenkit.models.diffusion import Diffusion
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.regularizers.choice import build
from regenkit.regularizers.dispersive import Form, dispersion
from regenkit.spec import Field, Spec, tokens
from regenkit.training.losses import losses_of

FORMS = get_args(Form)
LABEL = Spec({"label": tokens(3, scalar=True)})
VECTOR = Spec({"vector": Field(kind="continuous", shape=(5,))})
RECIPE = """\
dataset: {use: image/folder, path: shapes, size: 8, channels: 1}
converter: {use: image/downsample, factor: 2}
generator: {use: diffusion, width: 16, depth: 1, sample: {steps: 2}, regularizer: {use: dispersive}}
renderer: {use: diffusion}
train: {steps: 12, batch_size: 7, steps_per_call: 3, validate_every: 6, checkpoint_every: 12, sample_every: 0}
"""


def expected(form: Form, rows: np.ndarray, temperature: float) -> float:
    """As its docstring writes it, pair by pair."""
    rows, size = rows.astype(np.float64), rows.shape[1]
    if form == "covariance":
        found = np.cov(rows, rowvar=False, bias=True).reshape(size, size)
        return float((found**2).sum() - (np.diag(found) ** 2).sum()) / size
    values = []
    for one in rows:
        for other in rows:
            apart = np.sum((one - other) ** 2) / size
            if form == "infonce_cosine":
                apart = 1 - one @ other / np.linalg.norm(one) / np.linalg.norm(other)
            values.append(max(0, temperature - apart) ** 2 if form == "hinge" else np.exp(-apart / temperature))
    mean = float(np.mean(values))
    return mean if form == "hinge" else float(np.log(mean))


@given(st.sampled_from(FORMS), st.integers(1, 9), st.integers(1, 12), st.floats(0.1, 3), st.integers(0, 999))
def test_forms_are_their_formulas(form: Form, count: int, size: int, temperature: float, seed: int) -> None:
    rows = np.float32(np.random.default_rng(seed).normal(1, 2, (count, size)))
    found = float(dispersion(form, tf.constant(rows), temperature))
    assert found == pytest.approx(expected(form, rows, temperature), rel=2e-4, abs=2e-4)


@pytest.mark.parametrize("form", FORMS)
def test_it_falls_as_examples_move_apart(form: Form) -> None:
    """Of the covariance: as coordinates cease to go together."""
    random = np.random.default_rng(0)
    same = np.repeat(random.normal(size=(8, 1)), 6, 1) if form == "covariance" else np.ones((8, 6))
    rows = tf.Variable(same + random.normal(0, 0.1, (8, 6)), dtype=tf.float32)
    first = float(dispersion(form, rows, 0.5))
    for _ in range(20):
        with tf.GradientTape() as tape:
            value = dispersion(form, rows, 0.5)
        rows.assign_sub(0.3 * tf.math.l2_normalize(tape.gradient(value, rows)))
    assert float(value) < first - 0.05


def model_of(form: Form = "infonce_l2", **options: Any) -> Diffusion:
    keras.utils.set_random_seed(0)
    return Diffusion(condition=LABEL, target=VECTOR, width=16, depth=2, regularizer={"use": "dispersive", "form": form},
                     **options)  # fmt: skip


def batch_of(count: int) -> dict[str, Any]:
    random = np.random.default_rng(0)
    return {
        "condition": {"label": tf.constant(random.integers(1, 4, count), tf.int32)},
        "target": {"vector": tf.constant(random.normal(size=(count, 5)), tf.float32)},
        "noise": tf.constant(np.stack([np.full(count, 7), np.arange(count)], 1), tf.int32),
    }


@pytest.mark.exhaustive(minutes=0.5)
@pytest.mark.parametrize("form", FORMS)
def test_two_replicas_have_the_value_and_the_gradients_of_one(form: Form) -> None:
    """Whether they have equally many examples, not, or one of them none."""
    batch, sum_ = batch_of(5), tf.distribute.ReduceOp.SUM

    def slopes_of(strategy: tf.distribute.Strategy) -> Callable[[int], Any]:
        """The first replica has the first so many examples, the second the others."""
        with strategy.scope():
            model = model_of(form)
            model.begin_training(5)

        def one(cut: tf.Tensor) -> Any:
            replica = tf.distribute.get_replica_context()
            second = replica.replica_id_in_sync_group == 1
            first, last = (tf.where(second, cut, 0), tf.where(second, 5, cut))
            part = tf.nest.map_structure(lambda each: each[first:last], batch)
            with tf.GradientTape() as tape:
                losses = losses_of(model, part, noise=part["noise"])[0]["main"]
                total = tf.add_n([tf.reduce_sum(value) for value, _ in losses.values()]) / 5
            found = tape.gradient(total, [each.value for each in model.trainable_variables], unconnected_gradients=ZERO)
            sums = (tf.reduce_sum(losses["dispersive"][0]) / 5, [tf.convert_to_tensor(slope) for slope in found])
            return replica.all_reduce(sum_, sums)

        run = tf.function(lambda cut: strategy.run(one, (cut,)), [tf.TensorSpec([], tf.int32)], autograph=False)
        return lambda cut: [strategy.experimental_local_results(each)[0].numpy()
                            for each in tf.nest.flatten(run(tf.constant(cut)))]  # fmt: skip

    expected_ones = slopes_of(make_strategy("none"))(5)
    assert expected_ones[0] != 0
    two = slopes_of(make_strategy("mirrored"))
    for cut in (3, 5, 0):
        assert difference(two(cut), expected_ones) < 1e-5


@pytest.mark.exhaustive(minutes=0.5)
@pytest.mark.parametrize("form", FORMS)
def test_twenty_steps_on_two_replicas_end_as_on_one(form: Form) -> None:
    """Batches of six of nineteen: one is of a single example, which leaves a replica without."""
    # shaken: where a block begins as the identity, a slope may be rounding alone, and Adam makes it a step
    one, two = (trained(lambda: shaken(model_of(form)), LABEL, VECTOR, name) for name in ("none", "mirrored"))
    assert difference(one, two) < 1e-5


@pytest.mark.parametrize("form", FORMS)
def test_a_part_without_examples_has_no_gradient(form: Form) -> None:
    """A batch that is cut into several may leave one without any, on all replicas."""
    model, batch = model_of(form), batch_of(0)
    with tf.GradientTape() as tape:
        losses, _ = losses_of(model, batch, noise=batch["noise"])
        total = tf.add_n([tf.reduce_sum(value) for value, _ in losses["main"].values()])
    assert losses["main"]["dispersive"][0].shape == (0,)
    for slope in tape.gradient(total, [each.value for each in model.trainable_variables]):
        assert slope is None or not np.any(tf.convert_to_tensor(slope))


@pytest.mark.exhaustive(minutes=2)
@pytest.mark.timeout(2 * PATIENCE)
def test_two_processes_end_with_the_weights_of_one(tmp_path: Path) -> None:
    """Seven examples a batch: four of one process, three of the other, and all are pushed from all."""
    shapes(tmp_path / "shapes")
    (tmp_path / "toy.yaml").write_text(RECIPE)
    for run, more in (("one", ()), ("two", ("--workers", 2)), ("plain", ("--set", "generator.regularizer=null"))):
        end(regenkit("train", "toy.yaml", "--stage", "generator", "--run", run, *more, cwd=tmp_path))
    one, two, plain = (weights(tmp_path / run, ["generator"]) for run in ("one", "two", "plain"))
    assert_alike(two, one, 1e-5)
    assert max(np.abs(one[name] - plain[name]).max() for name in one) > 1e-3


def test_it_is_not_judged_and_is_computed_in_float32() -> None:
    before, batch = keras.config.dtype_policy(), batch_of(6)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = model_of()
    finally:
        keras.config.set_dtype_policy(before)
    value, weight = half.losses(batch, noise=batch["noise"])["main"]["dispersive"]
    assert value.dtype == weight.dtype == tf.float32 and (weight == 1).numpy().all()
    full = model_of().losses(batch, noise=batch["noise"])["main"]["dispersive"][0]
    np.testing.assert_allclose(value, full, rtol=0.05)
    assert list(half.losses(batch, noise=None)["main"]) == ["error"]


def test_a_block_is_a_quarter_of_the_depth_or_as_said() -> None:
    blocks = [((1, 1), 8)] * 9
    assert build({"use": "dispersive"}, blocks).block == 3
    assert build({"use": "dispersive", "block": 9}, blocks).block == 9
    with pytest.raises(ValueError, match=r"block is 10; right are 1 to 9, .* or 0, which is 3 here"):
        build({"use": "dispersive", "block": 10}, blocks)
    with pytest.raises(ValueError, match=r"regularizer\.block is 3; right are 1 to 2"):
        Diffusion(condition=LABEL, target=VECTOR, width=16, depth=2, regularizer={"use": "dispersive", "block": 3})
