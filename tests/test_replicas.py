"""One replica, two replicas, two processes: the same weights, whatever a stage and a recipe ask of the loop.

A case that hangs is killed: a process waiting for another one ignores every other signal.
"""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from toy_job import prepared, start, train
from toy_stages import CASES, Codebook, play
from toy_watch import difference, stopping_at

from regenkit.distribute import make_strategy
from regenkit.errors import Interrupted

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.timeout(600),
    # Keras 3.15 saves a variable of a model's own with a call that NumPy 2 finds old-fashioned.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
PATIENCE = 300.0
"""Seconds a case may take on two processes; on an idle machine one takes ten."""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[np.ndarray]]:
    """Every case on one replica, filled as it is asked for."""
    return {}


def on_one(name: str, alone: dict[str, list[np.ndarray]], folder: Path) -> list[np.ndarray]:
    if name not in alone:
        alone[name] = play(name, folder / "alone", make_strategy("none"))
    return alone[name]


@pytest.mark.parametrize("name", CASES)
def test_two_replicas(name: str, alone: dict, tmp_path: Path) -> None:
    expected = on_one(name, alone, tmp_path)
    if name == "begun on one":
        half(name, tmp_path / "two")
    mine = play(name, tmp_path / "two", make_strategy("mirrored"), stop=10 if name == "resumed" else None)
    assert difference(mine, expected) < CASES[name].tolerance


def test_half_precision_skipped_what_overflowed(tmp_path: Path) -> None:
    """Else the case of that name says nothing."""
    play("float16 overflowing", tmp_path, make_strategy("mirrored"))
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert 1 <= sum(line.get("skipped", 0) for line in log) < 15
    with np.load(max((tmp_path / "stage" / "checkpoints").iterdir())) as saved:
        assert 2.0**3 < saved["loss_scale"] < 2.0**15


def test_dead_codes_were_revived(tmp_path: Path) -> None:
    model, _ = train(tmp_path, build=Codebook)
    assert model.revived.numpy() >= 3


def half(name: str, folder: Path) -> None:
    """Train a case to step 10 on one replica."""
    case = CASES[name]
    with pytest.raises(Interrupted):
        case.train(folder, sample=stopping_at(10), sample_every=5, steps=20)


@pytest.fixture(scope="module")
def processes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, list[subprocess.Popen]]]:
    """Two processes at work on every case that is asked for, in a folder each."""
    folder = tmp_path_factory.mktemp("processes")
    prepared()  # so that they find it done
    asked = [item for item in request.session.items if getattr(item, "originalname", "") == "test_two_processes"]
    (folder / "cases.json").write_text(json.dumps([item.callspec.params["name"] for item in asked]))
    half("begun on one", folder / "worker-0" / "begun on one")  # the other one has nothing to go on from
    addresses = []
    for _ in range(2):
        with socket.socket() as probe:
            probe.bind(("localhost", 0))
            addresses.append(f"localhost:{probe.getsockname()[1]}")
    started = []
    for index in range(2):
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        (folder / f"worker-{index}").mkdir(exist_ok=True)
        code = "import sys, toy_stages; from pathlib import Path; toy_stages.work(Path(sys.argv[1]))"
        with (folder / f"worker-{index}.log").open("w") as output:
            started.append(start(code, folder, output=output, TF_CONFIG=json.dumps(config), LAST="1"))
    yield folder, started
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize("name", CASES)
def test_two_processes(name: str, alone: dict, processes: tuple, tmp_path: Path) -> None:
    folder, started = processes
    expected = on_one(name, alone, tmp_path)
    files = [folder / f"worker-{index}" / f"{name}.npz" for index in range(2)]
    end = time.monotonic() + PATIENCE
    while not all(file.exists() for file in files):
        if time.monotonic() > end or any(process.poll() for process in started):
            for process in started:
                process.kill()
            pytest.fail(f"{name}: " + "\n".join(log.read_text()[-3000:] for log in folder.glob("*.log")))
        time.sleep(0.2)
    found = []
    for file in files:
        with np.load(file) as saved:
            found.append([saved[key] for key in saved.files])
    assert difference(*found) == 0
    assert difference(found[0], expected) < CASES[name].tolerance
    shutil.rmtree(folder / "worker-0" / name)
