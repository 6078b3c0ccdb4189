"""What a recipe will be trained on, before it is: examples and their Y′, splits, lengths, what was dropped, sizes."""

from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

from regenkit.pipeline import Pipeline
from regenkit.recipe import Recipe


def describe(recipe: Recipe, count: int, console: Console) -> dict[str, Any]:
    """{"examples", "steps", "parameters", "skipped", "shown"}; prepares the data if that is not done yet."""
    pipeline = Pipeline(recipe)
    with Progress(console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what)
            bar.update(tasks[what], completed=done, total=total)

        prepared = pipeline.prepare(progress)
    quantiles = np.quantile(prepared.steps, [0, 0.5, 1]).astype(int)
    places = prepared.places("train", paired=True if prepared.paired.any() else None)[: 97 * count : 97]
    return {
        "examples": prepared.counts(),
        "steps": {name: int(value) for name, value in zip(("least", "median", "most"), quantiles, strict=True)},
        "parameters": pipeline.parameters,
        "skipped": prepared.skipped,
        "shown": [_shown(pipeline, *prepared.example(int(place))) for place in places],
    }


def _shown(pipeline: Pipeline, sides: dict[str, Any], meta: dict[str, Any]) -> dict[str, str]:
    return {
        "id": str(meta.get("id", "")),
        "y": pipeline.y.describe(pipeline.y.decode(sides["y"], meta)),
        "rep": "Y′ is learned: before training there is none"
        if sides["rep"] is None
        else pipeline.converter.to_text(sides["rep"], meta),
    }
