"""The log of a training: one progress line, log.jsonl, and TensorBoard."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from rich.console import Console

from regenkit.files import beside, writing
from regenkit.quiet import tensorflow as tf
from regenkit.run_files import Line, read_lines
from regenkit.training.progress_line import ProgressLine

_FIRST = {"stage": "", "step": 0, "kind": ""}
"""The keys of a line that come first, in their order, however it was read."""


@final
class RunLog:
    """Made once for a run; `begin` is called for each stage. Lines after the step that a stage resumes from are dropped
    and logged again."""

    def __init__(self, folder: Path, console: Console) -> None:
        self.folder, self.console = folder, console
        self._file = folder / "log.jsonl"
        self._writers: dict[str, Any] = {}
        self._last: dict[str, float] = {}
        self._line = ProgressLine(console)

    def __enter__(self) -> "RunLog":
        self._line.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._line.stop()
        for writer in self._writers.values():
            writer.close()

    def counted(self, what: str, done: int, total: int) -> None:
        """Progress of a preparation."""
        self._line.show(what, done, total, "")

    def begin(self, stage: str, step: int, steps: int, parameters: int) -> None:
        if self._file.exists():
            with beside(self._file) as kept, kept.open("w", encoding="utf-8") as file:
                for line in read_lines(Line, self.folder, self._file.name):
                    if line["stage"] != stage or line["step"] <= step:
                        file.write(json.dumps(_FIRST | line) + "\n")
        self._writers[stage] = tf.summary.create_file_writer(str(self.folder / "tensorboard" / stage))
        self._line.show(stage, step, steps, "tracing")
        going = f", going on from step {step}" if step else ""
        self.console.print(f"[bold]{stage}[/]: {parameters / 1e6:.2f} M parameters, {steps} steps{going}")

    def step(
        self, stage: str, step: int, losses: Mapping[str, float], steps_per_second: float, waiting: float, skipped: int
    ) -> None:
        """`waiting` is the fraction of the time in which the devices waited for data; `skipped` steps overflowed."""
        pace = {"steps_per_second": steps_per_second, "waiting": waiting, **({"skipped": skipped} if skipped else {})}
        self._write(stage, step, "train", {**losses, **pace})
        terms = " ".join(f"{name} {value:.3f}" for name, value in losses.items())
        text = f"{terms}  {steps_per_second:.1f} steps/s"
        if waiting > 0.05:
            text += f" ({waiting:.0%} waiting for data)"
        last = f"validation {self._last[stage]:.3f}" if stage in self._last else ""
        self._line.show(stage, step, None, f"{text}  {last}")

    def validation(self, stage: str, step: int, losses: Mapping[str, float]) -> None:
        self._write(stage, step, "validation", losses)
        self._last[stage] = sum(losses.values())

    def warn(self, message: str) -> None:
        self.console.print(f"[yellow]warning[/] {message}")

    def say(self, message: str) -> None:
        self.console.print(message)

    def _write(self, stage: str, step: int, kind: str, values: Mapping[str, float]) -> None:
        # JSON has no NaN and no infinity
        plain = {name: round(value, 6) if math.isfinite(value) else None for name, value in values.items()}
        line = {"stage": stage, "step": step, "kind": kind, **plain}
        with writing(self._file), self._file.open("a") as file:
            file.write(json.dumps(line) + "\n")
        with self._writers[stage].as_default(step=step):
            for name, value in values.items():
                tf.summary.scalar(f"{kind}/{name}", value)
