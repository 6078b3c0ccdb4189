"""What benchmarks/image.py trains on: noise under a label."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from regenkit import Spec
from regenkit.spec import Field, tokens

BATCH = 64
X = Spec({"label": tokens(10, scalar=True)})
Y = Spec({"pixels": Field(kind="continuous", shape=(28, 28, 1))})
SAMPLED = 5
"""Steps of a picture's sampler; by default it takes 30, of the same cost each."""


def fields(count: int) -> Iterator[dict[str, np.ndarray]]:
    """Batches of noise under a label."""
    for number in range(count):
        random = np.random.default_rng(number)
        yield {
            "pixels": random.uniform(-1, 1, (BATCH, 28, 28, 1)).astype(np.float32),
            "label": random.integers(1, 11, BATCH).astype(np.int32),
            "noise": random.integers(0, 2**31, (BATCH, 2)).astype(np.int32),
        }


def sides(one: dict[str, Any]) -> dict[str, Any]:
    return {"condition": {"label": one["label"]}, "target": {"pixels": one["pixels"]}, "noise": one["noise"]}
