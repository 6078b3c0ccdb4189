"""A training process is killed, interrupted and terminated, and ends with the weights of one that nobody touched."""

import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import toy_job

BUILD = "lookup"


@pytest.mark.exhaustive(minutes=0.4)
def test_stopped_again_and_again_it_ends_the_same(tmp_path: Path) -> None:
    toy_job.prepared()
    weights, log = toy_job.finish(tmp_path / "untouched", BUILD)
    seed = int(time.time())
    instants = random.Random(seed)
    folder = tmp_path / "stopped"
    statuses = [
        toy_job.stop(folder, BUILD, signal.SIGKILL, instants.randint(1, 12), instants.uniform(0, 0.05)),
        toy_job.stop(folder, BUILD, signal.SIGINT, 1),
        toy_job.stop(folder, BUILD, signal.SIGTERM, 1),
        toy_job.stop(folder, BUILD, signal.SIGKILL, 1, instants.uniform(0, 0.05)),
    ]
    assert statuses == [-9, 130, 130, -9], f"seed {seed}"
    again, log_again = toy_job.finish(folder, BUILD)
    for mine, theirs in zip(again, weights, strict=True):
        np.testing.assert_array_equal(mine, theirs, f"seed {seed}")
    assert log_again == log
