"""Where a run's figures come from: data and licence, command, versions, seeds, what training cost."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from regenkit.components import Dataset
from regenkit.data.prepare import Prepared
from regenkit.pipeline import Pipeline


def provenance(pipeline: Pipeline, prepared: Prepared) -> dict[str, Any]:
    """Sections of the report by name: "data", "training", "trained_with"."""
    data = pipeline.recipe.dataset.component
    assert isinstance(data, Dataset) and pipeline.folder is not None
    folder = pipeline.folder
    seconds = training_seconds(folder / "log.jsonl")
    stages = {}
    for path in sorted(folder.glob("*/done.json")):
        name = path.parent.name
        stages[name] = {**json.loads(path.read_text()), "seconds": seconds.get(name)}
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
        "trained_with": json.loads(environment.read_text()) if environment.exists() else {},
    }


def training_seconds(log: Path) -> dict[str, float]:
    """Seconds of training steps by stage, out of the speeds in log.jsonl; validation and sampling are not counted."""
    spent: dict[str, float] = defaultdict(float)
    before: dict[str, int] = defaultdict(int)
    if not log.exists():
        return {}
    for line in log.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry.get("kind") != "train" or not entry.get("steps_per_second"):
            continue
        stage, step = entry["stage"], entry["step"]
        spent[stage] += max(0, step - before[stage]) / entry["steps_per_second"]
        before[stage] = step
    return dict(spent)
