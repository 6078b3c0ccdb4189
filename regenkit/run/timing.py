"""How long the training of a stage took, from the log of the run that trained it."""

import math
from pathlib import Path

from regenkit.run_files import Done, Line, read_json, read_lines


def training_seconds(folder: Path, stage: str) -> float | None:
    """Seconds of a stage's updates, without validation, samples and checkpoints; None where there is no log. Of a stage
    that was copied, as they were known then. Raises UserError where a file of the run is damaged."""
    if (folder / stage / "done.json").exists():
        done = read_json(Done, folder, stage, "done.json")
        if "from" in done:  # of another run, which is not looked at
            return done.get("seconds")
    if not (folder / "log.jsonl").exists():
        return None
    seconds, before = 0.0, 0
    for line in read_lines(Line, folder, "log.jsonl"):
        pace = line.get("steps_per_second")
        if line["stage"] == stage and line["kind"] == "train" and isinstance(pace, int | float) and pace > 0:
            seconds += max(0, line["step"] - before) / pace
            before = line["step"]
    return seconds if math.isfinite(seconds) else None
