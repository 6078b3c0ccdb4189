"""What do two replicas cost where they cannot gain? One and two replicas on the same cores, at the same global batch.

    PYTHONPATH=.:plugins python benchmarks/scaling.py            # about 10 minutes
    PYTHONPATH=.:plugins python benchmarks/scaling.py --quick    # two small models, no processes: under a minute

The replicas are two logical devices of one CPU (MirroredStrategy), or two processes on the loopback network
(MultiWorkerMirroredStrategy). Ideal is the speed of one replica that has all the cores: what is missing is the cost of
distribution. Contenders take turns; a ratio is the median over rounds, in brackets the quartiles. The model

    time of a step = compute / replicas + a + b · bytes · (replicas − 1) / replicas

(bytes: of the gradients, reduced each step; the last term is a ring's, Patarasuk and Yuan 2009) is fitted to what two
replicas take longer than one, so here, on shared cores, with `compute` undivided; in CPU time, which what else the
machine does disturbs least. Of two processes one sees only its own CPU time, so there it is by the clock alone.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import job
import numpy as np
from rounds import Race, Tick

from regenkit import distribute
from regenkit.cli.local_workers import _free_addresses
from regenkit.data.batches import dataset
from regenkit.data.plan import Plan
from regenkit.quiet import tensorflow as tf
from regenkit.training.state import State
from regenkit.training.step import TrainStep

DEPTH = 2
WIDTHS = (32, 64, 128, 256)
ROUNDS = 9
STEPS = 5
"""In one call of the graph, and in a turn."""
KILL_AFTER = 900.0
"""Seconds that two processes may take; one that has lost the other may wait for it for ever."""


def training(prepared: Any, strategy: tf.distribute.Strategy, width: int) -> Callable[[Tick], None]:
    """A contender; the global batch is the same whatever the strategy."""

    def run(tick: Tick) -> None:
        settings, replicas = job.settings(), strategy.num_replicas_in_sync
        with strategy.scope():
            state = State(job.transformer(width, DEPTH), settings)
        plan = Plan(prepared, split="train", batch_size=job.BATCH, seed=0, paired_share=0.0)

        def local(context: tf.distribute.InputContext) -> tf.data.Dataset:
            share = replicas // context.num_input_pipelines
            mine = range(context.input_pipeline_id * share, (context.input_pipeline_id + 1) * share)
            return dataset(prepared, plan, *job.sides(), replicas=replicas, mine=mine)

        iterator = iter(strategy.distribute_datasets_from_function(local))
        train, steps = TrainStep(state, strategy, settings), tf.constant(STEPS)
        while True:
            means, _, _ = train(iterator, steps)
            for value in means.values():
                float(value)
            tick(STEPS)

    return run


def row(race: Race, label: str, width: int, *, whole: bool = True) -> tuple[str, float, float]:
    """(a Markdown row, MB reduced, CPU milliseconds that two take longer over a step)

    whole   both replicas are in this process, so that its CPU time is all there is
    """
    variables = job.transformer(width, DEPTH).trainable_variables
    size = 4 * sum(int(tf.size(variable)) for variable in variables) / 1e6
    median, low, high = race.ratio("two", "one")
    wall, cpu = (
        statistics.median(1e3 * (b - a) / STEPS for a, b in zip(taken["one"], taken["two"], strict=True))
        for taken in (race.wall, race.cpu)
    )
    in_cpu = f"{race.cpu_ratio('two', 'one'):.3f} | {cpu:+.1f}" if whole else "– | –"
    return (
        f"| {label}, width {width} | {size:.2f} | {race.speed('one'):.2f} | {median:.3f} ({low:.3f}–{high:.3f}) "
        f"| {wall:+.1f} | {in_cpu} |"
    ), size, cpu  # fmt: skip


def replicas(quick: bool) -> None:
    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], halves)
    print(job.machine(), flush=True)
    widths, rounds = (WIDTHS[:2], 2) if quick else (WIDTHS, ROUNDS)
    alone, both = tf.distribute.get_strategy(), distribute.make_strategy("mirrored")
    print(f"\nBatch {job.BATCH} × {job.STEPS} steps over all replicas, {rounds} rounds of {STEPS} steps\n")
    print("| Two replicas | MB reduced | steps/s of one | speed against one (quartiles) | ms a step more | in CPU s "
          "| CPU ms a step more |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- | --- |")
    sizes, longer, compute = [], [], 0.0
    with job.prepared() as prepared:
        for width in widths:
            contenders = {"one": training(prepared, alone, width), "two": training(prepared, both, width)}
            race = Race(contenders, rounds=rounds, steps=STEPS)
            text, size, more = row(race, "two devices", width)
            print(text, flush=True)
            sizes.append(size)
            longer.append(more)
            compute = 1e3 * statistics.median(race.cpu["one"]) / STEPS
    if not quick:
        print(processes(), flush=True)
    b, a = np.polyfit(np.array(sizes) / 2, np.array(longer), 1)
    left = float(np.std(np.array(longer) - a - b * np.array(sizes) / 2))
    print(f"\nFitted to CPU time: a = {a:.1f} ms, b = {b:.2f} ms/MB (residual {left:.1f} ms, {len(sizes)} sizes).")
    speedups = []
    for count in (2, 4, 8):
        step = compute / count + a + b * sizes[-1] * (count - 1) / count
        speedups.append(f"{count} replicas {compute / step:.1f} ×")
    print(f"By this model (nothing measured) width {widths[-1]} on devices of their own: {', '.join(speedups)}.")


def processes() -> str:
    """A row of two processes, or why there is none."""
    addresses = _free_addresses(2)
    workers = []
    try:
        for index in range(2):
            config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
            workers.append(subprocess.Popen(
                [sys.executable, str(Path(__file__).resolve()), "--worker"], text=True, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, env={**os.environ, "TF_CONFIG": json.dumps(config)},
            ))  # fmt: skip
        said, _ = workers[0].communicate(timeout=KILL_AFTER)
    except subprocess.TimeoutExpired:
        return f"| two processes | left out: killed after {KILL_AFTER:.0f} s | | | | | |"
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    if workers[0].returncode:
        raise RuntimeError(f"worker 0 ended with {workers[0].returncode}:\n{said}")
    return said.splitlines()[-1]


def worker() -> None:
    """One of two processes. Worker 0 also trains alone, in turn, while worker 1 waits for it."""
    strategy, width = distribute.make_strategy("multi_worker"), WIDTHS[2]
    with job.prepared() as prepared:
        contenders = {"two": training(prepared, strategy, width)}
        if distribute.is_chief(strategy):
            contenders["one"] = training(prepared, tf.distribute.get_strategy(), width)
        race = Race(contenders, rounds=ROUNDS, steps=STEPS)
        distribute.gathered(strategy, None)  # none ends before the other
    if distribute.is_chief(strategy):
        print(row(race, "two processes", width, whole=False)[0], flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two small models, two rounds, no processes")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    worker() if options.worker else replicas(options.quick)
