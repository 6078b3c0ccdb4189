"""The same data in every process of a training: prepared together where the cache is shared, then compared."""

import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from regenkit.cache import cache_dir
from regenkit.data.prepare import Prepared, Progress
from regenkit.data.process_pool import pool
from regenkit.digest import digest
from regenkit.distribute import gathered, is_chief, together, worker_count, worker_index
from regenkit.errors import UserError
from regenkit.pipeline import Pipeline

NOTHING: Any = None
"""The message that there is no more work; also the answer of a process that only waits."""


def prepare_distributed(pipeline: Pipeline, strategy: Any, progress: Progress) -> Prepared:
    """The recipe's data. Raises UserError where the processes do not all have the same.

    Where the cache is shared, the processes make parts in turn; where each has its own, each makes all.
    """
    if worker_count(strategy) > 1 and _cache_is_shared(strategy):
        with together(strategy):
            if is_chief(strategy):
                try:
                    pipeline.prepare(progress, elsewhere=partial(_by_all, strategy))
                finally:
                    gathered(strategy, NOTHING)
            else:
                while work := gathered(strategy, NOTHING)[0]:
                    _take_turns(strategy, *work)
    with together(strategy):
        prepared = pipeline.prepare(progress)
    name = digest([pipeline.recipe.digest(), prepared.name, prepared.split.tolist()])
    found = gathered(strategy, f"{len(prepared.split)} examples, {name}")
    if len(set(found)) > 1:
        listed = "; ".join(f"worker {index}: {each}" for index, each in enumerate(found))
        raise UserError(f"the data of the processes differ ({listed}); give all the same recipe, sources and versions")
    return prepared


def _cache_is_shared(strategy: Any) -> bool:
    """Whether all processes see what the chief writes into its cache."""
    path = cache_dir() / f".{uuid.uuid4()}"
    if is_chief(strategy):
        with suppress(OSError):  # the preparation will raise it
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    seen = gathered(strategy, path)[0].exists()
    shared = all(gathered(strategy, seen))
    if is_chief(strategy):
        path.unlink(missing_ok=True)
    return shared


def _by_all(strategy: Any, function: Callable[[Any], None], tasks: list[Any]) -> None:
    """In the chief: the `elsewhere` of `Pipeline.prepare`."""
    gathered(strategy, (function, tasks))
    for index, refusal in enumerate(_take_turns(strategy, function, tasks)):
        if refusal:
            raise UserError(f"worker {index}: {refusal}")


def _take_turns(strategy: Any, function: Callable[[Any], None], tasks: list[Any]) -> list[str | None]:
    """Do this process's tasks; returns the UserError of each process, if it raised one."""
    mine = tasks[worker_index(strategy) :: worker_count(strategy)]
    refusal = None
    try:
        with pool(min(len(mine), len(os.sched_getaffinity(0)))) as run:
            for _ in run(function, mine, 1):
                pass
    except UserError as error:
        refusal = str(error)
    return gathered(strategy, refusal)
