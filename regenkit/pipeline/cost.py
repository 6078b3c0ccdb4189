"""What training a stage takes, before anything is built: counted from its draft, and from the graph of its losses.

Nothing is allocated. The graph is traced for the shapes of weights and of a batch, and the outputs that gradients will
need are added up. docs/limits.md compares that with what was measured.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from regenkit import limits
from regenkit.data.lengths import lengths_of
from regenkit.data.prepare import Prepared
from regenkit.digest import digest
from regenkit.errors import UserError
from regenkit.pipeline.draft import BYTES, count, deciding, draft
from regenkit.pipeline.pipeline import Pipeline
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.recipe import Part
from regenkit.spec import Y_AXIS, Clock, Spec
from regenkit.stage import CONDITION, NOISE, PRESENT, TARGET, Trainable
from regenkit.stages import RENDERER, STAGES, Side

STEPS = 64
"""Along each axis, where no data say how many there are."""
LOOKED_AT = 200
"""Examples whose lengths along other axes than Y's are read, evenly chosen."""
Steps = Mapping[str, int] | None
"""Of the longest example, by axis; None where the data are not known."""
SURE = 0.6
"""Of the counted activations a stage takes this share at least: measurements gave 0.6 to 0.85 of the count."""
LARGE = 0.5
"""The share of the memory from which on a warning calls a stage large."""
WARNING = "warning: "
"""How the line of such a stage begins."""
_GIVEN = {"Placeholder", "Const"}
"""Operations whose output is no activation."""
_LINEAR = {
    *("AddV2", "AddN", "Sub", "Neg", "BiasAdd", "Sum", "Mean", "Cast", "Pad", "PadV2", "MirrorPad", "ConcatV2", "Pack"),
    *("Unpack", "Split", "SplitV", "Slice", "StridedSlice", "Transpose", "Reshape", "Squeeze", "ExpandDims"),
    *("Identity", "BroadcastTo", "Tile", "StopGradient", "Shape", "ZerosLike", "OnesLike"),
}
"""Operations whose gradient does not need what they read."""
_OWN = {"Softmax", "LogSoftmax", "Tanh", "Sigmoid", "Exp", "Sqrt", "Rsqrt", "Relu", "Elu", "Softplus"}
"""Operations whose gradient needs what they give."""
_known: dict[str, int | None] = {}
"""Bytes of activations, by all that they depend on; they are kept because tracing takes a second."""


@final
@dataclass(frozen=True, kw_only=True)
class Cost:
    """What training one stage takes, in bytes; `parameters` are a number.

    weights      those that it draws with
    optimizer    two moments and the gradient of each parameter, and the moving average of each weight
    activations  of one batch, None where the graph of its losses cannot be traced alone
    batch_size   examples of that batch
    steps        of the longest example
    """

    parameters: int
    weights: int
    optimizer: int
    activations: int | None
    batch_size: int
    steps: int

    @property
    def total(self) -> int:
        """What it takes, or somewhat more."""
        return self.weights + self.optimizer + (self.activations or 0)

    @property
    def least(self) -> int:
        """The least that it takes."""
        return self.weights + self.optimizer + int(SURE * (self.activations or 0))

    def __str__(self) -> str:
        kept = "unknown" if self.activations is None else limits.size(self.activations)
        return (
            f"{self.parameters:,} parameters; weights {limits.size(self.weights)}, optimiser "
            f"{limits.size(self.optimizer)}, activations {kept} (a batch of {self.batch_size:,}"
            f"{f', {self.steps:,} steps' * bool(self.steps)})"
        )


def cost(pipeline: Pipeline, stage: str, steps: Steps = None) -> Cost:
    """What training `stage` takes. Raises UserError, naming the option that decides, where it cannot fit."""
    found = _cost(pipeline, stage, pipeline.build(stage, drafted=True), steps)
    if found.least > (there := limits.memory()):
        raise UserError(_refusal(pipeline, stage, found, there, steps))
    return found


def _cost(pipeline: Pipeline, stage: str, model: Any, steps: Steps) -> Cost:
    sides = pipeline.sides(stage)
    settings = pipeline.recipe.train_settings(stage)
    longest = _longest_of(sides, steps, settings.window)
    batch_size = settings.batch_size
    trainable, all_ = count(getattr(model, "trainable_variables", ())), count(getattr(model, "variables", ()))
    return Cost(
        parameters=trainable, weights=BYTES * all_, optimizer=BYTES * (3 * trainable + all_),
        activations=_activations(pipeline, stage, model, batch_size, longest), batch_size=batch_size,
        steps=max(longest.values(), default=0),
    )  # fmt: skip


def _longest_of(sides: tuple[Side, Side], steps: Steps, window: int | None) -> dict[str, int]:
    """By axis of a stage; with a window no more than it has along Y."""
    clocks = [clock for side in sides for clock in side.spec.clocks]
    found = {clock.axis: (steps or {}).get(clock.axis, STEPS) for clock in clocks}
    if window and Y_AXIS in found:
        hop = max(clock.hop for clock in clocks if clock.axis == Y_AXIS)
        found[Y_AXIS] = min(found[Y_AXIS], Clock(Y_AXIS, hop).steps(window))
    return found


def costs(pipeline: Pipeline, stages: Iterable[str], steps: Steps = None) -> dict[str, Cost]:
    """The same of several stages, by name. Their weights are counted first, which takes no time."""
    stages = [stage for stage in stages if not (stage == RENDERER and pipeline.recipe.renderer.own_decoder)]
    for stage in stages:
        pipeline.build(stage, drafted=True)
    return {stage: cost(pipeline, stage, steps) for stage in stages}


def listed(pipeline: Pipeline, found: Mapping[str, Cost], examples: int | None = None) -> Iterator[str]:
    """A line for each stage, one for the records, and warnings: of each stage that fits, but not by much, and of each
    section of `train` that changes nothing.

    examples   so many are prepared; None where that is not known
    """
    for stage, each in found.items():
        yield f"{stage}: {each}"
    steps = max((each.steps for each in found.values()), default=0)
    size = record_size(pipeline.specs, steps)
    at = f" of {steps:,} steps" if steps else ""
    all_ = "" if examples is None else f"; {examples:,} of them {limits.size(size * examples)} at most"
    yield f"records: {limits.size(size)} an example{at}{all_}"
    there = limits.memory()
    for stage, each in found.items():
        if each.total > LARGE * there:
            yield (f"{WARNING}training {stage} takes about {limits.size(each.total)}, and this machine has "
                   f"{limits.size(there)} of memory")  # fmt: skip
    for stage in pipeline.recipe.unread:
        yield f"{WARNING}train.{stage} changes nothing, because this recipe does not train the stage {stage}"


def longest(pipeline: Pipeline, prepared: Prepared) -> dict[str, int] | None:
    """By axis, steps of the longest of the prepared examples; None where nothing runs along any.

    Along Y it is known of all of them, along other axes of the longest and of LOOKED_AT.
    """
    steps = prepared.steps
    if not len(steps) or not any(spec.clocks for spec in pipeline.specs.values()):
        return None
    found: dict[str, int] = {}
    for place in {int(np.argmax(steps)), *np.linspace(0, len(steps) - 1, LOOKED_AT).astype(int).tolist()}:
        for side, fields in prepared.example(place)[0].items():
            for axis, length in lengths_of(fields or {}, pipeline.specs[side]).items():
                found[axis] = max(found.get(axis, 1), length)
    return {**found, **({Y_AXIS: int(steps.max())} if Y_AXIS in pipeline.specs["y"].axes else {})}


def record_size(specs: Mapping[str, Spec], steps: int) -> int:
    """Bytes of one prepared example, with `steps` along each axis."""
    return sum(
        math.prod(_shape(spec, name, dict.fromkeys(spec.axes, steps))) * (1 if field.levels else BYTES)
        for spec in specs.values()
        for name, field in spec.items()
    )


def _refusal(pipeline: Pipeline, stage: str, found: Cost, there: int, steps: Steps) -> str:
    why = f"{stage}: training takes about {limits.size(found.total)}, and this machine has {limits.size(there)} of "
    why += f"memory ({limits.MEMORY} says otherwise). It is {found}"
    left = there - found.weights - found.optimizer
    if found.activations and (fits := int(left / (SURE * found.activations / found.batch_size))) > 0:
        key = f"train.{STAGES[stage].settings}.batch_size"
        return f"{pipeline.recipe.path}: {key}: of {found.batch_size:,} examples about {fits:,} fit: {why}"
    if not STAGES[stage].parts:
        condition, target = pipeline.sides(stage)

        def fitting(smaller: Part) -> str | None:
            other = _cost(pipeline, stage, draft(smaller, condition, target), steps)
            return limits.size(other.total) if other.least <= there else None

        if decided := deciding(pipeline.recipe.part(stage), fitting, tries=2):
            return f"{decided}: {why}"
    return f"{pipeline.recipe.path}: {why}. Make the stage smaller, or the examples"


def _activations(pipeline: Pipeline, stage: str, model: Any, batch_size: int, steps: Mapping[str, int]) -> int | None:
    """Bytes; None where the stage has no losses, or they cannot be traced so."""
    if not isinstance(model, Trainable):
        return None
    sizes = [count(model.variables), len(model.variables), batch_size, dict(steps)]  # of the stage, or a smaller one
    key = digest([pipeline.contract(stage), pipeline.recipe.plain(), sizes])
    if key not in _known:
        try:
            _known[key] = _traced(model, pipeline.sides(stage), batch_size, steps)
        except Exception:  # a stage may need what only training has: the estimate is "unknown" then
            _known[key] = None
    return _known[key]


def _traced(model: Any, sides: tuple[Side, Side], batch_size: int, steps: Mapping[str, int]) -> int:
    def losses(batch: Any, values: Any) -> None:
        with keras.StatelessScope(zip(model.variables, values, strict=True), initialize_variables=False):
            model.losses(batch, noise=batch[NOISE])

    values = [tf.TensorSpec(each.shape, each.dtype) for each in model.variables]
    traced = tf.function(losses, autograph=False)
    return sum(_kept(traced.get_concrete_function(_batch(sides, batch_size, steps), values).graph))


def _kept(graph: tf.Graph) -> Iterator[int]:
    """Bytes of each output that a gradient will need."""
    for operation in graph.get_operations():
        for output in operation.outputs if operation.type not in _GIVEN else ():
            needed = operation.type in _OWN or any(each.type not in _LINEAR for each in output.consumers())
            if needed and output.shape.is_fully_defined():
                yield math.prod(output.shape.as_list()) * output.dtype.size


def _batch(sides: tuple[Side, Side], batch_size: int, steps: Mapping[str, int]) -> dict[str, Any]:
    """The shapes and types of a batch."""

    def empty(kind: Any, *shape: int) -> tf.TensorSpec:
        return tf.TensorSpec([batch_size, *shape], kind)

    clocks = {clock for side in sides for clock in side.spec.clocks}
    masks = {clock.mask: empty(tf.bool, clock.entries(steps[clock.axis])) for clock in clocks}
    condition, target = (
        {name: empty(tf.int32 if field.vocabulary else tf.float32, *_shape(side.spec, name, steps))
         for name, field in side.spec.items()} | masks
        for side in sides
    )  # fmt: skip
    return {CONDITION: condition, TARGET: target, NOISE: empty(tf.int32, 2), PRESENT: empty(tf.float32)}


def _shape(spec: Spec, name: str, steps: Mapping[str, int]) -> list[int]:
    clock = spec.clock(name)
    return [clock.entries(steps[clock.axis]) if size is None and clock else size or 0 for size in spec[name].shape]
