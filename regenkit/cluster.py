"""The processes that train together, as TF_CONFIG or SLURM names them."""

import json
import os
from typing import Annotated, Any, final

from pydantic import BaseModel, Field, NonNegativeInt

from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf

SHAPE = '{"cluster": {"worker": ["HOST:PORT", …]}, "task": {"type": "worker", "index": 0}}'
SHOWN = 200
"""Characters of a refused value that a message shows."""


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
