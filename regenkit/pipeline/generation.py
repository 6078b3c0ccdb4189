"""What a user asks for, as a stream: results come in batches, in memory that does not grow with their number.

The first batch is what `Pipeline.generate` and `Pipeline.render` make with the same seed; each further batch has a seed
of its own, derived from it.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count as counting
from itertools import islice
from typing import Any

from regenkit.layers.noise import derive
from regenkit.pipeline.pipeline import Pipeline
from regenkit.pipeline.sampling import BATCH


def generated(
    pipeline: Pipeline, inputs: Sequence[Any], *, seed: int = 0, count: int = 1,
    given: Mapping[str, str] | None = None, **options: Any,
) -> Iterator[Any]:  # fmt: skip
    """`count` values of Y for each input, in order; arguments as of `Pipeline.generate`."""
    wanted = (value for value in inputs for _ in range(count))
    for number in counting():
        if not (some := list(islice(wanted, BATCH))):
            return
        yield from pipeline.generate(some, seed=_seed(seed, number), given=given, **options)


def rendered(
    pipeline: Pipeline, text: str, *, seed: int = 0, count: int = 1, where: str = "Y′", **options: Any
) -> Iterator[Any]:
    """`count` values of Y from Y′ as text; arguments as of `Pipeline.render`."""
    for number, start in enumerate(range(0, count, BATCH)):
        some = min(BATCH, count - start)
        yield from pipeline.render(text, seed=_seed(seed, number), count=some, where=where, **options)


def _seed(seed: int, batch: int) -> int:
    return derive(seed, "results", batch) if batch else seed
