"""How much of X representations show: its class is predicted from Y, from Y′, and from inner features of a model.

X must be a class. A probe is fitted to training pairs and measured on pairs of the test split (see
`measures/linear_probe`); the representation itself has seen neither X nor, of the test split, Y.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regenkit.analysis.measures.bootstrap import bootstrap
from regenkit.analysis.measures.diffusion_features import DiffusionFeatures
from regenkit.analysis.measures.linear_probe import correct
from regenkit.analysis.measures.subset import subset
from regenkit.analysis.results import files
from regenkit.analysis.results.probing import Accuracy, Probing
from regenkit.data.fraction import shown
from regenkit.data.prepare import Prepared, Progress
from regenkit.errors import UserError
from regenkit.pipeline import Pipeline
from regenkit.pipeline.load import load_run
from regenkit.spec import Field, Fields, Spec
from regenkit.stage import ShowsFeatures
from regenkit.trust import check_data

Sides = dict[str, Fields]


def probe_run(folder: Path, stage: str, *, time: float, examples: int, progress: Progress) -> Probing:
    """Probe a stage of a run, into its probe-STAGE.json. Raises UserError."""
    pipeline = load_run(folder)
    check_data(folder, pipeline.recipe.dataset.arguments)
    class_field(pipeline.specs["x"], folder)
    if stage != "converter":
        inner_features(pipeline, stage)  # refused before the data are prepared
    elif pipeline.learned:
        pipeline.stage("converter")
    found = probe(pipeline, pipeline.prepare(progress), stage, time=time, examples=examples)
    files.write(found, folder / f"probe-{stage}.json")
    return found


def probe(pipeline: Pipeline, prepared: Prepared, stage: str, *, time: float, examples: int) -> Probing:
    """The shares of held-out examples whose class is predicted, each with its interval. Where a class is not known (0),
    the example is left out.

    time      level of noise of a diffusion model's features, of each of its blocks
    examples  to learn from, and to measure, at most
    """
    label = class_field(pipeline.specs["x"], pipeline.folder)
    prepared = shown(prepared)  # the probe may know of an X that was hidden from the stages
    parts: dict[str, list[Any]] = {split: [prepared.example(index)[0] for index in subset(prepared, split, examples)]
                                   for split in ("train", "test")}  # fmt: skip
    fit, held_out = ([each for each in parts[split] if each["x"][label]] for split in ("train", "test"))
    if len(fit) < 2 or not held_out:
        raise UserError(f"{pipeline.folder}: {len(fit)} pairs to learn from, {len(held_out)} to measure; too few")
    labels, truth = (np.array([each["x"][label] for each in part]) for part in (fit, held_out))
    values, counts = np.unique(labels, return_counts=True)
    if len(values) < 2:
        raise UserError(f"{pipeline.folder}: all {len(fit)} pairs to learn from are of one class; a probe needs two")
    commonest = bootstrap((truth == values[counts.argmax()]).astype(np.float64))
    found = {"the commonest class": Accuracy(size=0, linear=commonest, knn=commonest)}
    inside = None if stage == "converter" else inner_features(pipeline, stage)
    known, coming = (_features(pipeline, stage, inside, time, part) for part in (fit, held_out))
    for what, features in known.items():
        right = {way: bootstrap(each) for way, each in correct(features, labels, coming[what], truth).items()}
        found[what] = Accuracy(size=int(features.shape[1]), **right)
    return Probing(run=str(pipeline.folder), stage=stage, label=label, time=None if stage == "converter" else time,
                   training=len(fit), held_out=len(held_out), features=found)  # fmt: skip


def class_field(x: Spec, where: Any) -> str:
    """X's one field. Raises UserError where it is no class."""
    if len(x) != 1 or not all(field.scalar and field.vocabulary for field in x.values()):
        has = ", ".join(f"{name} {field.kind} {field.shape}" for name, field in x.items()) or "nothing"
        raise UserError(f"{where}: a probe asks for the class of an example, and X is {has}; right is one token, as a "
                        "label")  # fmt: skip
    return next(iter(x))


def inner_features(pipeline: Pipeline, stage: str) -> DiffusionFeatures:
    """Raises UserError where the stage has none."""
    model = pipeline.stage(stage)
    if not isinstance(model, ShowsFeatures):
        raise UserError(f"{pipeline.folder}: its {stage}, {type(model).__name__}, shows no inner features; diffusion "
                        "does")  # fmt: skip
    return DiffusionFeatures(model)


def _features(
    pipeline: Pipeline, stage: str, inside: DiffusionFeatures | None, time: float, part: list[Any]
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
            value = value.reshape(len(value), -1).mean(0) if len(value) else np.zeros(value.shape[1:])
        return np.float32(value).reshape(-1)

    return np.stack([one(value) for value in values])
