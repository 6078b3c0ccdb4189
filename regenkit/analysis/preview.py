"""What a recipe will be trained on, before it is: examples and their Y′, splits, classes, lengths, what is left out."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

from regenkit.adapter import Sheets
from regenkit.components import Dataset
from regenkit.data import shards
from regenkit.data.prepare import Prepared
from regenkit.data.skip_report import by_reason
from regenkit.pipeline import Pipeline
from regenkit.pipeline.cost import costs, listed, longest
from regenkit.pipeline.editing import text_of
from regenkit.pipeline.modalities import record_of
from regenkit.recipe import Recipe
from regenkit.run.beside import x_line, y_line
from regenkit.spec import Spec

ABSENT = "(none)"
"""Stands for the class of an example that has none."""


def describe(recipe: Recipe, count: int, console: Console) -> dict[str, Any]:
    """Describe the data; prepares them if that is not done yet.

    examples   by split, paired and unpaired
    classes    by field that names one class an example: examples by class and split
    steps      least, median and most
    parameters by stage
    costs      by stage: bytes of what its training takes (see `pipeline.cost`); `takes`: the same in words
    skipped    (source or example, why it is left out), all; `left_out`: the same by reason
    remarks    (example, what of it could not be kept), all; `remarked`: the same by reason
    ignored    (what lies among the data and is none, why), all
    outdated   (module, what of its code has changed since it prepared these data), all
    shown      `count` training examples: id, X and Y in a line each, Y′ as text
    """
    pipeline = Pipeline(recipe)
    with Progress(console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what)
            bar.update(tasks[what], completed=done, total=total)

        prepared = pipeline.prepare(progress)
    found = costs(pipeline, (*recipe.stages, "direct"), longest(pipeline, prepared))
    quantiles = np.quantile(prepared.steps, [0, 0.5, 1]).astype(int)
    return {
        "examples": prepared.counts(),
        "classes": classes(prepared),
        "steps": {name: int(value) for name, value in zip(("least", "median", "most"), quantiles, strict=True)},
        "parameters": {stage: each.parameters for stage, each in found.items()},
        "costs": {stage: {**asdict(each), "total": each.total} for stage, each in found.items()},
        "takes": list(listed(pipeline, found, len(prepared.split))),
        "skipped": prepared.skipped,
        "left_out": [asdict(reason) for reason in by_reason(prepared.skipped)],
        "remarks": prepared.remarks,
        "remarked": [asdict(reason) for reason in by_reason(prepared.remarks)],
        "ignored": prepared.ignored,
        "outdated": prepared.outdated,
        "shown": [_shown(pipeline, *prepared.example(index)) for index in chosen(prepared, count)],
    }


def classes(prepared: Prepared) -> dict[str, dict[str, dict[str, int]]]:
    """{"x/label": {"cat": {"train": 12, …}, …}}: of each labelled field with one value an example, classes in order."""
    wanted = {
        side: Spec((name, field) for name, field in prepared.specs[side].items() if field.scalar and field.labels)
        for side in ("x", "y")
    }
    wanted = {side: spec for side, spec in wanted.items() if spec}
    if not wanted:
        return {}
    counted: Counter[tuple[str, str, int, str]] = Counter()
    for index, split in enumerate(prepared.split.tolist()):
        sides, _ = shards.deserialize(prepared.examples[index], wanted)
        for side, spec in wanted.items():
            for name in spec:
                counted[side, name, int((sides[side] or {}).get(name, 0)), split] += 1
    found: dict[str, dict[str, dict[str, int]]] = {
        f"{side}/{name}": {label: {} for label in field.labels} for side, spec in wanted.items()
        for name, field in spec.items()
    }  # fmt: skip
    for (side, name, token, split), number in sorted(counted.items()):
        label = wanted[side][name].labels[token - 1] if token else ABSENT
        found[f"{side}/{name}"].setdefault(label, {})[split] = number
    return found


def _shown(pipeline: Pipeline, sides: dict[str, Any], meta: dict[str, Any]) -> dict[str, str]:
    return {
        "id": str(meta.get("id", "")),
        "x": x_line(pipeline, sides["x"], meta),
        "rep": "Y′ is learned: before training there is none"
        if sides["rep"] is None
        else text_of(pipeline.converter, sides["rep"], meta),
        "y": y_line(pipeline, sides["y"], meta),
    }


def written_as(recipe: Recipe) -> tuple[str, ...]:
    """The suffixes of the files that Y is written to."""
    data = recipe.dataset.component
    assert isinstance(data, Dataset)
    return tuple(record_of(data, data.y).writes)


def write_shown(recipe: Recipe, path: Path, count: int) -> list[Path]:
    """Write the Y of the examples that `describe` shows: on one sheet, where their modality makes sheets, else a file
    each."""
    pipeline = Pipeline(recipe)
    prepared = pipeline.prepare(lambda *_: None)
    examples = [prepared.example(index) for index in chosen(prepared, count)]
    values = [pipeline.y.decode(sides["y"] or {}, meta) for sides, meta in examples]
    if isinstance(pipeline.y, Sheets):
        values = [pipeline.y.sheet(values)]
    paths = [path] if len(values) == 1 else [
        path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(1, len(values) + 1)
    ]  # fmt: skip
    for value, each in zip(values, paths, strict=True):
        pipeline.y.write(value, each)
    return paths


def chosen(prepared: Prepared, count: int) -> list[int]:
    """Training examples to show, not next to one another; paired ones, if there are any."""
    indices = prepared.indices("train", paired=True if prepared.paired.any() else None)
    step = max(1, min(97, len(indices) // count))
    return [int(index) for index in indices[: step * count : step]]
