"""What the training of a stage took, by the log of the run that trained it."""

import json
from pathlib import Path


def training_seconds(folder: Path, stage: str) -> float | None:
    """Seconds of a stage's updates, validation, samples and checkpoints left out; None where no log tells."""
    done = folder / stage / "done.json"
    if done.exists() and (other := json.loads(done.read_text()).get("from")):
        return training_seconds(Path(other), stage)
    log = folder / "log.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    spent, before = None, 0
    for line in map(json.loads, (line for line in lines if line.endswith("}"))):  # the last may have been cut short
        if line["stage"] == stage and line["kind"] == "train" and line["steps_per_second"]:
            took = max(0, line["step"] - before) / line["steps_per_second"]
            spent, before = (spent or 0.0) + took, line["step"]
    return spent
