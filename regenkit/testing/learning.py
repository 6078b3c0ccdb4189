"""Checks of a stage that learns: its losses are each example's own, and the loop can train it on any devices."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regenkit.components import Component
from regenkit.distribute import make_strategy
from regenkit.recipe.train_settings import TrainSettings
from regenkit.stage import CONDITION, NOISE, TARGET, HasLikelihood, LearnedConverter, Trainable
from regenkit.testing.finding import Failed, Skipped, same
from regenkit.testing.material import Material, tensorflow
from regenkit.testing.stages import MORE, pad

CLOSE = 2e-4
"""How far a loss may differ where sums are in another order."""
WEIGHTS = 1e-3
"""How far weights may differ after three steps on one replica and on two."""
STEPS = 3
Losses = dict[str, np.ndarray]


def losses_are_one_an_example(component: Component, material: Material, stage: str) -> None:
    """`losses` gives finite float32 values and weights, [batch] each, no weight below 0; evaluating twice gives the
    same."""
    model, batch = learning(material, stage)
    found = _losses(model, batch)
    for name, value in found.items():
        if value.dtype != np.float32 or value.shape != (len(material.indices),):
            raise Failed(f"{name} is {value.dtype} of shape {value.shape}", "cast to float32, and sum over steps alone")
        if not np.isfinite(value).all() or (name.endswith("weight") and (value < 0).any()):
            raise Failed(f"{name} = {value}", "look for a logarithm of 0, or a division by a length of 0")
    same(found, _losses(model, batch), "evaluated again, the losses have", "without noise, draw nothing")


def every_variable_gets_a_gradient(component: Component, material: Material, stage: str) -> None:
    """The losses depend on every variable that is trained, and gradients are finite."""
    model, batch = learning(material, stage)
    tf = tensorflow()
    with tf.GradientTape() as tape:
        total = tf.add_n(
            [tf.reduce_sum(value) for name, value in _terms(model, batch, noise=True) if name.endswith("value")]
        )
    variables = list(model.trainable_variables)
    slopes = tape.gradient(total, [variable.value for variable in variables])
    unused = [variable.path for variable, slope in zip(variables, slopes, strict=True) if slope is None]
    if unused:
        raise Failed(f"none for {', '.join(unused[:4])} ({len(unused)} of {len(variables)})",
                     "leave out what is not used, or set trainable=False")  # fmt: skip
    for variable, slope in zip(variables, slopes, strict=True):
        if not np.isfinite(np.asarray(tf.convert_to_tensor(slope))).all():
            raise Failed(f"that of {variable.path} holds NaN or infinities", "look for a square root or logarithm of 0")


def company_and_padding_change_no_loss(component: Component, material: Material, stage: str) -> None:
    """An example's loss is the same alone, in company, and with more steps of padding; with noise as without."""
    model, batch = learning(material, stage)
    for noise in (False, True):
        whole = _losses(model, batch, noise=noise)
        for row in (0, len(material.indices) - 1):
            alone = _losses(model, _row(batch, row), noise=noise)
            same({name: value[row : row + 1] for name, value in whole.items()}, alone, "alone, the losses have",
                 "let nothing mix the rows of a batch: no batch normalisation, no mean over the batch; draw from "
                 "regenkit.layers.noise with the seeds that are given", close=CLOSE)  # fmt: skip
        if padded := _padded(material, stage, batch):
            more = _losses(model, padded, noise=noise)
            same(whole, more, f"with {MORE} more steps of padding, the losses have", "multiply by the mask before you "
                 "sum, and hide padding from attention and convolutions", close=CLOSE)  # fmt: skip


def likelihoods_are_one_an_example(component: Component, material: Material, stage: str) -> None:
    """`field_log_prob` gives a finite number an example for each field, at most 0 for tokens; company and padding
    change nothing."""
    model, batch = learning(material, stage)
    if not isinstance(model, HasLikelihood):
        raise Skipped("it has no field_log_prob: it is measured by scores alone")
    found = _likelihoods(model, batch)
    target = material.pipeline.sides(stage)[1].spec
    if missing := set(target) - set(found):
        raise Failed(f"there is none of {', '.join(sorted(missing))}", "give one for each field of the target")
    for name, value in found.items():
        if value.shape != (len(material.indices),) or not np.isfinite(value).all():
            raise Failed(f"{name} is {value}", "sum over steps, in nats, an example each")
        if name in target and target[name].vocabulary and (value > 1e-4).any():
            raise Failed(f"{name} is {value}, above 0", "give the logarithm of a probability, not the loss")
    same({name: value[:1] for name, value in found.items()}, _likelihoods(model, _row(batch, 0)),
         "alone, the likelihoods have", "let nothing mix the rows of a batch", close=CLOSE)  # fmt: skip
    if padded := _padded(material, stage, batch):
        same(found, _likelihoods(model, padded), f"with {MORE} more steps of padding, the likelihoods have",
             "multiply by the mask before you sum", close=CLOSE)  # fmt: skip


def saved_and_loaded_it_is_the_same(component: Component, material: Material, stage: str) -> None:
    """Weights that are saved and loaded into one that is built anew give the same losses; building, losses and sample
    make no further variables."""
    model, batch = learning(material, stage)
    expected, count = _losses(model, batch), len(model.variables)
    other = material.build(stage, seed=1)
    if len(other.variables) != count:
        raise Failed(f"{len(other.variables)} variables when it is built, {count} once losses was called",
                     "build every layer in __init__: self.dense.build((None, None, width))")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "best.weights.h5"
        model.save_weights(path)
        other.load_weights(path)
    same(expected, _losses(other, batch), "loaded, the losses have",
         "keep layers as attributes, so that Keras saves them, and draw nothing in __init__ but weights")  # fmt: skip


def half_precision_works(component: Component, material: Material, stage: str) -> None:
    """Built under bfloat16 it has float32 weights, and finite losses within a fifth of those of float32."""
    model, batch = learning(material, stage)
    half = material.build(stage, precision="bfloat16")
    wrong = [each.path for each in half.trainable_variables if str(each.dtype) != "float32"]
    if wrong:
        raise Failed(f"{wrong[0]} is no float32", "let Keras make weights: add_weight, and layers without a dtype")
    for variable, value in zip(half.variables, model.variables, strict=True):
        variable.assign(value.numpy())
    one, other = _losses(model, batch), _losses(half, batch)
    for name, value in one.items():
        if not np.isfinite(other[name]).all():
            raise Failed(
                f"{name} is {other[name]}", "compute softmax, logarithms and sums in float32: tf.cast(…, tf.float32)"
            )
        if other[name].dtype != np.float32:
            raise Failed(f"{name} is {other[name].dtype}", "cast to float32 before you sum")
        apart = np.abs(other[name] - value).sum() / max(1.0, np.abs(value).sum())
        if apart > 0.2:
            raise Failed(f"{name} = {other[name]}, in float32 {value}", "sum in float32")


def one_replica_and_two_learn_alike(component: Component, material: Material, stage: str) -> None:
    """After three updates of the loop the weights are the same on one replica and on two, to which a batch is cut
    unevenly, and the update is traced once."""
    learning(material, stage)
    tf = tensorflow()
    if len(tf.config.list_logical_devices("CPU")) != 2:
        raise Skipped(
            "TensorFlow has computed already, so its CPU cannot be split in two: import regenkit.testing first"
        )
    one, other = (_trained(material, stage, replicas) for replicas in (1, 2))
    for number, (alone, shared) in enumerate(zip(one, other, strict=True)):
        same({f"variable {number}": alone}, {f"variable {number}": shared}, "on two replicas the weights have",
             "give each example's own loss and weight, draw by the seeds, and change no variable in losses",
             close=WEIGHTS)  # fmt: skip


def encoding_mixes_no_examples(component: Component, material: Material, stage: str) -> None:
    """`encode` of a learned converter gives the fields of `spec`, the same twice, alone and in company."""
    model, batch = learning(material, stage)
    assert isinstance(model, LearnedConverter)
    whole = {name: np.asarray(value) for name, value in model.encode(batch[CONDITION], batch[TARGET]).items()}
    if missing := set(model.spec) - set(whole):
        raise Failed(f"it lacks {', '.join(sorted(missing))}", "give every field of its spec")
    part = _row(batch, 0)
    encoded = model.encode(part[CONDITION], part[TARGET])
    alone = {name: np.asarray(encoded[name]) for name in model.spec}
    same({name: whole[name][:1] for name in model.spec}, alone, "alone, it gives",
         "let nothing mix the rows of a batch", close=CLOSE)  # fmt: skip


# --- helpers ----------------------------------------------------------------------------------------------------------


def learning(material: Material, stage: str) -> tuple[Any, dict[str, Any]]:
    """A model, and a batch to learn from. Raises Skipped where it is a rule."""
    model = material.build(stage)
    if not isinstance(model, Trainable):
        raise Skipped("it is a rule: it has no losses")
    (batch,) = material.batch(stage, range(len(material.indices)))
    return model, batch


def _likelihoods(model: Any, batch: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.asarray(value) for name, value in model.field_log_prob(batch[CONDITION], batch[TARGET]).items()}


def _row(batch: Mapping[str, Any], row: int) -> dict[str, Any]:
    """One example of a batch, as a batch."""
    sides = {side: {name: value[row : row + 1] for name, value in batch[side].items()} for side in (CONDITION, TARGET)}
    return {**sides, NOISE: batch[NOISE][row : row + 1]}


def _padded(material: Material, stage: str, batch: Mapping[str, Any]) -> dict[str, Any] | None:
    """The batch with more padding; None where it has no steps."""
    condition, target = (side.spec for side in material.pipeline.sides(stage))
    found = {CONDITION: pad(batch[CONDITION], condition | target, MORE), TARGET: pad(batch[TARGET], target, MORE)}
    return {**found, NOISE: batch[NOISE]} if any(found[name] is not batch[name] for name in found) else None


def _terms(model: Any, batch: Mapping[str, Any], noise: bool) -> list[tuple[str, Any]]:
    from regenkit.training.losses import losses_of

    found, _ = losses_of(
        model, {side: batch[side] for side in (CONDITION, TARGET)}, noise=batch[NOISE] if noise else None
    )
    return [
        (f"{group}.{term}.{what}", value) for group, terms in found.items() for term, pair in terms.items()
        for what, value in zip(("value", "weight"), pair, strict=True)
    ]  # fmt: skip


def _losses(model: Any, batch: Mapping[str, Any], noise: bool = False) -> Losses:
    return {name: np.asarray(value) for name, value in _terms(model, batch, noise)}


def _trained(material: Material, stage: str, replicas: int) -> list[np.ndarray]:
    """The weights after some updates of the loop, on so many replicas."""
    from regenkit.training.state import State
    from regenkit.training.step import TrainStep

    tf = tensorflow()
    strategy = make_strategy("mirrored" if replicas > 1 else "none")
    settings = TrainSettings.model_validate({"steps": STEPS, "batch_size": 5, "warmup_steps": 0, "learning_rate": 1e-2})
    parts = material.batch(stage, range(min(5, len(material.indices))), replicas=replicas)
    with strategy.scope():
        state = State(material.build(stage), settings)
    step = TrainStep(state, strategy, settings)

    def data(context: Any) -> Any:
        return tf.data.Dataset.from_generator(lambda: iter(parts * (STEPS + 1)), output_signature=signature(parts))

    batches = iter(strategy.distribute_datasets_from_function(data))
    for _ in range(STEPS):
        step(batches, tf.constant(1))
    traces = step.traced.experimental_get_tracing_count()
    if traces > 1:
        raise Failed(f"the update was traced {traces} times in {STEPS} steps", "let losses depend on no Python state")
    return [variable.numpy() for variable in state.model.variables]


def signature(parts: Sequence[Mapping[str, Any]]) -> Any:
    """A tf.TensorSpec of each array, with None for the batch and for sizes in which the parts differ: each is padded to
    its own longest example."""
    tf = tensorflow()

    def common(*values: np.ndarray) -> Any:
        sizes = zip(*(value.shape[1:] for value in values), strict=True)
        return tf.TensorSpec([None, *(each[0] if len(set(each)) == 1 else None for each in sizes)], values[0].dtype)

    return tf.nest.map_structure(common, *parts)


CHECKS = (
    losses_are_one_an_example, every_variable_gets_a_gradient, company_and_padding_change_no_loss,
    likelihoods_are_one_an_example, saved_and_loaded_it_is_the_same, half_precision_works,
    one_replica_and_two_learn_alike,
)  # fmt: skip
