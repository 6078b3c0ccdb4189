"""How much of a step is the loop's? Ours against the barest one, and Keras's `fit`, on one model and the same batches.

    PYTHONPATH=.:plugins python benchmarks/loop.py            # about 10 minutes
    PYTHONPATH=.:plugins python benchmarks/loop.py --quick    # a small model, few rounds: does it run?

All contenders take turns in one process, in an order drawn anew each round. A ratio is the median over rounds of the
contender's speed over the reference's in the same round; in brackets the quartiles.

    barest      tf.function, GradientTape, optimizer.apply: no clipping, no average, no waiting measured
    ours        step.TrainStep; "fit" is train.fit around it, with log.jsonl and TensorBoard
    Keras       Model.fit with steps_per_execution, its optimiser clipping and averaging as ours does
"""

import argparse
import functools
import json
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import job
from rich.console import Console
from rounds import Race, Tick

from regenkit.data.batches import dataset
from regenkit.data.plan import Plan
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.training.log import RunLog
from regenkit.training.state import State
from regenkit.training.step import TrainStep
from regenkit.training.train import Job, fit

Contender = Callable[[Tick], None]


def batches(prepared: Any) -> tf.data.Dataset:
    plan = Plan(prepared, split="train", batch_size=job.BATCH, seed=0, paired_share=0.0)
    return dataset(prepared, plan, *job.sides())


def ready(prepared: Any) -> tf.data.Dataset:
    """A few of the batches, in memory."""
    return batches(prepared).take(8).cache().repeat()


def mean_loss(model: Any, batch: Any) -> tf.Tensor:
    terms = model.losses(batch, noise=batch["noise"])["main"].values()
    return tf.add_n([tf.reduce_sum(value) / tf.reduce_sum(weight) for value, weight in terms])


def barest(data: tf.data.Dataset, build: Callable[[], Any], a_call: int) -> Contender:
    def run(tick: Tick) -> None:
        state = State(build(), job.settings())  # for its optimiser
        optimizer, variables = state.optimizers["main"], state.model.trainable_variables

        @tf.autograph.experimental.do_not_convert
        def update(batch: Any) -> tf.Tensor:
            with tf.GradientTape() as tape:
                loss = mean_loss(state.model, batch)
            optimizer.apply(tape.gradient(loss, variables), variables)
            return loss

        @tf.function
        def train(iterator: Any, steps: tf.Tensor) -> tf.Tensor:
            loss = 0.0
            for _ in tf.range(steps):
                loss += update(next(iterator))
            return loss / tf.cast(steps, tf.float32)

        iterator, steps = iter(data), tf.constant(a_call)
        while True:
            float(train(iterator, steps))
            tick(a_call)

    return run


def ours(
    data: tf.data.Dataset, build: Callable[[], Any], a_call: int, *, average: bool = True, reduces: bool = True,
    compiled: bool = False, **options: Any,
) -> Contender:  # fmt: skip
    """step.TrainStep, whole or without one of its parts."""

    def run(tick: Tick) -> None:
        strategy: Any = tf.distribute.get_strategy()
        settings = job.settings(**options)
        with precision(settings.precision):
            state = State(build(), settings)
        if not average:
            state.average, state.model = [], SimpleNamespace(losses=state.model.losses, variables=[])
        if compiled:
            strategy = SimpleNamespace(
                run=lambda function, arguments: tf.function(function, jit_compile=True, autograph=False)(*arguments),
                experimental_local_results=strategy.experimental_local_results,
            )
        train, iterator, steps = TrainStep(state, strategy, settings), iter(data), tf.constant(a_call)
        whole = mock.patch.object(tf.distribute.ReplicaContext, "all_reduce", lambda self, op, value: value)
        for number in range(10**9):
            if number == 0 and not reduces:
                with whole:  # while it is traced
                    train(iterator, steps)
            means, _, _ = train(iterator, steps)
            for value in means.values():
                float(value)
            tick(a_call)

    return run


def whole_fit(prepared: Any, build: Callable[[], Any], a_call: int, folder: Path) -> Contender:
    def run(tick: Tick) -> None:
        condition, target = job.sides()
        what = Job(name="stage", build=build, condition=condition, target=target,
                   settings=job.settings(steps_per_call=a_call, paired_share=0.0), folder=folder / "stage")  # fmt: skip
        told = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: tick(a_call))
        with RunLog(folder, Console(quiet=True)) as log:
            fit(what, prepared, tf.distribute.get_strategy(), log, callbacks=[told])

    return run


class Loss(keras.Model):
    """The same model as Keras's `fit` wants it: called on a batch it returns its loss."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.built = True

    def call(self, batch: Any, training: bool = False) -> tf.Tensor:
        return mean_loss(self.model, batch)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> tf.Tensor:
        return y_pred


def keras_fit(data: tf.data.Dataset, build: Callable[[], Any], a_call: int) -> Contender:
    def run(tick: Tick) -> None:
        settings = job.settings()
        model = Loss(build())
        rate = State(model.model, settings).optimizers["main"]._learning_rate  # the same schedule
        optimizer = keras.optimizers.AdamW(
            rate, weight_decay=settings.weight_decay, beta_2=0.98, epsilon=1e-8, global_clipnorm=settings.clip_norm,
            use_ema=True, ema_momentum=settings.ema,
        )  # fmt: skip
        model.compile(optimizer=optimizer, steps_per_execution=a_call)
        told = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: tick(a_call))
        model.fit(data.map(lambda batch: (batch,)), steps_per_epoch=10**8, callbacks=[told], verbose=0, shuffle=False)

    return run


@contextmanager
def precision(name: str) -> Iterator[None]:
    keras.config.set_dtype_policy(name if name == "float32" else f"mixed_{name}")
    try:
        yield
    finally:
        keras.config.set_dtype_policy("float32")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a small model, two rounds")
    quick = parser.parse_args().quick
    rounds = 2 if quick else 15
    tf.get_logger().setLevel("ERROR")  # it takes contenders that are traced one after the other for a retracing
    build = functools.partial(job.transformer, **({"width": 32, "depth": 1} if quick else {"width": 128, "depth": 3}))
    print(job.machine(), flush=True)
    with job.prepared() as prepared, tempfile.TemporaryDirectory() as place:
        data, folder = batches(prepared), Path(place)
        contenders: dict[str, Contender] = {
            "barest 10": barest(data, build, 10),
            "ours 10": ours(data, build, 10),
            "keras 10": keras_fit(data, build, 10),
            "fit 10": whole_fit(prepared, build, 10, folder),
        }
        if not quick:
            contenders |= {
                "barest 1": barest(data, build, 1),
                "ours 1": ours(data, build, 1),
                "no clipping": ours(data, build, 10, clip_norm=None),
                "no average": ours(data, build, 10, average=False),
                "no reduces": ours(data, build, 10, reduces=False),
                "ready": ours(ready(prepared), build, 10),
                "XLA": ours(data, build, 10, compiled=True),
                "bfloat16": ours(data, build, 10, precision="bfloat16"),
            }
        race = Race(contenders, rounds=rounds, steps=10, may_fail=("XLA", "bfloat16"))
        log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    parameters = sum(int(tf.size(variable)) for variable in build().trainable_variables)
    waiting = statistics.median(line["waiting"] for line in log[1:])

    print(f"\n{parameters / 1e6:.2f} M parameters, batch {job.BATCH} × {job.STEPS} steps, {rounds} rounds of 10 steps")
    _table(race, "Loop, steps a call", "the barest", "barest 10", {
        "barest 10": "barest, 10", "ours 10": "ours, 10", "fit 10": "ours: `fit` with its log, 10",
        "keras 10": "Keras's `fit`, 10", "barest 1": "barest, 1", "ours 1": "ours, 1",
    })  # fmt: skip
    print(f"\nOurs at 10 against Keras's `fit` at 10: {race.ratio('ours 10', 'keras 10')[0]:.3f}; our `fit`: "
          f"{race.ratio('fit 10', 'keras 10')[0]:.3f}. Waiting for data, by log.jsonl: {waiting:.1%}.")  # fmt: skip
    if not quick:
        print(f"Ours at 1 step a call against the barest at 1: {race.ratio('ours 1', 'barest 1')[0]:.3f}.")
        _table(race, "Ours, but", "ours", "ours 10", {
            "no clipping": "without clipping", "no average": "without the moving average",
            "no reduces": "without reduces", "ready": "from batches that lie ready in memory",
            "XLA": "compiled by XLA", "bfloat16": "in bfloat16",
        })  # fmt: skip
    listed = ", ".join(f"{name} {seconds:.1f}" for name, seconds in race.first.items())
    print(f"\nCPU seconds to the end of the first call (model, tracing, 10 steps or 1): {listed}.")


def _table(race: Race, head: str, than: str, base: str, labels: dict[str, str]) -> None:
    print(f"\n| {head} | steps/s | speed against {than} (quartiles) | in CPU seconds |\n| --- | --- | --- | --- |")
    for name, label in labels.items():
        if name in race.first:
            print(race.row(label, name, base))


if __name__ == "__main__":
    main()
