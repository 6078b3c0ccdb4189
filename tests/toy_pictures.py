"""Small pictures of four kinds with a coarse Y′, and what is asked of every model that draws one field of numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from toy_job import train

from regenkit import Spec
from regenkit.components import Example
from regenkit.data.prepare import prepare
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Fields, tokens
from regenkit.stages import Side
from regenkit.training.losses import losses_of

ZERO = tf.UnconnectedGradients.ZERO
LABEL = Spec({"label": tokens(4, scalar=True)})
CODES = Spec({"code": Field(vocabulary=3, shape=(2, 2))})
PIXELS = Spec({"pixels": Field(kind="continuous", shape=(8, 8, 1), levels=256)})
LATENT = Spec({"latent": Field(kind="continuous", shape=(4, 4, 2))})
VECTOR = Spec({"vector": Field(kind="continuous", shape=(5,))})
CAPTION = Spec({"caption": Field(vocabulary=9, shape=(None,))})


@dataclass(frozen=True)
class Squares:
    """A bright quarter on a dark ground, with noise; two of three know which (X)."""

    version = 1

    def sources(self) -> list[str]:
        return [str(number) for number in range(126)]

    def read(self, source: str) -> list[Example]:
        number = int(source)
        random = np.random.default_rng(number)
        kind, levels = number % 4, random.integers(0, 60, (8, 8, 1))
        top, left = 4 * (kind // 2), 4 * (kind % 2)
        levels[top : top + 4, left : left + 4] += 180
        y = {"pixels": np.float32(levels / 127.5 - 1)}
        return [Example(id=source, y=y, x={"label": np.int32(kind + 1)} if number % 3 else None)]


class Coarse:
    """Brightness of each quarter, in three classes."""

    version = 1

    def convert(self, y: Fields) -> Fields:
        means = y["pixels"].reshape(2, 4, 2, 4).mean((1, 3))
        return {"code": np.int32(np.digitize(means, [-0.5, 0.5]) + 1)}


@lru_cache(maxsize=1)
def prepared() -> Any:
    return prepare(
        dataset=Squares(), identity={"use": "toy/squares"}, converter=Coarse(),
        converter_identity={"use": "toy/coarse"}, specs={"x": LABEL, "y": PIXELS, "rep": CODES},
        progress=lambda *_: None, processes=1,
    )  # fmt: skip


GENERATOR = (Side(spec=LABEL, source={"label": "x"}), Side(spec=PIXELS, source={"pixels": "y"}))
RENDERER = (Side(spec=CODES, source={"code": "rep"}), GENERATOR[1])


def learn(folder: Path, build: Callable[[], Any], between: tuple[Side, Side] = GENERATOR, **options: Any) -> Any:
    """(the model, what `fit` returned) of 20 steps on the pictures; a batch of them is of a few examples alone."""
    return train(folder, build=build, data=prepared(), between=between, **{"learning_rate": 1e-3, **options})


def batch_of(condition: Spec, target: Spec, size: int, seed: int = 0) -> dict[str, Any]:
    """Random fields, with captions of six tokens, of which the last is absent."""
    random = np.random.default_rng(seed)

    def values(spec: Spec) -> dict[str, tf.Tensor]:
        found = {}
        for name, field in spec.items():
            shape = [size, *(each or 6 for each in field.shape)]
            value = (
                random.integers(1, field.vocabulary + 1, shape) if field.vocabulary else random.uniform(-1, 1, shape)
            )
            if field.variable:
                value[:, -1] = 0
            found[name] = tf.constant(value, tf.int32 if field.vocabulary else tf.float32)
        return found

    noise = tf.stack([tf.fill([size], 7), tf.range(size)], 1)
    return {"condition": values(condition), "target": values(target), "noise": noise}


def shaken(model: Any, seed: int = 0, spread: float = 0.2) -> Any:
    """The model, with weights large enough that everything depends on everything."""
    random = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign(variable.numpy() + random.normal(0, spread / max(1, variable.shape[-1]) ** 0.5, variable.shape))
    return model


def built(model: type, condition: Spec, target: Spec, **options: Any) -> Any:
    keras.utils.set_random_seed(0)
    return shaken(model(condition=condition, target=target, **options))


def cut(batch: Any, rows: slice) -> Any:
    return tf.nest.map_structure(lambda value: value[rows], batch)


def check_examples_stand_alone(model: Any, condition: Spec, target: Spec) -> None:
    """Losses, in training and evaluation, gradients and samples of a batch are those of its parts; one may be empty."""
    batch = batch_of(condition, target, 5)
    groups = getattr(model, "groups", lambda: {"main": model.trainable_variables})()

    @tf.function(reduce_retracing=True, autograph=False)
    def losses(part: Any, training: bool) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            found, statistics = losses_of(model, part, noise=part["noise"] if training else None)
            totals = {group: tf.add_n([tf.reduce_sum(value) for value, _ in terms.values()])
                      for group, terms in found.items()}  # fmt: skip
        sources = {group: [each.value for each in groups[group]] for group in totals} if training else {}
        slopes = {group: tape.gradient(totals[group], each, unconnected_gradients=ZERO)
                  for group, each in sources.items()}  # fmt: skip
        return found, statistics, {group: [tf.convert_to_tensor(each) for each in slope]
                                   for group, slope in slopes.items()}  # fmt: skip

    any_count = tf.nest.map_structure(lambda each: tf.TensorSpec((None, *each.shape[1:]), each.dtype), batch)
    for training in (True, False):
        losses.get_concrete_function(any_count, training)  # one graph for all
        parts = [losses(cut(batch, rows), training) for rows in (slice(0, 2), slice(2, 2), slice(2, 5))]
        whole, statistics, slopes = losses(batch, training)
        for group, terms in whole.items():
            for term, (value, weight) in terms.items():
                assert value.shape == weight.shape == (5,) and value.dtype == weight.dtype == tf.float32
                rest = np.concatenate([part[0][group][term][0] for part in parts])
                np.testing.assert_allclose(value, rest, rtol=2e-4, atol=2e-5)
        for everything, which in ((statistics, 1), (slopes, 2)):
            summed = tf.nest.map_structure(lambda *values: sum(values), *(part[which] for part in parts))
            for one, other in zip(tf.nest.flatten(everything), tf.nest.flatten(summed), strict=True):
                assert np.isfinite(one).all()
                np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)
    for one, other in zip(*(tf.nest.flatten(losses(batch, False)) for _ in range(2)), strict=True):
        np.testing.assert_array_equal(one, other)
    ((name, field),) = target.items()
    drawn = model.sample(batch["condition"], seed=3)[name]
    assert drawn.shape == (5, *field.shape) and drawn.dtype == np.float32 and np.isfinite(drawn).all()
    fewer = model.sample(cut(batch["condition"], slice(0, 2)), seed=3)[name]
    np.testing.assert_allclose(drawn[:2], fewer, atol=1e-4)
    np.testing.assert_array_equal(drawn, model.sample(batch["condition"], seed=3)[name])
    assert np.abs(drawn - model.sample(batch["condition"], seed=4)[name]).max() > 1e-3
    other = {**batch["condition"], **batch_of(condition, target, 5, seed=1)["condition"]}
    assert np.abs(drawn - model.sample(other, seed=3)[name]).max() > 1e-3
    assert model.sample(cut(batch["condition"], slice(0, 0)), seed=3)[name].shape == (0, *field.shape)
