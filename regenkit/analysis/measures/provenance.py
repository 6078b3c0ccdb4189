"""Where a run's figures come from: data and licence, command, versions, seeds, what training cost."""

import math
from collections.abc import Sequence

from regenkit.analysis.results.report import Data, StageTraining, TrainedWith
from regenkit.components import Dataset
from regenkit.data.prepare import Prepared
from regenkit.pipeline import Pipeline
from regenkit.run.origin import done, training_seconds
from regenkit.run_files import Environment, read_json


def data(pipeline: Pipeline, prepared: Prepared) -> Data:
    found = pipeline.recipe.dataset.component
    assert isinstance(found, Dataset)
    return Data(
        name=found.name, summary=found.summary, licence=found.licence or "not stated", size=found.size, x=found.x,
        y=found.y, examples=prepared.counts(), skipped=len(prepared.skipped),
    )  # fmt: skip


def training(pipeline: Pipeline) -> dict[str, StageTraining]:
    """By stage, of those that are trained to their end."""
    assert pipeline.folder is not None
    found = {}
    for path in sorted(pipeline.folder.glob("*/done.json")):
        trained, name = done(path.parent), path.parent.name
        origin = trained.get("from") or trained.get("decoder_of") or trained.get("same_as")
        found[name] = StageTraining(
            steps=trained.get("steps", 0), best_step=trained.get("best_step", 0),
            parameters=trained.get("parameters", 0), validation=trained.get("validation"),
            seconds=training_seconds(pipeline.folder, name), on=trained.get("on"),
            origin=None if origin is None else str(origin),
        )  # fmt: skip
    return found


def trained_with(pipeline: Pipeline) -> TrainedWith:
    assert pipeline.folder is not None
    if not (pipeline.folder / "environment.json").exists():
        return TrainedWith(name=pipeline.recipe.name)
    found = read_json(Environment, pipeline.folder, "environment.json")
    versions = {name: str(value) for name, value in found.items() if name not in ("recipe", "name", "command")}
    return TrainedWith(name=found["name"], recipe=found["recipe"], command=tuple(found["command"]), versions=versions)


def parameters(pipeline: Pipeline, stages: Sequence[str]) -> dict[str, int]:
    """Trainable parameters by stage, of fresh stages. Raises UserError where one cannot be built."""
    return {
        stage: sum(math.prod(variable.shape) for variable in pipeline.build(stage).trainable_variables)
        for stage in stages
    }
