"""Many changed files of one class, read in processes of their own: what came of each, a crash or a hang included."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

import processes

PATIENCE = 300
"""Seconds after which a process that says nothing hangs. Its own alarm allows ten of the processor's; a busy machine
makes many of them."""
FAULTS = ("nameless", "slow", "traceback", "crash", "hang")


@final
@dataclass(kw_only=True)
class Found:
    """Counts by answer, and the first inputs of each fault, as `CLASS SEED: answer, and more`."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, name: str, seed: str, answer: str, more: str = "") -> None:
        self.counts[answer] += 1
        if answer in FAULTS and len(self.faults) < 200:
            self.faults.append(f"{name} {seed}: {answer} {more}".strip())


def run(worker: Sequence[object], name: str, first: int, count: int, folder: Path) -> Found:
    """What came of `count` seeds from `first` on; `worker` is the command, which gets NAME FIRST COUNT FOLDER."""
    found, seed, last = Found(), first, first + count
    folder.mkdir(parents=True, exist_ok=True)
    while seed < last:
        begun = seed
        command = [sys.executable, *map(str, worker), name, str(seed), str(last - seed), str(folder)]
        with (
            (folder / "stderr").open("w+", errors="replace") as errors,
            subprocess.Popen(
                command, env={**os.environ, "PYTHONPATH": processes.PATHS}, text=True, stdout=subprocess.PIPE,
                stderr=errors, errors="replace",
            ) as process,
        ):  # fmt: skip
            try:
                for line in _lines(process):
                    if line is None:
                        break
                    number, _, rest = line.rstrip("\n").partition(" ")
                    answer, _, more = rest.partition(" ")
                    if not number.isdecimal() or int(number) != seed or not answer:
                        continue  # what a library prints, or the last line of a process that ended
                    found.add(name, number, answer, more)
                    seed += 1
            finally:
                if seed < last and process.poll() is None:
                    time.sleep(1)  # it may be ending
                    process.kill()
            status = process.wait()
            errors.seek(0)
            said = errors.read()
        if seed < last:
            if seed == begun and status > 0:
                raise AssertionError(f"{name}: the worker does not start\n{said}")
            found.add(name, str(seed), "hang" if status == -9 else "crash", f"status {status} {said[-200:]}")
            seed += 1
    return found


def _lines(process: subprocess.Popen) -> Iterator[str | None]:
    """Its lines; None where it says nothing for too long."""
    said: queue.Queue[str] = queue.Queue()
    out = process.stdout
    assert out

    def read() -> None:
        for line in out:
            said.put(line)
        said.put("")

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = said.get(timeout=PATIENCE)
        except queue.Empty:
            yield None
            return
        if not line:
            return
        yield line
