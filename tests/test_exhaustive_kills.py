"""Preparation, training, evaluation and comparison are killed again and again, and end as those that nobody touched.

REGENKIT_KILLS says how often each of the four commands is killed (3). A process is killed at the N-th time that it
opens a file to write or renames one, N by chance. docs/limits.md says how many kills were made.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import saboteur

KILLS = int(os.environ.get("REGENKIT_KILLS", "3"))
pytestmark = [pytest.mark.exhaustive(minutes=2 + 2 * KILLS), pytest.mark.timeout(36_000)]
RECIPE = saboteur.RECIPE.replace("steps: 48", "steps: 12").replace("sample_every: 24", "sample_every: 6")
METRICS = "evaluate: [music/stress_on_beat, music/pitch_overlap]\n"
COMMANDS = {
    "prepare": ("prepare", "song.yaml"),
    "train": ("train", "song.yaml", "--run", "run"),
    "evaluate": ("evaluate", "run"),
    "compare": ("compare", "song.yaml", "--vary", "renderer.width=8,12", "--baseline", "direct"),
}
MOST = {"prepare": 12, "train": 120, "evaluate": 80, "compare": 200}
"""About how many files each command writes."""
OF_THE_MACHINE = (
    "seconds", "command", "environment", "versions", "folder", "runs", "recipe_path", "gallery", "conversion",
)  # fmt: skip


def furnish(folder: Path) -> Path:
    saboteur.furnish(folder)
    (folder / "song.yaml").write_text(RECIPE + METRICS)
    return folder


def run(folder: Path, name: str, sabotage: str = "") -> tuple[int, str]:
    """A command in a furnished folder: its status, and what it says. No process outlives it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "regenkit", *COMMANDS[name]], cwd=folder, env=saboteur.environment(folder, sabotage),
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=4 * saboteur.PATIENCE)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert "Traceback" not in said, said
    return process.returncode, said


def result(folder: Path) -> dict[str, Any]:
    """What the four commands leave, without what is of the machine and the clock."""
    found = saboteur.result(folder)
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


def test_killed_anywhere_they_end_the_same(tmp_path: Path) -> None:
    seed = int(time.time())
    print("seed", seed)  # shown where this fails
    chance, kills = random.Random(seed), 0
    whole, killed = furnish(tmp_path / "whole"), furnish(tmp_path / "killed")
    for name in COMMANDS:
        status, said = run(whole, name)
        assert status == 0, said
        for _ in range(KILLS):
            instant = f"kill|.|{chance.randint(1, MOST[name])}|{chance.uniform(0, 0.05)}"
            status, said = run(killed, name, instant)
            print(name, instant, status, flush=True)
            assert status in (0, -signal.SIGKILL), said
            kills += status != 0
            if status == 0:
                break  # it was done before that
        status, said = run(killed, name)
        assert status == 0, said
    print(kills, "kills")
    assert kills
    saboteur.same(result(killed), result(whole))
