"""Small stages that strain the loop, and the cases of its matrix: each is to end alike however many replicas train it.

perceptron  Keras layers, so that it computes in the precision of the recipe; one example's gradient may overflow
adversary   two groups of variables with an optimiser each, and VQ-GAN's adaptive weight between their terms
codebook    a non-trainable codebook that follows its batches, with dead codes revived (VQ-VAE, arXiv 1711.00937)
"""

import json
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import toy_clocks
from toy_job import Y, lookup, prepared, train, transformer, weights

from regenkit.distribute import make_strategy, worker_index
from regenkit.errors import Interrupted
from regenkit.layers import noise as noises
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

SUM = tf.distribute.ReduceOp.SUM
NOTES = Y["high"].vocabulary or 0


def _nll(batch: Any, logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    known = tf.cast(batch["target"]["mask"], tf.float32)
    labels = tf.maximum(batch["target"]["high"] - 1, 0)
    nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, tf.cast(logits, tf.float32))
    return tf.reduce_sum(nll * known, 1), tf.reduce_sum(known, 1)


class Perceptron(keras.Model):
    """`steep`: the gradient of each batch's first example, so on one replica, overflows float16 at first."""

    def __init__(self, steep: bool = False) -> None:
        super().__init__()
        self.steep = steep
        self.embedding, self.hidden = keras.layers.Embedding(6, 8), keras.layers.Dense(16, activation="silu")
        self.out = keras.layers.Dense(NOTES)
        for layer, width in ((self.embedding, None), (self.hidden, 8), (self.out, 16)):
            layer.build((None, None, width) if width else (None, None))
        self.built = True

    def losses(self, batch: Any, *, noise: Any) -> Any:
        logits = self.out(self.hidden(self.embedding(batch["condition"]["letter"])))
        if noise is None or not self.steep:
            return {"main": {"high": _nll(batch, logits)}}

        @tf.custom_gradient
        def steep(x: Any) -> Any:
            factor = tf.where(noise[:, 1] == 0, 2000.0, 1.0)[:, None, None]
            return tf.identity(x), lambda slope: slope * tf.cast(factor, x.dtype)

        return {"main": {"high": _nll(batch, steep(logits))}}


class Adversary(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.last = keras.layers.Embedding(6, 8), keras.layers.Dense(NOTES, use_bias=False)
        self.judge = keras.layers.Dense(1)
        for layer, shape in ((self.embedding, (None, None)), (self.last, (None, None, 8)),
                             (self.judge, (None, None, NOTES))):  # fmt: skip
            layer.build(shape)
        self.built = True

    def groups(self) -> dict[str, list]:
        made = [*self.embedding.trainable_variables, *self.last.trainable_variables]
        return {"generator": made, "discriminator": self.judge.trainable_variables}

    def losses(self, batch: Any, *, noise: Any) -> Any:
        known = tf.cast(batch["target"]["mask"], tf.float32)
        hidden = self.embedding(batch["condition"]["letter"])
        kernel = self.last.trainable_variables[0]
        with tf.GradientTape(persistent=True) as tape:
            fake = self.last(hidden)
            nll, weight = _nll(batch, fake)
            fooled = tf.reduce_sum(-self.judge(tf.nn.softmax(fake))[..., 0] * known, 1)
            totals = tf.reduce_sum(nll), tf.reduce_sum(fooled)
        norms = [tf.convert_to_tensor(tape.gradient(total, kernel.value)) for total in totals]
        if noise is not None:  # the norm of the sum over replicas, not the sum of the norms
            norms = tf.distribute.get_replica_context().all_reduce(SUM, norms)
        size = tf.stop_gradient(tf.norm(norms[0]) / (tf.norm(norms[1]) + 1e-4))
        real = tf.one_hot(tf.maximum(batch["target"]["high"] - 1, 0), NOTES)
        judged = tf.nn.relu(1 - self.judge(real)) + tf.nn.relu(1 + self.judge(tf.stop_gradient(tf.nn.softmax(fake))))
        return {
            "generator": {"nll": (nll, weight), "fooled": (0.1 * size * fooled, weight)},
            "discriminator": {"judged": (tf.reduce_sum(judged[..., 0] * known, 1), weight)},
        }


class Codebook(keras.Model):
    codes, width = 12, 4

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.out = keras.layers.Embedding(6, self.width), keras.layers.Dense(NOTES)
        self.embedding.build((None, None))
        self.out.build((None, None, self.width))
        fixed: dict[str, Any] = {"trainable": False, "initializer": "normal"}
        self.book = self.add_weight(name="book", shape=(self.codes, self.width), **fixed)
        self.count = self.add_weight(name="count", shape=(self.codes,), **{**fixed, "initializer": "ones"})
        self.total = self.add_weight(name="total", shape=(self.codes, self.width), **fixed)
        self.revived = self.add_weight(name="revived", shape=(), **{**fixed, "initializer": "zeros"})
        self.built = True

    def losses(self, batch: Any, *, noise: Any) -> Any:
        known = tf.cast(batch["target"]["mask"], tf.float32)
        z = tf.cast(self.embedding(batch["condition"]["letter"]), tf.float32)
        book = tf.convert_to_tensor(self.book)
        chosen = tf.argmin(tf.reduce_sum((z[:, :, None] - book) ** 2, -1), -1)
        quantized = z + tf.stop_gradient(tf.gather(book, chosen) - z)
        near = tf.reduce_sum((z - tf.stop_gradient(tf.gather(book, chosen))) ** 2, -1)
        nll, weight = _nll(batch, self.out(quantized))
        losses: dict[str, Any] = {
            "main": {"nll": (nll, weight), "commitment": (tf.reduce_sum(near * known, 1), weight)}
        }
        if noise is not None:
            used = tf.one_hot(chosen, self.codes) * known[..., None]
            # each example stands for a code with a chance of one in eight, whichever replica it is on
            elected = tf.cast(noises.uniform(noises.fold_in(noise, "elected"), self.codes) < 0.125, tf.float32)
            losses["statistics"] = {
                "count": tf.reduce_sum(used, [0, 1]), "total": tf.einsum("bsk,bsd->kd", used, z),
                "elected": tf.reduce_sum(elected, 0), "candidate": tf.einsum("bk,bd->kd", elected, z[:, 0]),
            }  # fmt: skip
        return losses

    def absorb(self, statistics: Any) -> None:
        count = 0.8 * self.count + 0.2 * statistics["count"]
        total = 0.8 * self.total + 0.2 * statistics["total"]
        dead = (count < 0.3) & (statistics["elected"] > 0)
        candidate = tf.math.divide_no_nan(statistics["candidate"], statistics["elected"][:, None])
        self.book.assign(tf.where(dead[:, None], candidate, total / (count[:, None] + 1e-5)))
        self.count.assign(tf.where(dead, 1.0, count))
        self.total.assign(tf.where(dead[:, None], candidate, total))
        self.revived.assign(self.revived + tf.reduce_sum(tf.cast(dead, tf.float32)))


@dataclass(frozen=True)
class Case:
    """What is trained, with which settings, and how far apart the weights may end."""

    build: Callable[[], Any]
    options: dict[str, Any] = field(default_factory=dict)
    tolerance: float = 1e-5
    data: Callable[[], Any] = prepared
    between: tuple[Any, Any] | None = None

    def train(self, folder: Path, **how: Any) -> tuple[Any, dict[str, Any]]:
        return train(folder, build=self.build, data=self.data(), between=self.between, **{**self.options, **how})


CASES = {
    "plain": Case(Perceptron, {"ema": 0.0, "clip_norm": None}),
    "accumulated": Case(lookup, {"accumulate": 3, "batch_size": 3}),
    "averaged": Case(Perceptron, {"ema": 0.9, "clip_norm": None}),
    "clipped": Case(Perceptron, {"clip_norm": 0.05}),
    "dropout": Case(lambda: transformer(dropout=0.5)),
    "bfloat16": Case(Perceptron, {"precision": "bfloat16", "clip_norm": 0.5}, 1e-2),
    "float16": Case(Perceptron, {"precision": "float16", "clip_norm": 0.5}, 1e-3),
    "float16 overflowing": Case(lambda: Perceptron(steep=True), {"precision": "float16"}, 1e-3),
    "two optimisers": Case(Adversary),
    "two optimisers accumulated": Case(Adversary, {"accumulate": 2, "batch_size": 5}),
    "codebook": Case(Codebook),
    "codebook accumulated": Case(Codebook, {"accumulate": 3, "batch_size": 3}),
    "everything": Case(Codebook, {"accumulate": 2, "clip_norm": 0.1, "precision": "float16"}, 1e-3),
    # batches of 3: in 20 steps several leave one of two replicas without an example, one is of a single example
    "ragged": Case(lookup, {"batch_size": 3, "steps": 50}),
    "three clocks": Case(toy_clocks.speller, {"batch_steps": 60}, data=toy_clocks.numbers, between=toy_clocks.SPELLER),
    "windows": Case(toy_clocks.vocoder, {"window": 3, "batch_size": 7}, data=toy_clocks.waves,
                    between=toy_clocks.VOCODER),
    "resumed": Case(Codebook, {"accumulate": 3, "batch_size": 3}),
    "begun on one": Case(Adversary),
}  # fmt: skip
"""Every training on the job’s own data has a batch of a single example, so a replica with none (see toy_job.Data)."""


def play(name: str, folder: Path, strategy: Any, *, stop: int | None = None) -> list[np.ndarray]:
    """Train a case, with a signal to the last worker at step `stop`, and go on; the weights and their average."""
    case = CASES[name]
    steps = case.options.get("steps", 20)

    def sample(model: Any, step: int) -> None:
        if step == stop and worker_index(strategy) == int(os.environ.get("LAST", 0)):
            os.kill(os.getpid(), signal.SIGINT)

    if stop:
        try:
            case.train(folder, strategy=strategy, sample=sample, sample_every=5, steps=steps)
            raise AssertionError("it was to be interrupted")
        except Interrupted:
            pass
    model, result = case.train(folder, strategy=strategy, steps=steps)
    assert result["steps"] == steps
    newest = max((folder / "stage" / "checkpoints").iterdir())
    with np.load(newest) as saved:
        average = [saved[f"average/{number}"] for number in range(len(model.variables))]
    return [*weights(model), *average]


def work(folder: Path) -> None:
    """One of two processes that train together: all cases in turn, each one's arrays into a file."""
    strategy = make_strategy("multi_worker")
    mine = folder / f"worker-{worker_index(strategy)}"
    for name in json.loads((folder / "cases.json").read_text()):
        values = play(name, mine / name, strategy, stop=10 if name == "resumed" else None)
        np.savez(mine / f"{name}.part.npz", *values)
        os.replace(mine / f"{name}.part.npz", mine / f"{name}.npz")
