"""What the tests of the loop look at: weights after each call, the log, the best weights."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from toy_job import weights

from regenkit.quiet import keras

Whole = tuple[Callable[[], Any], Path, list[np.ndarray]]  # what builds a stage, its folder, its weights when trained


def difference(one: list[np.ndarray], other: list[np.ndarray]) -> float:
    return max(float(np.abs(left - right).max()) for left, right in zip(one, other, strict=True))


def lines(folder: Path, kind: str) -> dict[int, dict[str, Any]]:
    """The log's lines of a kind, each step once."""
    found = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    steps = [line["step"] for line in found if line["kind"] == kind]
    assert steps == sorted(set(steps))
    return {line["step"]: line for line in found if line["kind"] == kind}


def best(folder: Path, build: Callable[[], Any]) -> list[np.ndarray]:
    model = build()
    model.load_weights(folder / "stage" / "best.weights.h5")
    return weights(model)


class Watch(keras.callbacks.Callback):
    """Sees the weights before the first step and after each call of the graph; may ask to stop."""

    def __init__(self, stop: bool = False) -> None:
        super().__init__()
        self.stop, self.batches, self.steps, self.epochs = stop, list[int](), list[Any](), list[Any]()

    def on_train_begin(self, logs: Any = None) -> None:
        self.first = weights(self.model)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.batches.append(batch)
        self.steps.append(weights(self.model))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epochs.append(logs)
        self.model.stop_training = self.stop


def stopping_at(stop: int) -> Callable[[Any, int], None]:
    """A person who presses Ctrl-C at a step."""

    def sample(model: Any, step: int) -> None:
        if step == stop:
            os.kill(os.getpid(), signal.SIGINT)

    return sample
