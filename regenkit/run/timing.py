"""How long the training of a stage took, from the log of the run that trained it."""

import json
from pathlib import Path


def training_seconds(folder: Path, stage: str) -> float | None:
    """Seconds of a stage's updates, without validation, samples and checkpoints; None where there is no log."""
    done = folder / stage / "done.json"
    if done.exists() and (other := json.loads(done.read_bytes()).get("from")):
        return training_seconds(Path(other), stage)
    log = folder / "log.jsonl"
    if not log.exists():
        return None
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if line.endswith("}")]  # the last may be cut
    seconds, before = 0.0, 0
    for line in map(json.loads, lines):
        if line["stage"] == stage and line["kind"] == "train" and line["steps_per_second"]:
            seconds += max(0, line["step"] - before) / line["steps_per_second"]
            before = line["step"]
    return seconds
