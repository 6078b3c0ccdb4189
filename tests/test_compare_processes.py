"""`regenkit compare` as a user runs it: a mistake is one message, and a grid goes on where it was stopped."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from test_compare import RECIPE

ROOT = Path(__file__).parents[1]
GRID = ["compare", "song.yaml", "--vary", "renderer.width=8,4", "--baseline", "direct", "--json"]


@contextmanager
def started(*arguments: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    path = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
    with subprocess.Popen(
        [sys.executable, "-m", "regenkit", *arguments], cwd=cwd, env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def test_a_mistake_is_one_message_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "song.yaml").write_text(RECIPE)
    with started("compare", "song.yaml", "--vary", "converter.parts=[timing, rhythm]", cwd=tmp_path) as process:
        _, error = process.communicate()
    assert process.returncode == 2 and "one value, the list in brackets" in error and "Traceback" not in error
    assert [path.name for path in tmp_path.iterdir()] == ["song.yaml"]


@pytest.mark.exhaustive(minutes=4)
@pytest.mark.timeout(900)
def test_a_grid_is_trained_once_and_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    (tmp_path / "song.yaml").write_text(RECIPE.replace("limit: 60", "limit: 100"))  # an interval takes six examples
    runs = tmp_path / "runs/song/compare"
    with started(*GRID, cwd=tmp_path) as first:
        while first.poll() is None and not list(runs.glob("width=8*/generator/done.json")):
            time.sleep(0.1)
        first.send_signal(signal.SIGINT)
        _, said = first.communicate()
    assert first.returncode == 130, said
    assert f"To go on: regenkit {' '.join(GRID)}" in said
    (trained,) = runs.glob("*/generator/best.weights.h5")
    before = trained.stat().st_mtime_ns

    with started(*GRID, cwd=tmp_path) as second:
        output, said = second.communicate()
    assert second.returncode == 0, said
    assert trained.stat().st_mtime_ns == before
    found = json.loads(output)
    wide, narrow = found["cells"]
    for cell in (wide, narrow):
        stages = [cell[stage]["total"]["bits"]["mean"] for stage in ("generator", "renderer")]
        assert cell["total"]["mean"] == pytest.approx(sum(stages))
        assert set(cell["generator"]["fields"]) == {"position", "duration"}
        assert cell["total"]["low"] < cell["total"]["mean"] < cell["total"]["high"]
        assert cell["seconds"] > 0
    assert wide["generator"] == narrow["generator"]  # which does not vary: it is one
    assert wide["renderer"] != narrow["renderer"]
    assert len(found["direct"]) == 1  # nor does the direct route
    for stage, origin in (("generator", wide["runs"][0]), ("renderer", None), ("direct", wide["runs"][0])):
        done = json.loads((tmp_path / narrow["runs"][0] / stage / "done.json").read_text())
        assert done.get("from") == origin
    assert yaml.safe_load((tmp_path / narrow["runs"][0] / "recipe.yaml").read_text())["renderer"]["width"] == 4
    written = sorted(path.name for path in runs.iterdir() if path.is_file())
    assert [re.sub("-[0-9a-f]{12}", "", name) for name in written] == [
        "comparison-renderer.width.html", "comparison-renderer.width.json"
    ]  # fmt: skip
