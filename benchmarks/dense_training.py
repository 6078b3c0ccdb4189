"""Training of the small networks of `dense_arms.py`, many times with as many seeds: pictures are held in memory, and a
graph is traced once an arm."""

import hashlib
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from regenkit import Spec
from regenkit.models.assisted import Assisted
from regenkit.plugins import host
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.train_settings import TrainSettings
from regenkit.spec import Fields
from regenkit.stage import STATISTICS
from regenkit.training.optimizer import optimizer

BATCH, STEPS, VALIDATE = 8, 300, 50
WARMUP, AVERAGE, CLIP = 30, 0.95, 1.0
NETWORKS: dict[str, tuple[int, str, dict[str, Any]]] = {
    "unet": (32, "dense/unet", {"width": 8}),
    "vit": (32, "dense/vit", {"width": 64, "depth": 2, "patch": 4, "features": 8}),
    "fpn": (32, "dense/fpn", {"width": 16}),
    "larger": (64, "dense/unet", {"width": 16}),
}
"""Pixels a side, and the generator."""
DEJAVU: dict[str, Any] = {"redaction": ("pixels",), "strength": 0.75, "width": 8, "depth": 1}
STEREO = {"stride": 16}
TASKS: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "land": ("dense/land", {}, ("picture_iou", "pixel_accuracy", "boundary_f")),
    "brain": ("dense/brain", {}, ("dice", "pixel_accuracy", "boundary_f", "hausdorff_95")),
    "normals": ("dense/stereo", {"tasks": ("normals",), **STEREO}, ("angular_error", "median_angular_error")),
    "depth": ("dense/stereo", {"tasks": ("depth",), **STEREO}, ("abs_rel", "rmse", "delta")),
}
CLIPPED = {"train": 100_000, "validation": 64, "test": 192}
"""Pictures of each split at most, evenly chosen: measuring must not take longer than training."""


@dataclass(frozen=True)
class Data:
    x: Spec
    y: Spec
    splits: dict[str, tuple[Fields, Fields]]  # of each X and Y, [examples, …]
    labelled: np.ndarray  # rows of the training pictures that have maps


@lru_cache(maxsize=16)
def read(task: str, size: int, fraction: float = 1.0) -> Data:
    """The pictures of a task, of which a `fraction` of the training ones keep their maps."""
    use, options, _ = TASKS[task]
    record: Any = host().find("dataset", use)
    source = record.load()(**options, **({} if task == "land" else {"size": size}))
    examples = [each for name in source.sources() for each in source.read(name) if hasattr(each, "y")]
    parts = [(each.split, x, y, each.id) for each in examples for x, y in cut(each.x, each.y, size)]
    sides = {side: {**source.modalities[side], "size": size} for side in ("x", "y")}
    specs = {side: host().find("modality", getattr(record, side)).load()(**sides[side]).spec for side in ("x", "y")}
    named = sorted({name for where, _, _, name in parts if where == "train"}, key=lot)
    few = set(named[: max(1, round(fraction * len(named)))])
    found, labelled = {}, np.zeros(0, int)
    for split, most in CLIPPED.items():
        rows = [(x, y, name) for where, x, y, name in parts if where == split]
        rows = [rows[place] for place in np.unique(np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(int))]
        kept = np.array([split != "train" or name in few for _, _, name in rows])
        x = {name: np.stack([row[0][name] for row in rows]) for name in specs["x"]}
        y = {name: np.stack([row[1][name] * keep for row, keep in zip(rows, kept, strict=True)]) for name in specs["y"]}
        found[split] = (x, y)
        labelled = np.flatnonzero(kept) if split == "train" else labelled
    return Data(specs["x"], specs["y"], found, labelled)


def lot(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def cut(x: Fields, y: Fields, size: int) -> Iterator[tuple[Fields, Fields]]:
    """Parts of size × size."""
    whole = len(x["pixels"])
    for top in range(0, whole - size + 1, size):
        for left in range(0, whole - size + 1, size):
            where = (slice(top, top + size), slice(left, left + size))
            yield ({name: value[where] for name, value in x.items()}, {name: value[where] for name, value in y.items()})


def batches(data: Data, seed: int, steps: int) -> Iterator[np.ndarray]:
    """Rows of each step: every picture once before any comes again. Where some have no maps, half of a batch is drawn
    from those that do."""
    random, count = np.random.default_rng(seed), len(next(iter(data.splits["train"][0].values())))

    def drawn(rows: np.ndarray, size: int) -> np.ndarray:
        turns = -(-steps * size // len(rows))
        return np.concatenate([random.permutation(rows) for _ in range(turns)])[: steps * size].reshape(steps, size)

    if len(data.labelled) == count:
        yield from drawn(np.arange(count), BATCH)
    else:
        halves = drawn(data.labelled, BATCH // 2), drawn(np.arange(count), BATCH - BATCH // 2)
        yield from np.concatenate(halves, 1)


class Rate(keras.optimizers.schedules.LearningRateSchedule):
    """What `optimizer.learning_rate` makes of settings, for settings that change without a new graph."""

    def __init__(self) -> None:
        self.most, self.steps = tf.Variable(0.0), tf.Variable(1.0)

    def __call__(self, step: Any) -> tf.Tensor:
        step = tf.cast(step, tf.float32)
        turn = tf.clip_by_value((step - WARMUP) / (self.steps - WARMUP), 0.0, 1.0)
        return self.most * tf.where(step < WARMUP, step / WARMUP, 0.01 + 0.99 * (0.5 + 0.5 * tf.cos(math.pi * turn)))


class Arm:
    """A model, traced once; `train` begins anew with each seed.

    All weights are kept in two flat variables, of matrices (which decay) and of vectors: hundreds of small operations
    of the optimiser and of the average would take as long as a network of this size itself.
    """

    def __init__(self, task: str, network: str, options: dict[str, Any] | None) -> None:
        self.size, use, self.sizes = NETWORKS[network]
        self.network = host().find("generator", use).load()
        self.options, self.weight, self.rate = options, tf.Variable(0.0), Rate()
        whole = read(task, self.size)
        self.x, self.y = whole.x, whole.y
        self.model = self.made(0)
        self.generator = self.model.generator if isinstance(self.model, Assisted) else self.model
        every = self.model.trainable_variables
        self.kinds = [[each for each in every if len(each.shape) > 1], [each for each in every if len(each.shape) < 2]]
        self.weights = [keras.Variable(flat(kind)) for kind in self.kinds]
        self.weights[0] = keras.Variable(self.weights[0].numpy()[:, None])  # two axes, as matrices have
        self.average = [tf.Variable(each.numpy()) for each in self.weights]
        self.optimizer = optimizer(TrainSettings(steps=1), self.weights)
        self.optimizer.learning_rate = self.rate
        self.begun = [variable.numpy() for variable in self.optimizer.variables]
        self.step = tf.function(self._step, autograph=False)
        self.judged = tf.function(self._judged, autograph=False)
        self.traced = False

    def made(self, seed: int) -> Any:
        keras.utils.set_random_seed(seed)
        generator = self.network(condition=self.x, target=self.y, **self.sizes)
        if self.options is None:
            return generator
        build = host().find("renderer", "dense/regeneration").load()
        auxiliary = build(condition=self.x | self.y, target=self.x, **{**DEJAVU, **self.options})
        return Assisted(parts={"generator": generator, "auxiliary": auxiliary},
                        specs={"x": self.x, "y": self.y, "rep": self.y}, settings=self.weight)  # fmt: skip

    def train(self, data: Data, seed: int, *, steps: int, rate: float, weight: float) -> dict[str, Any]:
        """Trained on `data`: processor seconds a step, and the validation loss every VALIDATE steps; `generator` then
        has the weights of the least."""
        for mine, fresh in zip(self.model.variables, self.made(seed).variables, strict=True):
            mine.assign(fresh.value)
        for whole, average, kind in zip(self.weights, self.average, self.kinds, strict=True):
            whole.assign(flat(kind).reshape(whole.shape))
            average.assign(whole.value)
        for variable, value in zip(self.optimizer.variables, self.begun, strict=True):
            variable.assign(value)
        for setting, value in ((self.weight, weight), (self.rate.most, rate), (self.rate.steps, float(steps))):
            setting.assign(value)
        x, y = data.splits["train"]
        validation = [constants(side) for side in data.splits["validation"]]
        kept, seconds, seen = self.average, list[float](), list[float]()
        for step, rows in enumerate(batches(data, seed, steps)):
            noise = np.stack([np.full(BATCH, seed * 100_003 + step), np.arange(BATCH)], 1).astype(np.int32)
            sides = [constants({key: value[rows] for key, value in side.items()}) for side in (x, y)]
            began = time.process_time()
            self.step(*sides, tf.constant(noise))
            seconds += [time.process_time() - began] * self.traced
            self.traced = True
            if (step + 1) % VALIDATE == 0 or step + 1 == steps:
                seen.append(float(self.judged(*validation)))
                if seen[-1] <= min(seen):
                    kept = [each.numpy() for each in self.average]
        for variable, value in self.pieces(kept):
            variable.assign(value)
        return {"seconds_a_step": float(np.mean(seconds)), "validation": np.round(seen, 5).tolist()}

    def pieces(self, weights: Any) -> list[tuple[Any, tf.Tensor]]:
        """Of the flat weights each variable's own."""
        found = []
        for kind, whole in zip(self.kinds, weights, strict=True):
            parts = tf.split(tf.reshape(whole, [-1]), [math.prod(each.shape) for each in kind])
            found += [(each, tf.reshape(part, each.shape)) for each, part in zip(kind, parts, strict=True)]
        return found

    def _step(self, x: Any, y: Any, noise: tf.Tensor) -> None:
        values = [each.value for each in self.weights]
        with tf.GradientTape() as tape:
            with keras.StatelessScope(self.pieces(values)):
                found = dict(self.model.losses({"condition": x, "target": y, "noise": noise}, noise=noise))
            found.pop(STATISTICS, None)
            total = summed(found["main"])
        clipped, _ = tf.clip_by_global_norm(tape.gradient(total, values), CLIP)
        self.optimizer.apply(clipped, self.weights)
        for average, whole in zip(self.average, self.weights, strict=True):
            average.assign(AVERAGE * average + (1 - AVERAGE) * whole.value)

    def _judged(self, x: Any, y: Any) -> tf.Tensor:
        """The validation loss of the averaged weights."""
        with keras.StatelessScope(self.pieces([each.value() for each in self.average])):
            return summed(self.generator.losses({"condition": x, "target": y}, noise=None)["main"])


def flat(variables: Any) -> np.ndarray:
    return np.concatenate([np.ravel(variable.numpy()) for variable in variables])


def summed(terms: Any) -> tf.Tensor:
    return tf.add_n([tf.math.divide_no_nan(tf.reduce_sum(value), tf.reduce_sum(weight))
                     for value, weight in terms.values()])  # fmt: skip


def constants(side: Fields) -> dict[str, tf.Tensor]:
    return {name: tf.constant(value) for name, value in side.items()}
