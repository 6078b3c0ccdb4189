"""What DejaVu is worth: a small U-Net alone and with it, with its controls, redactions, modules and extensions.

    PYTHONPATH=.:plugins python benchmarks/dense_arms.py --out dense                    # all that is not there yet
    PYTHONPATH=.:plugins python benchmarks/dense_arms.py --out dense --table            # the table of what is there

Pictures are of 32 × 32 pixels (tiles of land are cut in four), so that many seeds are affordable. An arm is traced once
and trained from the weights, batches and noise of each seed; two arms of a seed begin with the same network and see the
same batches. The weights are those averages that predicted the validation split best (looked at every VALIDATE steps);
what is reported is of the test split. The settings are the same for all tasks and arms and were not tuned: the first
ones tried are these.

`base, as long` is the base network with as many more steps as DejaVu takes processor time. Differences are paired, by
example and seed; the interval is over examples (bootstrap), ± the standard deviation over seeds.
"""

import argparse
import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from regenkit import Evaluation, Spec
from regenkit.analysis.measures.bootstrap import over_seeds
from regenkit.models.assisted import Assisted
from regenkit.plugins import host
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.settings import TrainSettings
from regenkit.spec import Fields
from regenkit.stage import STATISTICS
from regenkit.training.optimizer import optimizer

ZERO = tf.UnconnectedGradients.ZERO
SIZE, WIDTH, BATCH, STEPS, VALIDATE = 32, 8, 8, 120, 30
RATE, WARMUP, AVERAGE, CLIP, WEIGHT = 3e-3, 15, 0.95, 1.0, 1.0
DEJAVU: dict[str, Any] = {"redaction": ("pixels",), "strength": 0.75, "width": 8, "depth": 1}
ARMS: dict[str, dict[str, Any] | None] = {
    "base": None,
    "dejavu": {},
    "detached": {"maps": "detached"},
    "shuffled": {"maps": "shuffled"},
    "none": {"redaction": ("none",)},
    "total": {"redaction": ("total",)},
    "blocks": {"redaction": ("blocks",)},
    "low_pass": {"redaction": ("low_pass",)},
    "grey": {"redaction": ("grey",), "strength": 1.0},
    "recursive": {"module": "recursive"},
    "attention": {"module": "attention", "width": 32},
    "shared attention": {"module": "attention", "shared_attention": True},
    "cycle": {"cycle": 0.1},
}
CONTROLS = ("detached", "shuffled", "none", "total")
OTHERS = tuple(name for name in ARMS if name not in ("base", "dejavu", *CONTROLS))
TASKS: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "depth": ("dense/stereo", {"tasks": ("depth",), "size": SIZE, "stride": 16}, ("abs_rel", "delta")),
    "normals": ("dense/stereo", {"tasks": ("normals",), "size": SIZE, "stride": 16}, ("angular_error",)),
    "brain": ("dense/brain", {"size": SIZE}, ("dice", "pixel_accuracy", "boundary_f")),
    "land": ("dense/land", {}, ("picture_iou", "pixel_accuracy", "boundary_f")),
}
LOWER = ("abs_rel", "angular_error")
CLIPPED = {"train": 100_000, "validation": 96, "test": 192}
"""Pictures of each split at most, evenly chosen: measuring must not take longer than training."""


@dataclass(frozen=True)
class Data:
    x: Spec
    y: Spec
    splits: dict[str, tuple[Fields, Fields]]  # of each X and Y, [examples, …]


def read(task: str, fraction: float = 1.0) -> Data:
    """The pictures of a task, of which a `fraction` of the training ones keep their maps."""
    use, options, _ = TASKS[task]
    record: Any = host().find("dataset", use)
    source = record.load()(**options)
    examples = [each for name in source.sources() for each in source.read(name) if hasattr(each, "y")]
    parts = [(each.split, x, y, each.id) for each in examples for x, y in cut(each.x, each.y)]
    sides = {side: {**source.modalities[side], "size": SIZE} for side in ("x", "y")}
    specs = {side: host().find("modality", getattr(record, side)).load()(**sides[side]).spec for side in ("x", "y")}
    found = {}
    for split, most in CLIPPED.items():
        rows = [(x, y, name) for where, x, y, name in parts if where == split]
        rows = [rows[place] for place in np.unique(np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(int))]
        kept = [split != "train" or share(name) < fraction for _, _, name in rows]
        x = {name: np.stack([row[0][name] for row in rows]) for name in specs["x"]}
        y = {name: np.stack([row[1][name] * keep for row, keep in zip(rows, kept, strict=True)]) for name in specs["y"]}
        found[split] = (x, y)
    return Data(specs["x"], specs["y"], found)


def share(name: str) -> float:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") / 2**64


def cut(x: Fields, y: Fields) -> Iterator[tuple[Fields, Fields]]:
    """Parts of SIZE × SIZE."""
    size = len(x["pixels"])
    for top in range(0, size - SIZE + 1, SIZE):
        for left in range(0, size - SIZE + 1, SIZE):
            where = (slice(top, top + SIZE), slice(left, left + SIZE))
            yield ({name: value[where] for name, value in x.items()}, {name: value[where] for name, value in y.items()})


class Arm:
    """A model, traced once; `train` begins anew with each seed."""

    def __init__(self, data: Data, options: dict[str, Any] | None, steps: int) -> None:
        self.data, self.options, self.steps = data, options, steps
        self.model = self.made(0)
        settings = TrainSettings(steps=steps, learning_rate=RATE, warmup_steps=WARMUP)
        self.variables = list(self.model.trainable_variables)
        self.optimizer = optimizer(settings, self.variables)
        self.begun = [variable.numpy() for variable in self.optimizer.variables]
        self.generator = self.model.generator if isinstance(self.model, Assisted) else self.model
        self.average = [tf.Variable(variable.value) for variable in self.generator.trainable_variables]
        self.step = tf.function(self._step, autograph=False)
        self.judged = tf.function(self._judged, autograph=False)

    def made(self, seed: int) -> Any:
        keras.utils.set_random_seed(seed)
        x, y = self.data.x, self.data.y
        generator = host().find("generator", "dense/unet").load()(condition=x, target=y, width=WIDTH)
        if self.options is None:
            return generator
        build = host().find("renderer", "dense/regeneration").load()
        auxiliary = build(condition=x | y, target=x, **{**DEJAVU, **self.options})
        return Assisted(parts={"generator": generator, "auxiliary": auxiliary}, specs={"x": x, "y": y, "rep": y},
                        settings=WEIGHT)  # fmt: skip

    def train(self, seed: int) -> tuple[dict[str, np.ndarray], float]:
        """(maps of the test pictures, processor seconds of the steps)"""
        for mine, fresh in zip(self.model.variables, self.made(seed).variables, strict=True):
            mine.assign(fresh.value)
        for variable, value in zip(self.optimizer.variables, self.begun, strict=True):
            variable.assign(value)
        for average, variable in zip(self.average, self.generator.trainable_variables, strict=True):
            average.assign(variable.value)
        x, y = self.data.splits["train"]
        random, count = np.random.default_rng(seed), len(next(iter(x.values())))
        best, kept, seconds = np.inf, [each.numpy() for each in self.average], 0.0
        order = np.concatenate([random.permutation(count) for _ in range(-(-self.steps * BATCH // count))])
        for step in range(self.steps):
            rows = order[step * BATCH : (step + 1) * BATCH]
            noise = np.stack([np.full(BATCH, seed * 100_003 + step), np.arange(BATCH)], 1).astype(np.int32)
            began = time.process_time()
            self.step(*(tf.nest.map_structure(tf.constant, {key: value[rows] for key, value in side.items()})
                        for side in (x, y)), tf.constant(noise))  # fmt: skip
            seconds += (time.process_time() - began) * bool(step)  # the first may be traced
            if (step + 1) % VALIDATE == 0 or step + 1 == self.steps:
                loss = float(self.judged(*map(constants, self.data.splits["validation"])))
                if loss < best:
                    best, kept = loss, [each.numpy() for each in self.average]
        for variable, value in zip(self.generator.trainable_variables, kept, strict=True):
            variable.assign(value)
        return self.generator.sample(self.data.splits["test"][0], seed=0), seconds

    def _step(self, x: Any, y: Any, noise: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            found = dict(self.model.losses({"condition": x, "target": y, "noise": noise}, noise=noise))
            found.pop(STATISTICS, None)
            total = tf.add_n([tf.math.divide_no_nan(tf.reduce_sum(value), tf.reduce_sum(weight))
                              for value, weight in found["main"].values()])  # fmt: skip
        slopes = tape.gradient(
            total, [each.value for each in self.variables], unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        clipped, _ = tf.clip_by_global_norm([tf.convert_to_tensor(each) for each in slopes], CLIP)
        self.optimizer.apply(clipped, self.variables)
        for average, variable in zip(self.average, self.generator.trainable_variables, strict=True):
            average.assign(AVERAGE * average + (1 - AVERAGE) * variable.value)

    def _judged(self, x: Any, y: Any) -> tf.Tensor:
        """The validation loss of the averaged weights."""
        values = list(zip(self.generator.trainable_variables, self.average, strict=True))
        with keras.StatelessScope([(variable, average.value()) for variable, average in values]):
            found = self.generator.losses({"condition": x, "target": y}, noise=None)["main"]
        return tf.add_n([tf.math.divide_no_nan(tf.reduce_sum(value), tf.reduce_sum(weight))
                         for value, weight in found.values()])  # fmt: skip


def constants(side: Fields) -> dict[str, tf.Tensor]:
    return {name: tf.constant(value) for name, value in side.items()}


def scores(task: str, data: Data, drawn: dict[str, np.ndarray]) -> dict[str, list[float]]:
    x, y = data.splits["test"]
    rows = range(len(next(iter(x.values()))))
    of = Evaluation(samples=[{name: value[row] for name, value in drawn.items()} for row in rows],
                    references=[{name: value[row] for name, value in y.items()} for row in rows])  # fmt: skip
    return {name: np.round(host().find("metric", f"dense/{name}").load()(of), 6).tolist() for name in TASKS[task][2]}


def plan(seeds: int) -> Iterator[tuple[str, float, str, int]]:
    """(task, share of labels, arm, seeds): the question first, then controls, equal seconds, few labels, the rest."""
    for task in TASKS:
        yield from ((task, 1.0, arm, seeds) for arm in ("base", "dejavu"))
    for task in ("depth", "brain"):
        yield from ((task, 1.0, arm, min(seeds, 3)) for arm in CONTROLS)
    for task in TASKS:
        yield task, 1.0, "base, as long", seeds
    for fraction in (0.1, 0.5, 0.02):
        yield from (("land", fraction, arm, min(seeds, 3)) for arm in ("base", "dejavu"))
    for task in ("depth", "brain"):
        yield from ((task, 1.0, arm, min(seeds, 3)) for arm in OTHERS)


def run(out: Path, seeds: int, console: Console) -> None:
    out.mkdir(parents=True, exist_ok=True)
    path, read_already = out / "results.jsonl", dict[tuple[str, float], Data]()
    for task, fraction, arm, count in plan(seeds):
        done = {(each["task"], each["labels"], each["arm"], each["seed"]): each for each in lines(path)}
        missing = [seed for seed in range(count) if (task, fraction, arm, seed) not in done]
        if not missing:
            continue
        if (task, fraction) not in read_already:
            read_already = {(task, fraction): read(task, fraction)}
        data, steps = read_already[task, fraction], STEPS
        if arm == "base, as long":
            spent = {name: np.median([done[task, fraction, name, seed]["seconds"] for seed in range(count)])
                     for name in ("base", "dejavu")}  # fmt: skip
            steps = round(STEPS * spent["dejavu"] / spent["base"])
        trained = Arm(data, ARMS["base" if arm.startswith("base") else arm], steps)
        for seed in missing:
            drawn, seconds = trained.train(seed)
            line = {"task": task, "labels": fraction, "arm": arm, "seed": seed, "steps": steps, "seconds": seconds,
                    "parameters": trained.generator.count_params(), "scores": scores(task, data, drawn)}  # fmt: skip
            with path.open("a") as file:
                file.write(json.dumps(line) + "\n")
            console.print(task, fraction, arm, seed, {name: round(float(np.nanmean(each)), 4)
                                                      for name, each in line["scores"].items()})  # fmt: skip
        keras.utils.clear_session()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def table(out: Path, console: Console) -> None:
    """Of each task and metric: the base network, and by how much each arm differs from it on the same seeds."""
    shown = Table("task", "labels", "metric", "arm", "seeds", "steps", "score", "minus base", "better")
    groups: dict[tuple[str, float, str], dict[int, dict[str, Any]]] = {}
    for each in lines(out / "results.jsonl"):
        groups.setdefault((each["task"], each["labels"], each["arm"]), {})[each["seed"]] = each
    for (task, fraction, arm), runs in groups.items():
        base = groups.get((task, fraction, "base"), {})
        for metric in TASKS[task][2]:
            mine, theirs = (
                {seed: np.array(each["scores"][metric]) for seed, each in side.items()} for side in (runs, base)
            )
            own, steps = over_seeds(list(mine.values())), next(iter(runs.values()))["steps"]
            row = [task, f"{fraction:g}", metric, arm, str(len(runs)), str(steps), f"{own.mean:.4f}"]
            if arm != "base" and (shared := sorted(set(mine) & set(theirs))):
                apart = over_seeds([mine[seed] - theirs[seed] for seed in shared])
                better = sum((value < 0) == (metric in LOWER) for value in apart.seeds)
                spread = f" ± {apart.spread:.4f}" if apart.spread is not None else ""
                row += [
                    f"{apart.mean:+.4f} ({apart.low:+.4f} … {apart.high:+.4f}){spread}",
                    f"{better} of {len(shared)}",
                ]
            shown.add_row(*row)
    console.print(shown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    console = Console(width=170)
    if not given.table:
        run(given.out, given.seeds, console)
    table(given.out, console)


if __name__ == "__main__":
    main()
