"""Contenders that take turns, in one process or each in its own, so that a busy machine slows them all alike."""

import json
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import final

Tick = Callable[[int], None]
"""A contender calls it with the steps it has just taken; it returns when the contender's next turn has come."""


class _Over(Exception):
    """The race is over."""


@final
class _Runner:
    """A contender in a thread of its own, which waits for its turns."""

    def __init__(self, run: Callable[[Tick], None]) -> None:
        self.left, self.over = 0, False
        self.error: BaseException | None = None
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._run = run
        self._thread = threading.Thread(target=self._body, daemon=True)

    def _body(self) -> None:
        self._go.acquire()
        try:
            self._run(self._tick)
        except _Over:
            pass
        except BaseException as error:
            self.error = error
        self._back.release()

    def _tick(self, steps: int) -> None:
        self.left -= steps
        if self.left <= 0:
            self._back.release()
            self._go.acquire()
        if self.over:
            raise _Over

    def turn(self, steps: int) -> tuple[float, float]:
        """(wall, CPU seconds) of so many steps; the first turn ends with the contender's first call."""
        self.left = steps
        wall, cpu = time.perf_counter(), time.process_time()
        if not self._thread.ident:
            self._thread.start()
        self._go.release()
        self._back.acquire()
        return time.perf_counter() - wall, time.process_time() - cpu

    def end(self) -> None:
        if self._thread.is_alive():
            self.over = True
            self._go.release()
            self._thread.join()


@final
class _Process:
    """A contender in a process of its own, which calls `serve`."""

    def __init__(self, command: Sequence[str]) -> None:
        self.error: BaseException | None = None
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def turn(self, steps: int) -> tuple[float, float]:
        assert self._child.stdin and self._child.stdout
        print(steps, file=self._child.stdin, flush=True)
        said = self._child.stdout.readline()
        if not said.startswith("["):
            self.error = RuntimeError(said.strip() or "its process ended")
            return 0.0, 0.0
        wall, cpu = json.loads(said)
        return wall, cpu

    def end(self) -> None:
        self._child.communicate()  # no more turns: it ends by itself


def serve(run: Callable[[Tick], None]) -> None:
    """Be the contender `run`, for the process that began this one: steps on the input, [wall, CPU seconds] back."""
    runner = _Runner(run)
    for line in sys.stdin:
        taken = runner.turn(int(line))
        error = runner.error
        print(f"{type(error).__name__}: {error}".splitlines()[0] if error else json.dumps(taken), flush=True)
    runner.end()


@final
class Race:
    """Seconds of every round by contender, and CPU seconds of its first call. `lost`: which of `may_fail` did, why.

    A contender is a function, or the command of a process that calls `serve`.
    """

    def __init__(
        self, contenders: Mapping[str, Callable[[Tick], None] | Sequence[str]], *, rounds: int, steps: int,
        may_fail: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.steps, self.lost = steps, dict[str, str]()
        self.wall: dict[str, list[float]] = {}
        self.cpu: dict[str, list[float]] = {}
        self.first: dict[str, float] = {}
        runners: dict[str, _Runner | _Process] = {}
        for name, run in contenders.items():
            runner = _Runner(run) if callable(run) else _Process(run)
            self.first[name] = runner.turn(1)[1]
            if runner.error:
                if name not in may_fail:
                    raise RuntimeError(f"{name} did not start") from runner.error
                self.lost[name] = f"{type(runner.error).__name__}: {str(runner.error).strip().splitlines()[0][:150]}"
            else:
                runners[name] = runner
                self.wall[name], self.cpu[name] = [], []
        order, shuffle = list(runners), random.Random(0)
        for number in range(-1, rounds):  # the round before the first fills buffers
            shuffle.shuffle(order)
            for name in order:
                wall, cpu = runners[name].turn(steps)
                if runners[name].error:
                    raise RuntimeError(f"{name} broke down in round {number}") from runners[name].error
                if number >= 0:
                    self.wall[name].append(wall)
                    self.cpu[name].append(cpu)
        for runner in runners.values():
            runner.end()

    def speed(self, name: str) -> float:
        """Median steps a second."""
        return self.steps / statistics.median(self.wall[name])

    def ratio(self, name: str, base: str) -> tuple[float, float, float]:
        """Speed of `name` over that of `base`, paired by round: its median and quartiles."""
        return _quartiles([b / a for a, b in zip(self.wall[name], self.wall[base], strict=True)])

    def cpu_ratio(self, name: str, base: str) -> float:
        """The same of CPU seconds: what a busy machine disturbs least."""
        return statistics.median([b / a for a, b in zip(self.cpu[name], self.cpu[base], strict=True)])

    def row(self, label: str, name: str, base: str) -> str:
        """A Markdown row: label, steps/s, ratio and quartiles, ratio of CPU seconds."""
        if name in self.lost:
            return f"| {label} | left out: {self.lost[name]} | | |"
        median, low, high = self.ratio(name, base)
        return (
            f"| {label} | {self.speed(name):.2f} | {median:.3f} ({low:.3f}–{high:.3f}) "
            f"| {self.cpu_ratio(name, base):.3f} |"
        )


def _quartiles(values: list[float]) -> tuple[float, float, float]:
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high
