"""Grids of codes with conditions of every kind, and a few steps of the loop over them: for tests of models of grids."""

from collections.abc import Callable
from typing import Any

import numpy as np

from regenkit.distribute import make_strategy
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.train_settings import TrainSettings
from regenkit.spec import Field, Spec, tokens
from regenkit.training.state import State
from regenkit.training.step import TrainStep

LABEL = Spec({"label": tokens(5, scalar=True)})
CAPTION = Spec({"caption": Field(vocabulary=30, shape=(None,))})
COARSE = Spec({"coarse": Field(vocabulary=6, shape=(2, 1))})
PICTURE = Spec({"picture": Field(kind="continuous", shape=(4, 6, 1))})
CONDITIONS = {"label": LABEL, "caption": CAPTION, "coarse": COARSE, "picture": PICTURE, "all": LABEL | CAPTION | COARSE}

CODE = Spec({"code": Field(vocabulary=7, shape=(2, 3))})
LEVELS = Spec({"level1": Field(vocabulary=7, shape=(2, 3)), "level2": Field(vocabulary=4, shape=(2, 3))})
SIZES = Spec({"top": Field(vocabulary=5, shape=(1, 2)), "bottom": Field(vocabulary=7, shape=(2, 3))})
NAMED = Spec({"code": Field(vocabulary=7, shape=(2, 3)), "kind": tokens(3, scalar=True)})


def values(spec: Spec, batch: int, seed: int = 0, steps: int = 6) -> dict[str, np.ndarray]:
    """Random fields [batch, …]; what has no size is `steps` long."""
    random = np.random.default_rng(seed)
    shapes = {name: (batch, *(size or steps for size in field.shape)) for name, field in spec.items()}
    return {
        name: np.int32(random.integers(1, field.vocabulary + 1, shapes[name])) if field.vocabulary
        else np.float32(random.uniform(-1, 1, shapes[name]))
        for name, field in spec.items()
    }  # fmt: skip


def strong(build: Callable[[], Any], seed: int = 0, spread: float = 0.3) -> Any:
    """A model with weights large enough that everything depends on everything."""
    keras.utils.set_random_seed(seed)
    model, random = build(), np.random.default_rng(seed)
    for variable in model.variables:
        variable.assign(variable.numpy() + random.normal(0, spread, variable.shape))
    return model


def rows(fields: dict[str, Any], which: Any) -> dict[str, Any]:
    return {name: value[which] for name, value in fields.items()}


def seeds(batch: int, first: int = 3) -> np.ndarray:
    return np.stack([np.full(batch, first), np.arange(batch)], 1).astype(np.int32)


def loss_of(model: Any, condition: Any, target: Any, noise: Any) -> tuple[np.ndarray, np.ndarray]:
    """(value, weight) of all terms together, each [batch]."""
    batch = tf.nest.map_structure(tf.convert_to_tensor, {"condition": condition, "target": target})
    terms = model.losses(batch, noise=None if noise is None else tf.constant(noise))["main"].values()
    return sum(value.numpy() for value, _ in terms), sum(weight.numpy() for _, weight in terms)


def trained(build: Callable[[], Any], condition: Spec, target: Spec, strategy: str) -> list[np.ndarray]:
    """Weights after twenty steps of the loop, of some a single example is left, and none for one of two replicas."""
    settings = TrainSettings(warmup_steps=0, steps=20, ema=0.0)
    chosen = make_strategy(strategy)
    with chosen.scope():
        keras.utils.set_random_seed(0)
        state = State(build(), settings)
    data = {"condition": values(condition, 19), "target": values(target, 19, 1), "noise": seeds(19)}
    batches = iter(chosen.experimental_distribute_dataset(tf.data.Dataset.from_tensor_slices(data).batch(6).repeat()))
    TrainStep(state, chosen, settings)(batches, tf.constant(20))
    return [variable.numpy() for variable in state.model.variables]
