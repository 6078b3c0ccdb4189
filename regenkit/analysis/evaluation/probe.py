"""What representations tell of X: its class from Y, from Y′, and from what a diffusion model says inside.

X must be a class. A probe is fitted to training pairs and measured on pairs of the test split (see `classes`); the
representation itself has seen neither X nor, of the test split, Y.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regenkit.analysis.evaluation.bootstrap import interval
from regenkit.analysis.evaluation.chosen import chosen
from regenkit.analysis.evaluation.classes import right
from regenkit.analysis.evaluation.representation import Representation
from regenkit.data.fraction import shown
from regenkit.data.prepare import Prepared, Progress
from regenkit.errors import UserError
from regenkit.files import write_json
from regenkit.pipeline import Pipeline
from regenkit.pipeline.load import load_run
from regenkit.spec import Field, Fields, Spec
from regenkit.stage import ShowsFeatures

Sides = dict[str, Fields]


def probe_run(folder: Path, stage: str, *, time: float, examples: int, progress: Progress) -> dict[str, Any]:
    """Probe a stage of a run, into its probe-STAGE.json. Raises UserError."""
    pipeline = load_run(folder)
    class_field(pipeline.specs["x"], folder)
    if stage != "converter":
        representation(pipeline, stage)  # refused before the data are prepared
    elif pipeline.learned:
        pipeline.stage("converter")
    report = {"run": str(folder), **probe(pipeline, pipeline.prepare(progress), stage, time=time, examples=examples)}
    write_json(folder / f"probe-{stage}.json", report)
    return report


def probe(pipeline: Pipeline, prepared: Prepared, stage: str, *, time: float, examples: int) -> dict[str, Any]:
    """{"features": {of what: {"size", "linear", "knn"}}, …}: shares that were told, each with its interval.

    time      of a diffusion model's features, of each of its blocks (`evaluation.representation`)
    examples  to learn from, and to measure, at most
    """
    name = class_field(pipeline.specs["x"], pipeline.folder)
    prepared = shown(prepared)  # the probe may know of an X that was hidden from the stages
    parts: dict[str, list[Any]] = {split: [prepared.example(place)[0] for place in chosen(prepared, split, examples)]
                                   for split in ("train", "test")}  # fmt: skip
    fit, held_out = parts["train"], parts["test"]
    if len(fit) < 2 or not held_out:
        raise UserError(f"{pipeline.folder}: {len(fit)} pairs to learn from, {len(held_out)} to measure; too few")
    labels, truth = (np.array([each["x"][name] for each in part]) for part in (fit, held_out))
    values, counts = np.unique(labels, return_counts=True)
    if len(values) < 2:
        raise UserError(f"{pipeline.folder}: all {len(fit)} pairs to learn from are of one class; a probe tells two")
    commonest = (truth == values[counts.argmax()]).astype(np.float64)
    found = {"the commonest class": {"size": 0, "linear": interval(commonest), "knn": interval(commonest)}}
    inside = None if stage == "converter" else representation(pipeline, stage)
    known, coming = (_features(pipeline, stage, inside, time, part) for part in (fit, held_out))
    for what, features in known.items():
        told = {way: interval(each) for way, each in right(features, labels, coming[what], truth).items()}
        found[what] = {"size": int(features.shape[1]), **told}
    at = {} if stage == "converter" else {"time": time}
    return {"stage": stage, "class": name, **at, "training": len(fit), "held_out": len(held_out), "features": found}


def class_field(x: Spec, where: Any) -> str:
    """X's one field. Raises UserError where it is no class."""
    if len(x) != 1 or not all(field.scalar and field.vocabulary for field in x.values()):
        has = ", ".join(f"{name} {field.kind} {field.shape}" for name, field in x.items()) or "nothing"
        raise UserError(f"{where}: a probe asks for the class of an example, and X is {has}; right is one token, as a "
                        "label")  # fmt: skip
    return next(iter(x))


def representation(pipeline: Pipeline, stage: str) -> Representation:
    """What a stage says inside. Raises UserError where it does not tell."""
    model = pipeline.stage(stage)
    if not isinstance(model, ShowsFeatures):
        raise UserError(f"{pipeline.folder}: its {stage}, {type(model).__name__}, does not tell what it says inside; "
                        "diffusion does")  # fmt: skip
    return Representation(model)


def _features(
    pipeline: Pipeline, stage: str, inside: Representation | None, time: float, part: list[Any]
) -> dict[str, np.ndarray]:
    """What is probed, float32 [examples, d], by name."""
    found = {"Y": flat(pipeline.specs["y"], part, "y")}
    if inside is None:
        return {**found, "Y′": flat(pipeline.specs["rep"], part, "rep")}
    target = pipeline.sides(stage)[1]
    rows = [{name: sides[target.source[name]][name] for name in target.spec} for sides in part]
    return found | {f"block {number}": block for number, block in enumerate(inside(rows, time=time), 1)}


def flat(spec: Spec, examples: Sequence[Sides], side: str) -> np.ndarray:
    """float32 [examples, d]: fields of fixed shape value by value, a token as a vector of its own; of others the mean
    over steps."""
    return np.concatenate([_field(field, [each[side][name] for each in examples]) for name, field in spec.items()], 1)


def _field(field: Field, values: Sequence[np.ndarray]) -> np.ndarray:
    def one(value: np.ndarray) -> np.ndarray:
        value = np.asarray(value)
        if field.vocabulary:
            value = np.eye(field.vocabulary + 1, dtype=np.float32)[value][..., 1:]
        if field.variable:
            value = value.reshape(len(value), -1).mean(0) if len(value) else np.zeros(value[..., :1].size)
        return np.float32(value).reshape(-1)

    return np.stack([one(value) for value in values])
