"""Which devices and processes train: a name → a `tf.distribute` strategy; and what its processes exchange."""

import json
import os
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Annotated, Any, TypeVar, final

import numpy as np
from pydantic import BaseModel, Field, NonNegativeInt

from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf

T = TypeVar("T")
SHAPE = '{"cluster": {"worker": ["HOST:PORT", …]}, "task": {"type": "worker", "index": 0}}'
SHOWN = 200
"""Characters of a refused value that a message shows."""


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


def cluster() -> dict[str, Any] | None:
    """The processes of this training as TF_CONFIG names them, or SLURM where srun started several; None: it is alone.

    Raises UserError where the environment variables cannot be understood.
    """
    if text := os.environ.get("TF_CONFIG"):
        return _tf_config(text)
    return _slurm() if os.environ.get("SLURM_STEP_NUM_TASKS", "1") not in ("", "0", "1") else None


@final
class _Task(BaseModel):
    type: str
    index: NonNegativeInt


@final
class _TfConfig(BaseModel):
    cluster: dict[str, list[Annotated[str, Field(pattern=r"^\S+:\d+$")]]] = {}
    task: _Task | None = None


def _tf_config(text: str) -> dict[str, Any] | None:
    """The processes that it names, None where there is but one. Raises UserError where it is none of `SHAPE`."""
    try:
        whole: dict[str, Any] = json.loads(text)
        found = _TfConfig.model_validate(whole, strict=True)
    except (ValueError, RecursionError) as error:  # pydantic's and json's are ValueErrors
        raise UserError(f"TF_CONFIG: {text[:SHOWN]!r} is not {SHAPE}") from error
    if sum(map(len, found.cluster.values())) < 2:
        return None
    if not found.task:
        raise UserError(f"TF_CONFIG: {text[:SHOWN]!r} has no task; right is {SHAPE}")
    if found.task.type not in ("chief", "worker"):
        raise UserError(f"TF_CONFIG: a task is a chief or a worker here, not {found.task.type!r}")
    if found.task.index >= len(found.cluster.get(found.task.type, [])):
        raise UserError(f"TF_CONFIG: the cluster has no {found.task.type} {found.task.index}; they count from 0")
    return whole


def _slurm() -> dict[str, Any]:
    try:
        int(os.environ["SLURM_STEP_NUM_TASKS"])
        port = 10000 + 16 * (int(os.environ["SLURM_JOB_ID"]) % 1250)  # two jobs may share a machine
        # GPUs are as SLURM binds them. The resolver would ask nvidia-smi, and finds no task where there is no GPU.
        resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(
            port_base=port, gpus_per_node=1024, gpus_per_task=1, auto_set_gpu=False
        )
        workers = resolver.cluster_spec().as_dict()["worker"]
        # Its rank counts machines as SLURM lists them, its addresses are sorted as text: n9 comes after n10.
        mine = f"{os.environ['SLURMD_NODENAME']}:{port + int(os.environ['SLURM_LOCALID'])}"
        return {"cluster": {"worker": workers}, "task": {"type": "worker", "index": workers.index(mine)}}
    except (KeyError, RuntimeError, ValueError) as error:
        raise UserError(f"SLURM's environment names no cluster ({error}); start with srun, or set TF_CONFIG") from error


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
