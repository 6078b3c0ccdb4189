"""The transformer's training is killed at twenty instants, and ends with the weights of one that nobody touched."""

import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import toy_job

pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(1800)]
BUILD = "transformer"


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[np.ndarray], list]:
    toy_job.prepared()
    return toy_job.finish(tmp_path_factory.mktemp("untouched"), BUILD)


@pytest.mark.parametrize("round", range(4))
def test_killed_at_any_instant_it_ends_the_same(round: int, untouched: tuple, tmp_path: Path) -> None:
    """Five times a round: from before the first step to the last, within a step and within a checkpoint."""
    seed = int(time.time())
    instants = random.Random(seed)
    for calls in (0, 3, 5, 4, 6):
        delay = instants.uniform(0, 0.3 if calls else 8)
        toy_job.stop(tmp_path, BUILD, signal.SIGKILL, instants.randint(0, calls), delay)
    weights, log = toy_job.finish(tmp_path, BUILD)
    for mine, theirs in zip(weights, untouched[0], strict=True):
        np.testing.assert_array_equal(mine, theirs, f"seed {seed}")
    assert log == untouched[1]
