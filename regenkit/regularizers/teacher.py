"""A converter as a teacher: what it makes of the clean target, as a vector at each place of the student's grid.

Y′ is the representation. Numbers are as they are, a token is a vector of its own (1 at its number, else 0); fields of
several grids are brought to the student's, by averaging where that is coarser, and stand beside one another.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, final, runtime_checkable

from regenkit import plugins
from regenkit.components import Component
from regenkit.errors import UserError
from regenkit.layers.conditioner import is_grid
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.arguments import check_choice
from regenkit.spec import Field, Spec
from regenkit.stage import Batch, OpenRun

WRITE = "write {use: NAME, …} of a converter with encode, or {from: RUN}"


@runtime_checkable
class Encodes(Protocol):
    """What a converter has, or its class, if it is a network and no rule."""

    def encode(self, condition: Batch, target: Batch) -> Batch: ...


def checked(choice: Mapping[str, Any]) -> dict[str, Any]:
    """The option with all defaults filled in; a run is looked for when training begins. Raises ValueError."""
    if ("use" in choice) == ("from" in choice):
        raise ValueError(f"{'has both use and from' if 'use' in choice else 'names no teacher'}; {WRITE}")
    if "use" in choice:
        return check_choice(choice, _network, "{use: NAME}")
    if not isinstance(choice["from"], str):
        raise ValueError(f"from should be a run, not {choice['from']!r}; {WRITE}")
    if len(choice) > 1:
        unknown = next(key for key in choice if key != "from")
        raise ValueError(f"unknown key {unknown!r}: a converter from elsewhere brings its own arguments")
    return dict(choice)


def _network(name: str) -> Component:
    record = plugins.host().find("converter", name)
    if record.learned:
        raise UserError(f"{record.name} is learned: train it, and {{from: RUN}} takes it from there")
    _refuse_rule(record.load(), record.name)
    return record


def _refuse_rule(converter: Any, name: str) -> None:
    if not isinstance(converter, Encodes):
        raise UserError(f"{name} is no network: it has no encode(condition, target); {WRITE}")


@final
class Teacher:
    """Fields of the target [batch, …] → float32 [batch, places of the grid, size]. No variable of it is trained.

    Raises UserError where it is not there, does not read what the student draws, or tells nothing place by place.
    """

    def __init__(self, choice: Mapping[str, Any], grid: tuple[int, int], target: Spec, open_run: OpenRun) -> None:
        self.grid = grid
        self.name = str(choice.get("use", choice.get("from")))
        self.converter, reads = (
            _of_run(Path(choice["from"]), open_run) if "from" in choice else _by_name(choice, target)
        )
        for name, field in reads.items():
            if name not in target or (target[name].kind, target[name].shape) != (field.kind, field.shape):
                raise UserError(f"regularizer.teacher: {self.name} reads {_listed(reads)}; this stage draws "
                                f"{_listed(target)}. A teacher reads what its student draws")  # fmt: skip
        self.fields = Spec((name, field) for name, field in self.converter.spec.items() if is_grid(field))
        if not self.fields:
            raise UserError(f"regularizer.teacher: {self.name} makes {_listed(self.converter.spec)}; right is a Y′ "
                            "that is a grid (height, breadth, …)")  # fmt: skip
        self.size = sum(map(_size, self.fields.values()))
        self({name: tf.zeros([1, *field.shape]) for name, field in target.items()})  # once outside of any graph

    def __call__(self, target: Mapping[str, tf.Tensor]) -> tf.Tensor:
        rep, found = self.converter.encode({}, target), []
        for name, field in self.fields.items():
            value = tf.one_hot(rep[name] - 1, field.vocabulary) if field.vocabulary else rep[name]
            value = tf.reshape(tf.cast(value, tf.float32), [-1, *field.shape[:2], _size(field)])
            found.append(_resized(value, self.grid))
        return tf.reshape(tf.concat(found, -1), [-1, math.prod(self.grid), self.size])


def _by_name(choice: Mapping[str, Any], target: Spec) -> tuple[Any, Spec]:
    options = {key: value for key, value in choice.items() if key != "use"}
    try:
        return plugins.host().find("converter", choice["use"]).load()(y=target, **options), Spec()
    except ValueError as error:
        raise UserError(f"regularizer.teacher: {choice['use']}: {error}") from error


def _of_run(folder: Path, open_run: OpenRun) -> tuple[Any, Spec]:
    """(a run's converter, what it reads)"""

    try:
        pipeline = open_run(folder)
        pipeline.strategy = tf.distribute.get_strategy()  # that of the training it is to teach in
        converter = pipeline.stage("converter") if pipeline.learned else pipeline.converter
        _refuse_rule(converter, f"the converter of {folder}")
    except UserError as error:
        raise UserError(f"regularizer.teacher: {error}") from error
    return converter, pipeline.specs["y"]


def _size(field: Field) -> int:
    """Numbers of a place."""
    return math.prod(int(size or 1) for size in field.shape[2:]) * (field.vocabulary or 1)


def _resized(value: tf.Tensor, grid: tuple[int, int]) -> tf.Tensor:
    """Averaged where the grid is coarser, interpolated where it is finer."""
    if tuple(value.shape[1:3]) == grid:
        return value
    coarser = all(mine >= theirs for mine, theirs in zip(value.shape[1:3], grid, strict=True))
    return tf.image.resize(value, grid, "area" if coarser else "bilinear")


def _listed(spec: Spec) -> str:
    return ", ".join(f"{name} {field.shape}" for name, field in spec.items()) or "nothing"
