"""Batches of speech as the loop makes them, with examples of several lengths, and what is asked of every stage."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from regenkit.quiet import tensorflow as tf
from regenkit.spec import Clock, Field, Spec, tokens

HOP = 64
RATE = 16_000
TEXT = Spec({"text": tokens(9, axis="x")})
MEL = Spec({"mel": Field(kind="continuous", shape=(None, 12), hop=Fraction(HOP))})
WAVE = Spec({"wave": Field(kind="continuous", shape=(None,), hop=Fraction(1))})
SPEAKER = Spec({"speaker": tokens(("ada", "bob"), scalar=True, optional=True)})
BESIDE = Spec({
    "pitch": Field(kind="continuous", shape=(None,), hop=Fraction(HOP)),
    "voiced": Field(vocabulary=2, hop=Fraction(HOP)),
})  # fmt: skip
Batch = dict[str, Any]


def fields(spec: Spec, steps: Mapping[str, list[int]], longest: Mapping[str, int], seed: int = 0) -> Batch:
    """Random fields, padded with 0, and the mask of each clock. steps and longest are by axis, in its steps."""
    found: Batch = {}
    count = len(next(iter(steps.values())))

    def mask(clock: Clock) -> np.ndarray:
        entries = [clock.entries(each) for each in steps[clock.axis]]
        return np.arange(clock.entries(longest[clock.axis]))[None] < np.array(entries)[:, None]

    for name, field in spec.items():
        clock = spec.clock(name)
        value = np.stack(
            [_value(field, clock and clock.entries(longest[clock.axis]), [seed, row]) for row in range(count)]
        )
        if clock:
            found[clock.mask] = mask(clock)
            value = value * found[clock.mask].reshape(*found[clock.mask].shape, *[1] * (value.ndim - 2))
        found[name] = value.astype(np.int32 if field.vocabulary else np.float32)
    return found


def _value(field: Field, entries: int | None, seed: list[int]) -> np.ndarray:
    """The first entries are the same, however many there are."""
    random = np.random.default_rng(seed)
    shape = [entries or 1 if size is None else size for size in field.shape]
    if field.vocabulary:
        return random.integers(1, field.vocabulary + 1, shape)
    return 0.3 * random.standard_normal(shape)


def noise(count: int) -> tf.Tensor:
    return tf.stack([tf.fill([count], 7), tf.range(count)], 1)


def cut(batch: Batch, rows: slice) -> Batch:
    return {name: value[rows] for name, value in batch.items()}


def losses_of(
    model: Any, condition: Batch, target: Batch, seeds: tf.Tensor | None
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By group/term: values and weights, each [batch]."""
    return _as_arrays(_traced(model)({"condition": condition, "target": target}, seeds))


def _traced(model: Any) -> Callable[[dict[str, Batch], tf.Tensor | None], Any]:
    """One graph for batches of any size, so that a test of several does not wait for several."""

    @tf.function(autograph=False, reduce_retracing=True)
    def run(batch: dict[str, Batch], seeds: tf.Tensor | None) -> Any:
        found = model.losses(batch, noise=seeds)
        return {f"{group}/{term}": pair for group, terms in found.items() if group != "statistics"
                for term, pair in terms.items()}  # fmt: skip

    return lambda batch, seeds: run(tf.nest.map_structure(tf.constant, batch), seeds)


def _as_arrays(found: Any) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    return {name: (value.numpy(), weight.numpy()) for name, (value, weight) in found.items()}


def check_examples_stand_alone(model: Any, make: Any, *, atol: float = 2e-4) -> None:
    """Losses of a batch are those of each example in it, however far it is padded.

    make  rows, padded to "short" or "long" → (condition, target)
    """
    traced = _traced(model)

    def losses(rows: slice, longer: bool, training: bool) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        condition, target = make(rows, longer)
        return _as_arrays(traced({"condition": condition, "target": target}, noise(3)[rows] if training else None))

    for training in (True, False):
        whole = losses(slice(0, 3), False, training)
        for row in range(3):
            alone = losses(slice(row, row + 1), True, training)
            assert set(alone) == set(whole)
            for name, (value, weight) in whole.items():
                np.testing.assert_allclose(alone[name][0][0], value[row], rtol=2e-3, atol=atol, err_msg=f"{name} {row}")
                np.testing.assert_allclose(alone[name][1][0], weight[row], err_msg=name)


def check_every_weight_is_moved(model: Any, condition: Batch, target: Batch) -> None:
    """Each by the optimiser of one group."""
    groups = getattr(model, "groups", lambda: {"main": model.trainable_variables})()
    named = [id(each) for group in groups.values() for each in group]
    assert len(set(named)) == len(named) and set(named) == {id(each) for each in model.trainable_variables}
    batch = tf.nest.map_structure(tf.constant, {"condition": condition, "target": target})
    count = len(next(iter(target.values())))

    @tf.function(autograph=False)
    def run(batch: dict[str, Batch]) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            losses = model.losses(batch, noise=noise(count))
            totals = {
                group: tf.add_n([tf.reduce_sum(value) for value, _ in losses[group].values()]) for group in groups
            }
        return {group: tape.gradient(totals[group], [each.value for each in variables])
                for group, variables in groups.items()}  # fmt: skip

    for group, slopes in run(batch).items():
        for variable, slope in zip(groups[group], slopes, strict=True):
            assert slope is not None and np.isfinite(tf.convert_to_tensor(slope).numpy()).all(), (group, variable.path)
