"""A toy problem small enough to be prepared and trained in a test, and a process to train it in that may be killed.

X is a letter a step; Y a mode (one an example, which a user may give) and two notes a step; Y′ the mode and a parity.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from regenkit import Spec
from regenkit.components import Example
from regenkit.errors import BadSource
from regenkit.spec import Fields, tokens

X = Spec({"letter": tokens(5)})
Y = Spec({"mode": tokens(3, scalar=True, optional=True), "high": tokens(7), "low": tokens(4)})
REP = Spec({"mode": Y["mode"], "parity": tokens(2)})
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Data:
    """`count` sources of one example each; `journal` gets a line for each source that is read.

    By default an epoch of training is 136 examples: in batches of 9 there is one of a single example.
    """

    count: int = 126
    longest: int = 20
    bad: tuple[int, ...] = ()
    paired: bool | None = None  # None: two of three
    pause: float = 0.0
    journal: str = ""
    version = 1

    def sources(self) -> list[str]:
        return [str(number) for number in range(self.count)]

    def read(self, source: str) -> list[Example]:
        if self.journal:
            with open(self.journal, "a") as file:
                file.write(f"{source}\n")
        time.sleep(self.pause)
        number = int(source)
        if number in self.bad:
            raise BadSource(source, f"number {number} is bad")
        random = np.random.default_rng(number)
        letter = random.integers(1, 6, random.integers(5, self.longest + 1)).astype(np.int32)
        high = (letter + np.roll(letter, 1)) % 7 + 1
        y = {"mode": np.int32(number % 3 + 1), "high": high, "low": high % 4 + 1}
        paired = bool(number % 3) if self.paired is None else self.paired
        return [Example(id=source, y=y, x={"letter": letter} if paired else None, meta={"number": number})]


@dataclass(frozen=True)
class Echo(Data):
    """X is Y."""

    def read(self, source: str) -> list[Example]:
        return [replace(example, x=example.y) for example in super().read(source)]


@dataclass(frozen=True)
class Listed:
    """The examples of `Data` whose numbers are in a file, as a user adds and removes them."""

    file: str
    version = 1

    def sources(self) -> list[str]:
        return Path(self.file).read_text().split()

    def fingerprint(self) -> str:
        return " ".join(self.sources())

    def read(self, source: str) -> list[Example]:
        return Data().read(source)


@dataclass(frozen=True)
class Parity:
    """Y → whether `high` is even. `flip` is a setting, `stop_after` an interruption."""

    flip: bool = False
    stop_after: int | None = None
    version = 1

    def convert(self, y: Fields) -> Fields:
        if self.stop_after is not None:
            object.__setattr__(self, "stop_after", self.stop_after - 1)
            if self.stop_after < 0:
                raise KeyboardInterrupt
        return {"mode": y["mode"], "parity": ((y["high"] + self.flip) % 2 + 1).astype(np.int32)}


HUNDRED = Data(count=100)


def files(cache: Path) -> dict[str, bytes]:
    return {str(path.relative_to(cache)): path.read_bytes() for path in sorted(cache.rglob("part-*"))}


def journal(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def prepared(data: Data | None = None, converter: Parity | None = None, processes: int = 1) -> Any:
    from regenkit.data.prepare import prepare

    data, converter = data or Data(), converter or Parity()
    return prepare(
        dataset=data,
        identity={"use": "toy/data", "count": data.count, "longest": data.longest, "bad": data.bad,
                  "paired": data.paired},
        converter=converter,
        converter_identity={"use": "toy/parity", "flip": converter.flip},
        specs={"x": X, "y": Y, "rep": REP},
        progress=lambda *_: None,
        processes=processes,
    )  # fmt: skip


def sides() -> tuple[Any, Any]:
    """(condition, target): letters and a given mode → notes."""
    from regenkit.stages import Side

    condition = Side(spec=X | {"mode": REP["mode"]}, source={"letter": "x", "mode": "rep"})
    return condition, Side(spec=Y.without(["mode"]), source={"high": "y", "low": "y"})


def transformer(**options: Any) -> Any:
    from regenkit.models.transformer import Transformer

    condition, target = sides()
    options = {"width": 16, "depth": 1, "heads": 2, "dropout": 0.2, **options}
    return Transformer(condition=condition.spec, target=target.spec, **options)


def lookup(poison: int | None = None, gradient_only: bool = False) -> Any:
    """The least stage there is: a table from letter to each note, with dropout. It is traced in a second.

    In step `poison` (counted from 0) of seed 3 its loss becomes NaN, or its gradient alone.
    """
    from regenkit.data.batches import _mixed
    from regenkit.layers import noise as noises
    from regenkit.quiet import keras
    from regenkit.quiet import tensorflow as tf

    @tf.custom_gradient
    def spoilt(x: Any, bad: Any) -> Any:
        nan = tf.where(bad, float("nan"), 1.0)
        return (x if gradient_only else x * nan), lambda upstream: (upstream * nan, None)

    class Lookup(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.tables = {name: self.add_weight(name=name, shape=(6, Y[name].vocabulary), initializer="normal")
                           for name in ("high", "low")}  # fmt: skip
            self.built = True

        def losses(self, batch: Any, *, noise: Any) -> Any:
            terms = {}
            for name, table in self.tables.items():
                logits = tf.gather(tf.convert_to_tensor(table), batch["condition"]["letter"])
                kept = noises.keep(noises.fold_in(noise, name), Y[name].vocabulary, 0.2)
                logits = logits if kept is None else logits * kept[:, None]
                if poison is not None and noise is not None:
                    logits = spoilt(logits, tf.reduce_any(noise[:, 0] == _mixed(3, poison)))
                known = tf.cast(batch["target"]["mask"], tf.float32)
                nll = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(batch["target"][name] - 1, 0), logits)
                terms[name] = (tf.reduce_sum(nll * known, 1), tf.reduce_sum(known, 1))
            return {"main": terms}

    return Lookup()


def settings(**options: Any) -> Any:
    """Short steps, many checkpoints."""
    from regenkit.recipe.train_settings import TrainSettings

    return TrainSettings(**{
        "steps": 20, "batch_size": 9, "warmup_steps": 5, "learning_rate": 1e-2, "steps_per_call": 5,
        "validate_every": 10, "checkpoint_every": 5, "sample_every": 0, "ema": 0.9, "seed": 3, **options,
    })  # fmt: skip


def train(
    folder: Path,
    *,
    build: Callable[[], Any] = transformer,
    strategy: Any = None,
    data: Any = None,
    console: Any = None,
    sample: Callable[[Any, int], None] | None = None,
    callbacks: Any = (),
    between: tuple[Any, Any] | None = None,
    perturb: Any = None,
    **options: Any,
) -> tuple[Any, dict[str, Any]]:
    """(the model, what `fit` returned), trained in `folder` with `settings(**options)`, `between` other sides."""
    from rich.console import Console

    from regenkit.pipeline.load import load_run
    from regenkit.quiet import tensorflow as tf
    from regenkit.training.log import RunLog
    from regenkit.training.train import Job, fit

    built = []

    def keep() -> Any:
        built.append(build())
        return built[0]

    condition, target = between or sides()
    job = Job(name="stage", build=keep, condition=condition, target=target, settings=settings(**options),
              folder=folder / "stage", perturb=perturb, open_run=load_run)  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    with RunLog(folder, console or Console(quiet=True)) as log:
        result = fit(job, data or prepared(), strategy or tf.distribute.get_strategy(), log, sample=sample,
                     callbacks=list(callbacks))  # fmt: skip
    return built[0], result


def weights(model: Any) -> list[np.ndarray]:
    return [np.array(variable.numpy()) for variable in model.variables]


# --- in a process of its own -----------------------------------------------------------------------------------------

TRAINING = """
import sys
from pathlib import Path
import numpy as np
import toy_job
from regenkit.quiet import keras
from regenkit.errors import Interrupted

tell = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: print("step", flush=True))
folder = Path(sys.argv[1])
try:
    model, _ = toy_job.train(folder, build=toy_job.{build}, steps=60, steps_per_call=2, checkpoint_every=4,
                             validate_every=12, callbacks=[tell])
except Interrupted:
    sys.exit(130)
np.savez(folder / "final.npz", *toy_job.weights(model))
"""


def start(code: str, *arguments: object, output: Any = subprocess.PIPE, **environment: str) -> subprocess.Popen:
    """Run `code`, in which this module is `toy_job`, in a new interpreter."""
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "plugins", ROOT / "tests")))
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], env={**os.environ, "PYTHONPATH": paths, **environment},
        stdout=output, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def stop(folder: Path, build: str, number: int, calls: int, delay: float = 0.0) -> int:
    """Train in `folder`, send signal `number` some seconds after so many calls of the graph; returns the status."""
    process = start(TRAINING.format(build=build), folder)
    assert process.stdout
    seen, said = 0, ""
    while seen < calls and (line := process.stdout.readline()):
        seen, said = seen + (line == "step\n"), said + line
    time.sleep(delay)
    process.send_signal(number)
    said += process.communicate(timeout=200)[0]
    assert process.returncode in (0, -number, 130), said
    return process.returncode


def finish(folder: Path, build: str) -> tuple[list[np.ndarray], list[Any]]:
    """Train to the end: the weights, and the log but for its speeds."""
    process = start(TRAINING.format(build=build), folder)
    said = process.communicate(timeout=200)[0]
    assert process.returncode == 0, said
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    with np.load(folder / "final.npz") as final:
        return [final[name] for name in final], [{**line, "steps_per_second": None, "waiting": None} for line in log]
