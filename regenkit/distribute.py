"""Which devices train: a name → a `tf.distribute` strategy."""

import os
from functools import cache

from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf


def make_strategy(name: str) -> tf.distribute.Strategy:
    """none: one device; mirrored: every device of this machine; multi_worker: the machines TF_CONFIG names.

    auto takes multi_worker where TF_CONFIG is set, mirrored where there are several GPUs, else none.
    """
    gpus = tf.config.list_logical_devices("GPU")
    if name == "auto":
        name = "multi_worker" if os.environ.get("TF_CONFIG") else "mirrored" if len(gpus) > 1 else "none"
    if name == "none":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        devices = gpus or tf.config.list_logical_devices("CPU")
        return _mirrored(tuple(device.name for device in devices))
    if name == "multi_worker":
        if not os.environ.get("TF_CONFIG"):
            raise UserError(
                "train.strategy: multi_worker needs TF_CONFIG, which names the machines and this one's place"
            )
        return _multi_worker()
    raise UserError(f"train.strategy: {name!r} is none of auto, none, mirrored, multi_worker")


# One strategy a process: a second one numbers its collective operations from the same start, and they are taken for
# the first one's ("Shape mismatch in the collective instance", or a hang).


@cache
def _mirrored(devices: tuple[str, ...]) -> tf.distribute.Strategy:
    return tf.distribute.MirroredStrategy(devices)


@cache
def _multi_worker() -> tf.distribute.Strategy:
    return tf.distribute.MultiWorkerMirroredStrategy()


def worker_index(strategy: tf.distribute.Strategy) -> int:
    """This process's place among the strategy's processes, counted from 0; a chief comes before the workers."""
    resolver = strategy.cluster_resolver
    if resolver is None or resolver.task_type != "worker":
        return 0
    return int(resolver.task_id) + ("chief" in resolver.cluster_spec().jobs)


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes what the processes of a training have in common."""
    return worker_index(strategy) == 0
