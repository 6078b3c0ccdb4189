"""Where a run's figures come from: data and licence, command, versions, seeds, what training cost."""

import json
import math
from collections.abc import Sequence

from regenkit.analysis.results.report import Data, StageTraining, TrainedWith
from regenkit.components import Dataset
from regenkit.data.prepare import Prepared
from regenkit.pipeline import Pipeline
from regenkit.run.timing import training_seconds


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
        done, name = json.loads(path.read_bytes()), path.parent.name
        found[name] = StageTraining(
            steps=done["steps"], best_step=done["best_step"], parameters=done["parameters"],
            validation=done["validation"], seconds=training_seconds(pipeline.folder, name), on=done.get("on"),
            origin=done.get("from") or done.get("decoder_of") or done.get("same_as"),
        )  # fmt: skip
    return found


def trained_with(pipeline: Pipeline) -> TrainedWith:
    assert pipeline.folder is not None
    path = pipeline.folder / "environment.json"
    if not path.exists():
        return TrainedWith(name=pipeline.recipe.name)
    found = json.loads(path.read_bytes())
    versions = {name: str(value) for name, value in found.items() if name not in ("recipe", "name", "command")}
    return TrainedWith(name=found["name"], recipe=found["recipe"], command=tuple(found["command"]), versions=versions)


def parameters(pipeline: Pipeline, stages: Sequence[str]) -> dict[str, int]:
    """Trainable parameters by stage, of fresh stages. Raises UserError where one cannot be built."""
    return {
        stage: sum(math.prod(variable.shape) for variable in pipeline.build(stage).trainable_variables)
        for stage in stages
    }
