"""Commands in processes of their own, which are killed when they take too long: a process that waits for another one
in a collective operation ignores SIGTERM."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np

ROOT = Path(__file__).parents[1]
PATHS = os.pathsep.join(map(str, (ROOT, ROOT / "plugins", ROOT / "tests")))
PATIENCE = 600


def start(command: Sequence[object], cwd: Path, **environment: str) -> subprocess.Popen:
    """A command in a session of its own."""
    return subprocess.Popen(
        list(map(str, command)), cwd=cwd, env={**os.environ, "PYTHONPATH": PATHS, **environment}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def regenkit(*arguments: object, cwd: Path, **environment: str) -> subprocess.Popen:
    return start([sys.executable, "-m", "regenkit", *arguments], cwd, **environment)


def end(process: subprocess.Popen, expect: int = 0) -> str:
    """What a process says until it ends, with status `expect` and leaving no process behind."""
    try:
        said, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        kill(process)
        said, _ = process.communicate()
        raise AssertionError(f"still running after {PATIENCE} s:\n{said}") from None
    until = time.monotonic() + 20
    while (left := alive(process)) and time.monotonic() < until:
        time.sleep(0.1)  # what multiprocessing keeps to clean up ends a little later
    kill(process)
    assert process.returncode == expect, said
    assert not left, said
    return said


def end_all(processes: Sequence[subprocess.Popen], expect: int = 0) -> list[str]:
    """What processes that wait for each other say."""
    try:
        return [end(process, expect) for process in processes]
    finally:
        for process in processes:
            kill(process)


def kill(process: subprocess.Popen) -> None:
    for each in alive(process):
        os.kill(each, signal.SIGKILL)


def alive(process: subprocess.Popen) -> list[int]:
    """The process, its children and theirs, wherever they have gone: they share its session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = path.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue  # it has ended
        if int(session) == process.pid and state != "Z":
            found.append(int(path.parent.name))
    return found


def used(pid: int) -> float:
    """Seconds of the processor that a process has used; 0 if it has ended."""
    with suppress(OSError):
        after = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(after[11]) + int(after[12])) / os.sysconf("SC_CLK_TCK")
    return 0


def workers(process: subprocess.Popen) -> list[int]:
    """The processes that a launcher started, in order."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return sorted(map(int, children))


def wait_for_steps(run: Path, count: int, process: subprocess.Popen) -> None:
    """Until a run has logged so many calls of its graph."""
    log = run / "log.jsonl"
    until = time.monotonic() + PATIENCE
    while not log.exists() or log.read_text().count('"train"') < count:
        if process.poll() is not None or time.monotonic() > until:
            kill(process)
            raise AssertionError(process.communicate()[0])
        time.sleep(0.05)


def addresses(count: int) -> list[str]:
    """Free ones of this machine."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return found


def tf_config(cluster: dict[str, list[str]], job: str, index: int) -> str:
    return json.dumps({"cluster": cluster, "task": {"type": job, "index": index}})


def weights(run: Path, stages: Sequence[str] = ("generator", "renderer")) -> dict[str, np.ndarray]:
    """The best averaged weights of a run."""
    found: dict[str, np.ndarray] = {}
    for stage in stages:
        with h5py.File(run / stage / "best.weights.h5") as file:
            names: list[str] = []
            file.visit(names.append)
            found |= {f"{stage}/{name}": file[name][()] for name in names if isinstance(file[name], h5py.Dataset)}
    assert found
    return found


def assert_alike(mine: dict[str, np.ndarray], theirs: dict[str, np.ndarray], tolerance: float) -> None:
    assert mine.keys() == theirs.keys()
    for name, value in mine.items():
        np.testing.assert_allclose(value, theirs[name], rtol=0, atol=tolerance, err_msg=name)
