"""What is killed: four commands in a user's folder, what they leave in the end, and the recipes that they run."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import processes
import saboteur

COMMANDS = {
    "prepare": ("prepare", "song.yaml"),
    "train": ("train", "song.yaml", "--run", "run"),
    "evaluate": ("evaluate", "run", "--no-direct"),
    "compare": ("compare", "song.yaml", "--vary", "renderer.width=8,12", "--baseline", "direct"),
}
RECIPES = {
    name: saboteur.RECIPE.replace("steps: 48", "steps: 8").replace("sample_every: 24", "sample_every: 8")
    .replace("validate_every: 6", "validate_every: 4")
    .replace("{use: transformer, width: 8, depth: 1, heads: 2}", stage)
    + "evaluate: [music/stress_on_beat, music/pitch_overlap]\n"
    for name, stage in (
        ("transformer", "{use: transformer, width: 8, depth: 1, heads: 2}"),
        ("table", "{use: sabotage/table}"),
    )
}  # fmt: skip
OF_THE_MACHINE = (
    "seconds", "command", "environment", "versions", "folder", "runs", "recipe_path", "gallery", "conversion",
)  # fmt: skip


def furnish(folder: Path, recipe: str) -> Path:
    """A user's folder with songs, and with one of RECIPES as `song.yaml`."""
    saboteur.furnish(folder)
    (folder / "song.yaml").write_text(RECIPES[recipe])
    return folder


def result(folder: Path) -> dict[str, Any]:
    """What the four commands leave, without what is of the machine and the clock: the prepared data, the trained run,
    its report, the weights of all cells of the comparison, and its figures."""
    found = saboteur.result(folder)
    for path in sorted((folder / "cache").rglob("part-*")):
        name = re.sub("[0-9a-f]{12}", "KEY", str(path.relative_to(folder)))  # a key is of the folder's own path too
        if path.suffix == ".npz":
            with np.load(path) as arrays:
                found |= {f"{name} {each}": arrays[each] for each in arrays.files}
        else:
            found[name] = path.read_bytes()
    for path in sorted((folder / "runs").rglob("best.weights.h5")):
        stage = path.parent
        found |= {f"{stage.relative_to(folder)} {name}": value
                  for name, value in processes.weights(stage.parent, [stage.name]).items()}  # fmt: skip
    pages = [folder / "run" / "report.json", *(folder / "runs" / "song" / "compare").glob("*.json")]
    assert len(pages) == 2, pages
    for path in pages:
        found[path.name] = _timeless(json.loads(path.read_text()))
    return found


def _timeless(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _timeless(value) for key, value in data.items() if key not in OF_THE_MACHINE}
    if isinstance(data, list):
        return [_timeless(value) for value in data]
    return re.sub(r"\d\S* (ms|seconds|minutes|hours)\b", "a while", data) if isinstance(data, str) else data
