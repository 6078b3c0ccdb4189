"""A tiny transformer, inputs for it, and what its teacher-forced network says of them: for tests."""

from typing import Any

import numpy as np
import pytest

from regenkit.models.transformer import Transformer
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec, tokens

LETTERS = Spec({"letter": tokens(5), "mode": tokens(3, scalar=True, optional=True)})
NOTES = Spec({"high": tokens(7), "low": tokens(4)})
KEYED = Spec({"high": tokens(7), "key": tokens(6, scalar=True), "low": tokens(4)})
TARGETS = [
    pytest.param(NOTES, id="steps", marks=pytest.mark.exhaustive(minutes=0.1)),
    pytest.param(KEYED, id="steps and a scalar"),
]


def built(condition: Spec, target: Spec, seed: int = 0, spread: float = 0.3, **options: Any) -> Transformer:
    """With weights large enough that everything depends on everything."""
    tf.keras.utils.set_random_seed(seed)
    model = Transformer(condition=condition, target=target, **{"width": 16, "depth": 2, "heads": 2, **options})
    random = np.random.default_rng(seed)
    for variable in model.variables:
        variable.assign(variable.numpy() + random.normal(0, spread, variable.shape))
    return model


def condition_of(steps: int, lengths: list[int], seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    mask = np.arange(steps)[None] < np.array(lengths)[:, None]
    return {
        "letter": np.int32(random.integers(1, 6, mask.shape) * mask),
        "mode": np.int32(random.integers(1, 4, len(lengths))),
        "mask": mask,
    }


def target_of(model: Transformer, mask: np.ndarray, seed: int = 1) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {
        name: np.int32(random.integers(1, field.vocabulary + 1, len(mask)) if field.scalar
                       else random.integers(1, field.vocabulary + 1, mask.shape) * mask)
        for name, field in model.target.items()
    }  # fmt: skip


def stepwise(model: Transformer, condition: dict[str, np.ndarray], target: dict[str, np.ndarray]) -> dict[str, Any]:
    """log P of each field at each step [batch, steps (+ 1 where there are scalars)]."""
    return {name: -nll.numpy() for name, (nll, _) in model._field_nll(condition, target, None).items()}


def scores(model: Transformer, condition: Any, target: Any, name: str, step: int) -> np.ndarray:
    """log P of every token of a field at a step, all else being as in `target`: [batch, vocabulary]."""
    vocabulary, batch = model.target[name].vocabulary, len(target[name])
    assert vocabulary
    many = {key: np.repeat(value, vocabulary, 0) for key, value in target.items()}
    place = (slice(None),) if model.target[name].scalar else (slice(None), step)
    many[name][place] = np.tile(np.arange(1, vocabulary + 1), batch)
    row = 0 if model.target[name].scalar else step + int(model.has_scalars)
    repeated = {key: np.repeat(value, vocabulary, 0) for key, value in condition.items()}
    return stepwise(model, repeated, many)[name][:, row].reshape(batch, vocabulary)


def greedy(model: Transformer, condition: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The likeliest token of each field in turn, as the teacher-forced network scores them."""
    batch, steps = condition["mask"].shape
    found = {name: np.zeros(batch if field.scalar else (batch, steps), np.int32)
             for name, field in model.target.items()}  # fmt: skip
    for step in range(-int(model.has_scalars), steps):
        for name, field in model.target.items():
            if field.scalar == (step < 0):
                best = 1 + scores(model, condition, found, name, step).argmax(1)
                found[name][(slice(None),) if field.scalar else (slice(None), step)] = best
    return {name: value if model.target[name].scalar else value * condition["mask"] for name, value in found.items()}


def equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return set(one) == set(other) and all(np.array_equal(one[name], other[name]) for name in one)
