"""How much memory `regenkit evaluate` takes, part by part.

    python benchmarks/evaluate_memory.py RUN [--examples N] [--no-direct]

For each part of the work: the highest resident memory of the process in it, and what is resident when it ends. The
kernel counts the peak (VmHWM, Linux), which is reset between parts, so nothing is missed between two looks.
"""

import argparse
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from regenkit.analysis import evaluate
from regenkit.analysis.progress import WorkProgress
from regenkit.limits import size


def resident(name: str) -> int:
    """Bytes: "VmHWM" is the peak since it was reset, "VmRSS" what is resident now."""
    line = next(each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith(name))
    return int(line.split()[1]) * 1024


class Parts:
    """A row for each part, printed when it ends."""

    def __init__(self) -> None:
        self.part, self.began, self.most = "imports", time.perf_counter(), 0

    def end(self, following: str = "") -> None:
        peak = resident("VmHWM")
        self.most = max(self.most, peak)
        seconds = time.perf_counter() - self.began
        print(f"| {self.part} | {size(peak)} | {size(resident('VmRSS'))} | {seconds:,.0f} |", flush=True)
        Path("/proc/self/clear_refs").write_text("5")
        self.part, self.began = following, time.perf_counter()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("--examples", type=int)
    parser.add_argument("--no-direct", dest="direct", action="store_false")
    given = parser.parse_args()
    parts, begin = Parts(), WorkProgress.begin

    def noted(progress: Any, part: str, weight: float) -> None:
        parts.end(part.removeprefix(f"{given.run}: "))
        begin(progress, part, weight)

    WorkProgress.begin = noted  # type: ignore[method-assign] # the one place that knows the parts
    print("| part | peak | at its end | s |\n| --- | --- | --- | --- |")
    options = evaluate.Options(examples=given.examples, direct=given.direct)
    evaluate.evaluate_run(given.run, options, Console(quiet=True))
    parts.end()
    print(f"\nThe highest of all: {size(parts.most)}.")


if __name__ == "__main__":
    main()
