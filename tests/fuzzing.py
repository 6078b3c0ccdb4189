"""Many changed files, read in processes of their own: what came of each, a crash or a hang included."""

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
    """Counts by answer, of all and of each class; the first inputs of each fault, as `CLASS SEED: answer, and more`."""

    counts: Counter[str] = field(default_factory=Counter)
    of_class: dict[str, Counter[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, name: str, seed: int, answer: str, more: str = "") -> None:
        self.counts[answer] += 1
        self.of_class.setdefault(name, Counter())[answer] += 1
        if answer in FAULTS and len(self.faults) < 200:
            self.faults.append(f"{name} {seed}: {answer} {more}".strip())


def run(worker: Sequence[object], names: Sequence[str], first: int, count: int, folder: Path) -> Found:
    """What came of `count` seeds of each class from `first` on. `worker` is the command, which gets NAMES FIRST COUNT
    FOLDER, as in `fuzz_worker.py`: all classes in turns, so that they share what it takes to start a process."""
    found, number, last = Found(), first * len(names), (first + count) * len(names)
    folder.mkdir(parents=True, exist_ok=True)
    while number < last:
        begun = number
        command = [sys.executable, *map(str, worker), ",".join(names), str(number), str(last - number), str(folder)]
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
                    said, _, rest = line.rstrip("\n").partition(" ")
                    answer, _, more = rest.partition(" ")
                    if not said.isdecimal() or int(said) != number or not answer:
                        continue  # what a library prints, or the last line of a process that ended
                    found.add(names[number % len(names)], number // len(names), answer, more)
                    number += 1
            finally:
                if number < last and process.poll() is None:
                    time.sleep(1)  # it may be ending
                    process.kill()
            status = process.wait()
            errors.seek(0)
            wrote = errors.read()
        if number < last:
            if number == begun and status > 0:
                raise AssertionError(f"{names}: the worker does not start\n{wrote}")
            fault = "hang" if status == -9 else "crash"
            found.add(names[number % len(names)], number // len(names), fault, f"status {status} {wrote[-200:]}")
            number += 1
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
            if Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].startswith("T"):
                continue  # somebody has stopped it for a while
            yield None
            return
        if not line:
            return
        yield line
