"""`regenkit prepare`, and Apache Beam: other processes, the same bytes."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
import toy_job

from regenkit.spec import Fields

beam = pytest.mark.skipif(
    find_spec("apache_beam") is None, reason="apache-beam is not installed: pip install 'regenkit[beam]'"
)
TWO = ["--direct_num_workers=2", "--direct_running_mode=multi_processing"]
RECIPE = """\
dataset: {use: music/folder, path: songs}
converter: {use: music/template, parts: [timing], given: [tonality, metre, chords]}
generator: {use: transformer, width: 16, depth: 1, heads: 2}
renderer: {use: transformer, width: 16, depth: 1, heads: 2}
"""
TUNE = "X:{number}\nT:Tune {number}\nM:4/4\nL:1/4\nK:C\n" + "C D E F | G A B c | c B A G | F E D C |\n" * 2


@dataclass(frozen=True)
class Alone(toy_job.Parity):
    """`Parity`, which refuses one mode, fails at a length, and never shares a process with TensorFlow."""

    longest: int = 99

    def convert(self, y: Fields) -> Fields:
        from regenkit.errors import BadSource

        assert "tensorflow" not in sys.modules
        if len(y["high"]) > self.longest:
            raise RuntimeError(f"{len(y['high'])} notes")
        if y["high"][0] == 1:
            raise BadSource("y", "begins with a 1")
        return super().convert(y)


WORK = """
import json, sys
import toy_job, test_beam
from regenkit.data import prepare
from regenkit.data.beam import on
from regenkit.errors import UserError

prepare.EXAMPLES_A_PART = 24  # parts that begin and end within others
options, longest = json.loads(sys.argv[1])
data = toy_job.Data(count=100, bad=(3, 50))
try:
    found = prepare.prepare(
        dataset=data, identity={"use": "toy/data"}, converter=test_beam.Alone(longest=longest),
        converter_identity={"use": "toy/alone"}, specs={"x": toy_job.X, "y": toy_job.Y, "rep": toy_job.REP},
        progress=lambda *_: None, processes=1, elsewhere=None if options is None else on("DirectRunner", options),
    )
except UserError as error:
    sys.exit(f"refused: {error}")
print(json.dumps([found.counts(), found.skipped]))
"""


def work(cache: Path, options: list[str] | None, longest: int = 99, expect: int = 0) -> str:
    """What a process says that prepares toys in `cache`: locally (None), or by Beam."""
    paths = os.pathsep.join(map(str, (toy_job.ROOT, toy_job.ROOT / "plugins", toy_job.ROOT / "tests")))
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, json.dumps([options, longest])], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths, "REGENKIT_CACHE": str(cache)}, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        said, errors = process.communicate(timeout=240)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # Beam's workers are its children
    assert process.returncode == expect, errors
    return errors if expect else said.splitlines()[-1]


def files(cache: Path) -> dict[str, bytes]:
    return {str(path.relative_to(cache)): path.read_bytes() for path in sorted(cache.rglob("part-*"))}


def command(*arguments: str, cwd: Path, start: str = "pass") -> subprocess.CompletedProcess[str]:
    """`regenkit …` in a process of its own, after `start`."""
    paths = os.pathsep.join(map(str, (toy_job.ROOT, toy_job.ROOT / "plugins")))
    return subprocess.run(
        [sys.executable, "-c", f"import sys; {start}; from regenkit.cli.main import main; main()", *arguments],
        cwd=cwd, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


@beam
@pytest.mark.parametrize("options", [[], TWO], ids=["threads", "processes"])
def test_beam_writes_the_same_bytes(tmp_path: Path, options: list[str]) -> None:
    said = [work(tmp_path / name, each) for name, each in (("local", None), ("beam", options))]
    assert said[0] == said[1] and "begins with a 1" in said[0] and "number 50 is bad" in said[0]
    local = files(tmp_path / "local")
    assert len(local) == 2 * (4 + 5)
    assert files(tmp_path / "beam") == local
    kept = dict.fromkeys(list(local)[:6])
    for name in local:
        if name not in kept:
            (tmp_path / "beam" / name).unlink()
    assert work(tmp_path / "beam", options) == said[0]  # what was missing is made, and the same
    assert files(tmp_path / "beam") == local


@beam
@pytest.mark.parametrize("options", [[], TWO], ids=["threads", "processes"])
def test_what_fails_in_a_worker_is_said(tmp_path: Path, options: list[str]) -> None:
    said = work(tmp_path, options, longest=19, expect=1)
    assert "refused: Alone.convert, example '" in said and "': RuntimeError: 20 notes (" in said
    assert "Traceback" not in said.partition("refused: ")[2]


@beam
def test_a_runner_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "song.yaml").write_text(RECIPE)
    done = command("prepare", "song.yaml", "--runner", "FastRunner", cwd=tmp_path)
    assert done.returncode == 2 and "--runner FastRunner: " in done.stderr and "FlinkRunner" in done.stderr


def test_without_beam_it_is_said_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "song.yaml").write_text(RECIPE)
    start = "sys.modules['apache_beam'] = None"
    done = command("prepare", "song.yaml", "--runner", "FlinkRunner", cwd=tmp_path, start=start)
    assert done.returncode == 2 and "pip install 'regenkit[beam]'" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.exhaustive(minutes=0.2)
def test_options_without_a_runner_are_refused(tmp_path: Path) -> None:
    (tmp_path / "song.yaml").write_text(RECIPE)
    done = command("prepare", "song.yaml", "--", "--flink_master=here", cwd=tmp_path)
    assert done.returncode == 2 and "--flink_master=here" in done.stderr


@pytest.mark.exhaustive(minutes=0.2)
def test_prepare_without_a_runner_goes_on_where_it_was_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "song.yaml").write_text(RECIPE)
    (tmp_path / "songs").mkdir()
    for number in range(400):
        (tmp_path / "songs" / f"{number:03}.abc").write_text(TUNE.format(number=number))
    (tmp_path / "songs" / "empty.abc").write_text("nothing\n")
    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path / "cache"))
    paths = os.pathsep.join(map(str, (toy_job.ROOT, toy_job.ROOT / "plugins")))
    process = subprocess.Popen(
        [sys.executable, "-m", "regenkit", "prepare", "song.yaml"], env={**os.environ, "PYTHONPATH": paths},
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    while not list((tmp_path / "cache").rglob("part-00000.npz")) and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 130 and "To go on: regenkit prepare song.yaml" in said and "Traceback" not in said
    before = files(tmp_path / "cache")
    assert 2 <= len(before) < 2 * 14
    done = command("prepare", "song.yaml", cwd=tmp_path)
    assert done.returncode == 0 and "unpaired" in done.stdout, done.stderr
    assert "1 left out:" in done.stdout and "(empty.abc)" in done.stdout
    after = files(tmp_path / "cache")
    assert len(after) == 2 * 14 and before.items() <= after.items()
