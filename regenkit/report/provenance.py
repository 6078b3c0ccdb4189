"""Where a run's figures come from: data and licence, command, versions, seeds, what training cost."""

import json
from typing import Any

from regenkit.components import Dataset
from regenkit.data.prepare import Prepared
from regenkit.pipeline import Pipeline
from regenkit.run.spent import training_seconds


def provenance(pipeline: Pipeline, prepared: Prepared) -> dict[str, Any]:
    """Sections of the report by name: "data", "training", "trained_with"."""
    data = pipeline.recipe.dataset.component
    assert isinstance(data, Dataset) and pipeline.folder is not None
    folder = pipeline.folder
    stages = {}
    for path in sorted(folder.glob("*/done.json")):
        name = path.parent.name
        stages[name] = {**json.loads(path.read_bytes()), "seconds": training_seconds(folder, name)}
    environment = folder / "environment.json"
    return {
        "data": {
            "name": data.name,
            "summary": data.summary,
            "licence": data.licence or "not stated",
            "size": data.size,
            "x": data.x,
            "y": data.y,
            "examples": prepared.counts(),
            "skipped": len(prepared.skipped),
        },
        "training": stages,
        "trained_with": json.loads(environment.read_bytes()) if environment.exists() else {},
    }
