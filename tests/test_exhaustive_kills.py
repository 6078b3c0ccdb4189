"""Preparation, training, evaluation and comparison are killed again and again, and end as those that nobody touched.

REGENKIT_KILLS says how often each of the four commands is killed (3). A process is killed at the N-th time that it
opens a file to write or renames one, N by chance. `benchmarks/kills.py` does so by the hundred.
"""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import kills
import pytest
import saboteur

KILLS = int(os.environ.get("REGENKIT_KILLS", "3"))
pytestmark = [pytest.mark.exhaustive(minutes=2 + 2 * KILLS), pytest.mark.timeout(36_000)]
MOST = {"prepare": 12, "train": 120, "evaluate": 80, "compare": 200}
"""About how many files each command writes."""


def run(folder: Path, name: str, sabotage: str = "") -> tuple[int, str]:
    """A command in a furnished folder: its status, and what it says. No process outlives it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "regenkit", *kills.COMMANDS[name]], cwd=folder, text=True, start_new_session=True,
        env=saboteur.environment(folder, sabotage), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=4 * saboteur.PATIENCE)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.returncode != -signal.SIGKILL:  # of one that is killed, workers may say that they lost it
        assert "Traceback" not in said, said
    return process.returncode, said


def test_killed_anywhere_they_end_the_same(tmp_path: Path) -> None:
    seed = int(time.time())
    print("seed", seed)  # shown where this fails
    chance, count = random.Random(seed), 0
    whole, killed = (kills.furnish(tmp_path / name, "transformer") for name in ("whole", "killed"))
    for name in kills.COMMANDS:
        status, said = run(whole, name)
        assert status == 0, said
        for _ in range(KILLS):
            instant = f"kill|.|{chance.randint(1, MOST[name])}|{chance.uniform(0, 0.05)}"
            status, said = run(killed, name, instant)
            print(name, instant, status, flush=True)
            assert status in (0, -signal.SIGKILL), said
            count += status != 0
            if status == 0:
                break  # it was done before that
        status, said = run(killed, name)
        assert status == 0, said
    print(count, "kills")
    assert count
    saboteur.same(kills.result(killed), kills.result(whole))
