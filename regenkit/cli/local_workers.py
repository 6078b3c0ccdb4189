"""Several processes on this machine, to try distribution out: `regenkit train RECIPE --workers N`.

Each is the same command with a TF_CONFIG of its own, on the loopback network and on CPUs alone: two processes cannot
share a GPU's collectives. Worker 0 writes to this terminal, worker N to worker-N.log in the run directory.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from regenkit.signals import handled

GRACE = 10.0
"""Seconds that the other workers have to end once one has ended; they may be waiting for it for ever."""


def launch(count: int, arguments: Sequence[str], folder: Path) -> int:
    """Run `regenkit ARGUMENTS` in `count` processes; returns the exit code of the first that failed, else 0.

    SIGINT and SIGTERM are passed on; a second one kills. When this returns, or dies, no process is left.
    """
    addresses = _free_addresses(count)
    workers: list[subprocess.Popen] = []
    try:
        with ExitStack() as files, _signals_to(workers):
            for index in range(count):
                log: Any = files.enter_context((folder / f"worker-{index}.log").open("ab")) if index else None
                config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
                workers.append(subprocess.Popen(
                    [sys.executable, "-m", "regenkit.cli.worker", *arguments],
                    env={**os.environ, "TF_CONFIG": json.dumps(config), "CUDA_VISIBLE_DEVICES": "-1"},
                    stdin=subprocess.PIPE,  # a worker ends when this pipe does, with this process
                    stdout=log, stderr=log, process_group=0,
                ))  # fmt: skip
            failed = _first_failure(workers)
    finally:
        for worker in workers:
            _kill(worker)
            if worker.stdin:
                worker.stdin.close()
    if failed is None:
        return 0
    code = workers[failed].returncode
    shown = workers[0].returncode == code > 0  # worker 0 has shown a mistake that all made, but not the loss of another
    if failed and not shown:
        path = folder / f"worker-{failed}.log"
        tail = "\n".join(path.read_text(errors="replace").splitlines()[-15:])
        print(f"worker {failed} ended with exit code {code}; the end of {path}:\n{tail}", file=sys.stderr)
    return code if code > 0 else 128 - code


def _free_addresses(count: int) -> list[str]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]


@contextmanager
def _signals_to(workers: list[subprocess.Popen]) -> Iterator[None]:
    seen = []

    def pass_on(number: int, _: object) -> None:
        seen.append(number)
        for worker in workers:
            if len(seen) > 1:
                _kill(worker)
            else:
                worker.send_signal(number)

    with handled(pass_on, signal.SIGINT, signal.SIGTERM):
        yield


def _first_failure(workers: list[subprocess.Popen]) -> int | None:
    """Wait until all have ended; returns the one that failed first, None where none did."""
    first, deadline = None, float("inf")
    while True:
        codes = [worker.poll() for worker in workers]
        if first is None:
            first = next((index for index, code in enumerate(codes) if code), None)
        if None not in codes:
            return first
        if any(code is not None for code in codes):
            deadline = min(deadline, time.monotonic() + GRACE)
        if time.monotonic() > deadline:
            for worker in workers:
                _kill(worker)
        time.sleep(0.05)


def _kill(worker: subprocess.Popen) -> None:
    """Kill a worker and the processes that it started."""
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
