"""Which devices and processes train: a name → a `tf.distribute` strategy; and what its processes exchange."""

import json
import os
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

import numpy as np

from regenkit.cluster import SHAPE, cluster
from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf

T = TypeVar("T")


def make_strategy(name: str) -> tf.distribute.Strategy:
    """none: one device; mirrored: every device of this machine; multi_worker: the processes of `cluster`.

    auto takes multi_worker where there is a cluster, mirrored where there are several GPUs, else none. To be called
    before TensorFlow's first operation, and by every process of the cluster: each waits for the others.
    """
    found = cluster() if name in ("auto", "multi_worker") else None
    if name == "multi_worker" and not found:
        raise UserError(
            f"train.strategy: multi_worker needs several processes: start them with --workers N, with srun, or each "
            f"with TF_CONFIG, {SHAPE}"
        )
    if found:
        return _multi_worker(json.dumps(found))
    gpus = tf.config.list_logical_devices("GPU")
    if name == "none" or (name == "auto" and len(gpus) < 2):
        return tf.distribute.get_strategy()
    if name in ("auto", "mirrored"):
        devices = gpus or tf.config.list_logical_devices("CPU")
        return _mirrored(tuple(device.name for device in devices))
    raise UserError(f"train.strategy: {name!r} is none of auto, none, mirrored, multi_worker")


def local() -> tf.distribute.Strategy:
    """The devices of this machine, to sample on."""
    return make_strategy("auto" if not cluster() else "none")


# One strategy a process: a second one numbers its collective operations from the same start, and they are taken for
# the first one's ("Shape mismatch in the collective instance", or a hang).


@cache
def _mirrored(devices: tuple[str, ...]) -> tf.distribute.Strategy:
    return tf.distribute.MirroredStrategy(devices)


@cache
def _multi_worker(config: str) -> tf.distribute.Strategy:
    os.environ["TF_CONFIG"] = config
    return tf.distribute.MultiWorkerMirroredStrategy()


# --- processes -----------------------------------------------------------------------------------------------------


def worker_count(strategy: tf.distribute.Strategy) -> int:
    """How many processes the strategy spans."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return 1
    return sum(len(tasks) for tasks in strategy.cluster_resolver.cluster_spec().as_dict().values()) or 1


def worker_index(strategy: tf.distribute.Strategy) -> int:
    """The number of this process among the strategy's processes, from 0; a chief comes before the workers."""
    if worker_count(strategy) == 1 or strategy.cluster_resolver.task_type != "worker":
        return 0
    return int(strategy.cluster_resolver.task_id) + ("chief" in strategy.cluster_resolver.cluster_spec().jobs)


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes what the processes of a training have in common."""
    return worker_index(strategy) == 0


def gathered(strategy: tf.distribute.Strategy, value: T) -> list[T]:
    """Every process's value (what pickles), in their order. All must call it, so it is a barrier too."""
    index, count = worker_index(strategy), worker_count(strategy)
    if count == 1:
        return [value]

    def rows(mine: np.ndarray) -> np.ndarray:
        """A table summed over the processes, each of which fills its row: all_gather does not work on CPUs."""
        table = np.zeros((count, len(mine)), np.int32)
        table[index] = mine
        return strategy.reduce(tf.distribute.ReduceOp.SUM, tf.constant(table), axis=None).numpy()

    data = pickle.dumps(value)  # a pickle ends itself, so that padding does no harm
    words = np.frombuffer(data + bytes(-len(data) % 4), np.int32)
    longest = rows(np.array([len(words)])).max()
    return [pickle.loads(row.tobytes()) for row in rows(np.pad(words, (0, longest - len(words))))]


@contextmanager
def together(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """A UserError raised within, in one process, is raised in all at the end; none goes on before the others."""
    refusal: UserError | None = None
    try:
        yield
    except UserError as error:
        refusal = error
    refusals = gathered(strategy, str(refusal) if refusal else None)
    if refusal:
        raise refusal
    for index, text in enumerate(refusals):
        if text:
            raise UserError(f"worker {index}: {text}")


def spread(strategy: tf.distribute.Strategy, function: Callable[[int], T], count: int) -> list[T]:
    """[function(0), function(1), …]: the calls go to the strategy's processes and devices in turn.

    Of several processes all must call it, and what is returned must pickle.
    """
    if strategy is tf.distribute.get_strategy():
        return [function(number) for number in range(count)]
    devices = strategy.extended.worker_devices
    mine = range(worker_index(strategy), count, worker_count(strategy))

    def on(place: int) -> dict[int, T]:
        with strategy.scope(), tf.device(devices[place]):  # in the scope, a variable is read from the device's own copy
            return {number: function(number) for number in mine[place :: len(devices)]}

    with together(strategy), ThreadPoolExecutor(len(devices)) as threads:
        found = list(threads.map(on, range(len(devices))))
    results = {
        number: each for process in gathered(strategy, found) for part in process for number, each in part.items()
    }
    return [results[number] for number in range(count)]
