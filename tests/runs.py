"""Runs of the toy plugin (letters.py), trained in this process; and someone who presses Ctrl-C."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import letters
import numpy as np
import processes
import pytest
from rich.console import Console

from regenkit import hookimpl, plugins
from regenkit.pipeline import Pipeline
from regenkit.pipeline.load import load_run
from regenkit.quiet import keras
from regenkit.recipe import load
from regenkit.run.train import train_recipe

PLAIN = "steps: 6, steps_per_call: 3, validate_every: 3, checkpoint_every: 3, warmup_steps: 1"
SMALL = "width: 8, depth: 1, heads: 2"


class Stopper:
    """A person who presses Ctrl-C after the first steps of a stage, once armed."""

    def __init__(self, stage: str) -> None:
        self.stage, self.armed = stage, False

    @hookimpl
    def training_callbacks(self, recipe: Any, stage: str, run_dir: Path) -> list[keras.callbacks.Callback]:
        def stop(batch: int, logs: Any = None) -> None:
            if stage == self.stage and self.armed:
                self.armed = False
                os.kill(os.getpid(), signal.SIGINT)

        return [keras.callbacks.LambdaCallback(on_train_batch_end=stop)]


@contextmanager
def at_home(folder: Path, stopper: Stopper) -> Iterator[None]:
    """Within, we work in `folder`, and the plugins are the toys and the stopper."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        host = plugins.Host([letters, stopper])
        patch.setattr(plugins, "host", lambda: host)
        yield


def train(run: str, text: str, *overrides: str) -> Pipeline:
    path = Path(f"{run}.yaml")
    path.write_text(text)
    train_recipe(load(path, overrides), Path(run), Console(quiet=True))
    return load_run(run)


def alike(one: Path | str, other: Path | str) -> bool:
    """Whether the best weights of two stages, by their folders, are equal to the bit."""
    mine, theirs = (list(processes.weights(each.parent, [each.name]).values()) for each in map(Path, (one, other)))
    return len(mine) == len(theirs) and all(map(np.array_equal, mine, theirs))
