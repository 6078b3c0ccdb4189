"""`regenkit train` on real files is killed at twenty random instants, and ends as one that nobody touched."""

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import saboteur

pytestmark = [pytest.mark.exhaustive(minutes=4), pytest.mark.timeout(3600)]


def instants(chance: random.Random) -> Iterator[str]:
    """While data is prepared; while it trains, in any order: between two lines of the log, while a checkpoint, the best
    weights or a sample is written; while the last samples are.
    """
    yield f"kill|/cache/.*part-|{chance.randint(1, 4)}|{chance.uniform(0, 0.5)}"
    training = [("log.jsonl", 6, 0.2), ("checkpoints/", 3, 0.03), ("save_weights", 2, 0.03), ("samples/g", 3, 0.01)]
    for pattern, most, delay in chance.sample(training, 3):
        yield f"kill|{pattern}|{chance.randint(1, most)}|{chance.uniform(0, delay)}"
    yield f"kill|samples/\\d|{chance.randint(1, 12)}|{chance.uniform(0, 0.2)}"


@pytest.mark.parametrize("round", range(4))
def test_killed_at_five_instants_it_ends_the_same(round: int, untouched: dict[str, Any], tmp_path: Path) -> None:
    seed = 10 * int(time.time()) + round
    print("seed", seed)  # shown where this fails
    folder = saboteur.furnish(tmp_path / "user")
    for instant in instants(random.Random(seed)):
        status, said = saboteur.train(folder, instant)
        print(instant, *said.splitlines()[-1:])
        assert status == -signal.SIGKILL, said
    status, said = saboteur.train(folder)
    assert status == 0, said
    saboteur.same(saboteur.result(folder), untouched)
